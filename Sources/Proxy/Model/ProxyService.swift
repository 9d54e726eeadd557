package import API
package import NetworkTypes

/// What the proxy reads of a Service: its frontends and its policies.
package struct ProxyService: Hashable, Sendable {
    /// A Service that carries this label is somebody else's.
    package static let proxyNameLabel = "service.kubernetes.io/service-proxy-name"

    package struct Port: Hashable, Sendable {
        /// Equal to the slice port's name.
        package var name: String
        package var transport: TransportProtocol
        package var port: NetworkTypes.Port
        /// `isNone` without one.
        package var nodePort: NetworkTypes.Port
    }

    package var name: NamespacedName
    package var ports: [Port]
    package var clusterIPs: [IPAddress]
    /// External IPs and load balancer addresses of mode VIP, each once.
    package var externalIPs: [IPAddress]
    package var internalTrafficIsLocal: Bool
    package var externalTrafficIsLocal: Bool

    /// Nil for a Service without frontends here: headless, `ExternalName`, not allocated yet, or another proxy's.
    package init?(_ service: Service) {
        guard service.hasClusterIP, service.metadata.labels[Self.proxyNameLabel] == nil else { return nil }
        let spec = service.spec
        name = service.key
        ports = spec.ports.compactMap { port in
            guard let transport = port.transportProtocol, let number = NetworkTypes.Port(exactly: port.port), !number.isNone
            else {
                return nil
            }
            return Port(
                name: port.name, transport: transport, port: number,
                nodePort: NetworkTypes.Port(exactly: port.nodePort) ?? 0)
        }
        clusterIPs = spec.clusterIPs.compactMap { IPAddress(parsing: $0) }
        let balanced = service.status.loadBalancer.filter { $0.ipMode == nil || $0.ipMode == "VIP" }.map(\.ip)
        externalIPs = Set(
            (spec.externalIPs + (spec.type == "LoadBalancer" ? balanced : [])).compactMap { IPAddress(parsing: $0) }
        )
        .sorted()
        internalTrafficIsLocal = spec.internalTrafficPolicy == "Local"
        externalTrafficIsLocal = spec.externalTrafficPolicy == "Local"
    }
}
