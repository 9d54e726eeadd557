package import API
package import NetworkTypes

/// What load balancers and dashboards want to know of the Services of one family on this node.
///
/// Kept up to date Service by Service, as the elements are; holds an entry only for Services that something is asked of.
package struct ServiceHealthLedger: Hashable, Sendable {
    /// A port on which load balancers ask whether this node has endpoints of a Service.
    package struct Check: Hashable, Sendable {
        package var port: NetworkTypes.Port
        /// Addresses of ready endpoints on this node, each once.
        package var localEndpoints: Int

        package init(port: NetworkTypes.Port, localEndpoints: Int) {
            self.port = port
            self.localEndpoints = localEndpoints
        }
    }

    /// Ports of one Service whose policy is `Local` and that have endpoints, but none here.
    private struct Gaps: Hashable {
        var `internal` = 0
        var external = 0
    }

    package private(set) var checks: [NamespacedName: Check] = [:]
    private var gaps: [NamespacedName: Gaps] = [:]

    package init() {}

    /// Service ports with `internalTrafficPolicy: Local` that have endpoints, but none on this node.
    package var internalGaps: Int { gaps.values.reduce(0) { $0 + $1.internal } }
    package var externalGaps: Int { gaps.values.reduce(0) { $0 + $1.external } }

    /// - SeeAlso: Kubernetes 1.36 `pkg/proxy/endpointschangetracker.go`, `LocalReadyEndpoints`.
    package mutating func update(_ change: ServiceChange, family: IPFamily, nodeName: String) {
        checks[change.name] = nil
        gaps[change.name] = nil
        guard let service = change.service, service.clusterIPs.contains(where: { $0.family == family }) else { return }
        if !service.healthCheckNodePort.isNone {
            let slices = change.slices.filter { $0.family == family && !$0.ports.isEmpty }
            let ready = slices.flatMap(\.endpoints).filter { $0.isReady && $0.nodeName == nodeName }
            checks[change.name] = Check(
                port: service.healthCheckNodePort, localEndpoints: Set(ready.map(\.address)).count)
        }
        guard service.internalTrafficIsLocal || service.externalTrafficIsLocal else { return }
        var found = Gaps()
        for port in service.ports {
            let known = change.endpoints(
                port: port.name, transport: port.transport, family: family, nodeName: nodeName)
            let selection = EndpointSelection.select(known, nodeName: nodeName, zone: nil)
            guard selection.local.isEmpty, !selection.cluster.isEmpty else { continue }
            if service.internalTrafficIsLocal { found.internal += 1 }
            if service.externalTrafficIsLocal { found.external += 1 }
        }
        if found != Gaps() { gaps[change.name] = found }
    }
}
