import API

/// Tells proxies, endpoint by endpoint, who should prefer it.
///
/// - SeeAlso: Kubernetes 1.36 `endpointslice/trafficdist/trafficdist.go`.
enum TrafficDistribution {
    /// - Parameter preference: `spec.trafficDistribution` of the Service; nil: none.
    static func hint(_ backends: [ServiceBackends.Backend], _ preference: String?) -> [ServiceBackends.Backend] {
        switch preference {
        case "PreferClose", "PreferSameZone": backends.map { hinted($0, byNode: false) }
        case "PreferSameNode": backends.map { hinted($0, byNode: true) }
        default: backends
        }
    }

    /// Endpoints that are not ready get none: nobody should prefer them.
    private static func hinted(_ backend: ServiceBackends.Backend, byNode: Bool) -> ServiceBackends.Backend {
        guard backend.endpoint.isReady else { return backend }
        var backend = backend
        if let zone = backend.endpoint.zone { backend.endpoint.zoneHints = [zone] }
        if byNode, let node = backend.endpoint.nodeName { backend.endpoint.nodeHints = [node] }
        return backend
    }
}
