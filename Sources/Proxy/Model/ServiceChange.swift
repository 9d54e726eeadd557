package import API
package import NetworkTypes

/// One Service as it is now, together with its slices: all that computing its elements takes.
package struct ServiceChange: Hashable, Sendable {
    /// Another Service that takes a part of the new connections.
    package struct Split: Hashable, Sendable {
        package var service: ProxyService
        package var slices: [ProxySlice]
        package var percent: Int
    }

    /// What an endpoint without slow start counts; a new one fewer.
    package static let wholeShare = 8

    package var name: NamespacedName
    // Shared with the tracker: the model keeps a change for each Service.
    private var sharedService: Shared<ProxyService>?
    package var slices: [ProxySlice]
    private var sharedSplit: Shared<Split>?
    /// Endpoints that are on their way up: less than `wholeShare`.
    package var ramps: [IPAddress: Int] = [:]
    /// TCP endpoints that get no new connections at the moment, while the others last.
    package var ejections: [Backend: Ejection] = [:]

    package init(name: NamespacedName, service: ProxyService?, slices: [ProxySlice], split: Split? = nil) {
        self.init(name: name, shared: service.map { Shared($0) }, slices: slices, split: split)
    }

    package init(name: NamespacedName, shared: Shared<ProxyService>?, slices: [ProxySlice], split: Split? = nil) {
        self.name = name
        sharedService = shared
        self.slices = slices
        sharedSplit = split.map { Shared($0) }
    }

    /// Nil: gone, or without frontends.
    package var service: ProxyService? { sharedService?.value }
    package var split: Split? { sharedSplit?.value }

    /// The endpoints of a Service port in order of address, each address and port once. Of two entries for the same one, that
    /// which is not terminating counts, then that which is ready.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/proxy/endpointslicecache.go`.
    package func endpoints(
        port: String, transport: TransportProtocol, family: IPFamily, nodeName: String
    ) -> [ProxyEndpoint] {
        Self.endpoints(
            slices, port: port, transport: transport, family: family, nodeName: nodeName,
            weights: service?.options.weights ?? [:])
    }

    /// The endpoints of the Service that takes a part of a port's connections: of its port of the same name, or else number.
    package func splitEndpoints(_ port: ProxyService.Port, family: IPFamily, nodeName: String) -> [ProxyEndpoint] {
        guard let split else { return [] }
        let ports = split.service.ports.filter { $0.transport == port.transport }
        guard let target = ports.first(where: { $0.name == port.name }) ?? ports.first(where: { $0.port == port.port }) else {
            return []
        }
        return Self.endpoints(
            split.slices, port: target.name, transport: target.transport, family: family, nodeName: nodeName,
            weights: split.service.options.weights)
    }

    package static func endpoints(
        _ slices: [ProxySlice], port: String, transport: TransportProtocol, family: IPFamily, nodeName: String,
        weights: [String: Int] = [:]
    ) -> [ProxyEndpoint] {
        var found: [Backend: ProxyEndpoint] = [:]
        for slice in slices where slice.family == family {
            guard let number = slice.ports.first(where: { $0.name == port && $0.transport == transport })?.port else { continue }
            for endpoint in slice.endpoints {
                let backend = Backend(endpoint.address, number)
                var candidate = ProxyEndpoint(
                    backend, isReady: endpoint.isReady, isServing: endpoint.isServing, isTerminating: endpoint.isTerminating,
                    isLocal: endpoint.nodeName == nodeName, zoneHints: endpoint.zoneHints.sorted(),
                    nodeHints: endpoint.nodeHints.sorted())
                candidate.weight = weight(of: endpoint, in: slice, weights)
                if let present = found[backend], !prefers(candidate, over: present) { continue }
                found[backend] = candidate
            }
        }
        return found.values.sorted { $0.backend < $1.backend }
    }

    private static func weight(of endpoint: ProxySlice.Endpoint, in slice: ProxySlice, _ weights: [String: Int]) -> Int {
        guard !weights.isEmpty else { return slice.weight ?? 1 }
        return weights[endpoint.address.description] ?? endpoint.targetName.flatMap { weights[$0] }
            ?? endpoint.nodeName.flatMap { weights[$0] } ?? slice.weight ?? 1
    }

    /// A total order, so that the order of slices cannot matter.
    private static func prefers(_ left: ProxyEndpoint, over right: ProxyEndpoint) -> Bool {
        func rank(_ endpoint: ProxyEndpoint) -> Int {
            (endpoint.isTerminating ? 0 : 8) + (endpoint.isReady ? 4 : 0) + (endpoint.isServing ? 2 : 0)
                + (endpoint.isLocal ? 1 : 0)
        }
        let (l, r) = (rank(left), rank(right))
        if l != r { return l > r }
        if left.weight != right.weight { return left.weight > right.weight }
        if left.nodeHints != right.nodeHints { return left.nodeHints.lexicographicallyPrecedes(right.nodeHints) }
        return left.zoneHints.lexicographicallyPrecedes(right.zoneHints)
    }
}
