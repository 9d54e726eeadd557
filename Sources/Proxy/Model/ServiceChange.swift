package import API
package import NetworkTypes

/// One Service as it is now, together with its slices: all that computing its elements takes.
package struct ServiceChange: Hashable, Sendable {
    package var name: NamespacedName
    /// Nil: gone, or without frontends.
    package var service: ProxyService?
    package var slices: [ProxySlice]

    package init(name: NamespacedName, service: ProxyService?, slices: [ProxySlice]) {
        self.name = name
        self.service = service
        self.slices = slices
    }

    /// The endpoints of a Service port in order of address, each address and port once. Of two entries for the same one, that
    /// which is not terminating counts, then that which is ready.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/proxy/endpointslicecache.go`.
    package func endpoints(
        port: String, transport: TransportProtocol, family: IPFamily, nodeName: String
    ) -> [ProxyEndpoint] {
        var found: [Backend: ProxyEndpoint] = [:]
        for slice in slices where slice.family == family {
            guard let number = slice.ports.first(where: { $0.name == port && $0.transport == transport })?.port else { continue }
            for endpoint in slice.endpoints {
                let backend = Backend(endpoint.address, number)
                let candidate = ProxyEndpoint(
                    backend, isReady: endpoint.isReady, isServing: endpoint.isServing, isTerminating: endpoint.isTerminating,
                    isLocal: endpoint.nodeName == nodeName, zoneHints: endpoint.zoneHints.sorted(),
                    nodeHints: endpoint.nodeHints.sorted())
                if let present = found[backend], !Self.prefers(candidate, over: present) { continue }
                found[backend] = candidate
            }
        }
        return found.values.sorted { $0.backend < $1.backend }
    }

    /// A total order, so that the order of slices cannot matter.
    private static func prefers(_ left: ProxyEndpoint, over right: ProxyEndpoint) -> Bool {
        func rank(_ endpoint: ProxyEndpoint) -> Int {
            (endpoint.isTerminating ? 0 : 8) + (endpoint.isReady ? 4 : 0) + (endpoint.isServing ? 2 : 0)
                + (endpoint.isLocal ? 1 : 0)
        }
        let (l, r) = (rank(left), rank(right))
        if l != r { return l > r }
        if left.nodeHints != right.nodeHints { return left.nodeHints.lexicographicallyPrecedes(right.nodeHints) }
        return left.zoneHints.lexicographicallyPrecedes(right.zoneHints)
    }
}
