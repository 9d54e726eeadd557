/// The endpoints that new connections through one Service port may use on one node.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/topology.go`, `CategorizeEndpoints`.
package struct EndpointSelection: Hashable, Sendable {
    /// For policy `Cluster`: ready endpoints that the hints leave, or else those that still serve while terminating.
    package var cluster: [Backend]
    /// For policy `Local`: the same among the endpoints of this node, hints ignored.
    package var local: [Backend]

    package init(cluster: [Backend], local: [Backend]) {
        self.cluster = cluster
        self.local = local
    }

    package static func select(_ endpoints: [ProxyEndpoint], nodeName: String, zone: String?) -> EndpointSelection {
        let ready = endpoints.filter(\.isReady)
        let fallback = { (candidates: [ProxyEndpoint]) in candidates.filter { $0.isServing && $0.isTerminating } }
        let cluster = ready.isEmpty ? fallback(endpoints) : hinted(ready, nodeName: nodeName, zone: zone)
        let here = endpoints.filter(\.isLocal)
        let readyHere = here.filter(\.isReady)
        let local = readyHere.isEmpty ? fallback(here) : readyHere
        return EndpointSelection(cluster: cluster.map(\.backend), local: local.map(\.backend))
    }

    /// Hints count only when every ready endpoint has one and one of them names us; node hints come before zone hints.
    private static func hinted(_ ready: [ProxyEndpoint], nodeName: String, zone: String?) -> [ProxyEndpoint] {
        if ready.allSatisfy({ !$0.nodeHints.isEmpty }) {
            let ours = ready.filter { $0.nodeHints.contains(nodeName) }
            if !ours.isEmpty { return ours }
        }
        if let zone, ready.allSatisfy({ !$0.zoneHints.isEmpty }) {
            let ours = ready.filter { $0.zoneHints.contains(zone) }
            if !ours.isEmpty { return ours }
        }
        return ready
    }
}
