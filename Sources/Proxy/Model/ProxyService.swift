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
    /// Each once, without those that are load balancer addresses too.
    package var externalIPs: [IPAddress]
    /// Of mode VIP, each once.
    package var loadBalancerIPs: [IPAddress]
    /// Who may use the load balancer addresses, none within another; of a family without one, everybody.
    package var sourceRanges: [CIDR]
    /// How long a client stays with its endpoint after its last new connection; nil: each connection draws anew.
    package var affinitySeconds: UInt32?
    /// What its annotations ask of this proxy.
    package var options: ServiceOptions { sharedOptions?.value ?? ServiceOptions() }
    /// Nil for the many Services that ask for nothing.
    private var sharedOptions: Shared<ServiceOptions>?
    /// When it was made, in seconds since 1970: of two Services that want one frontend, the older one has it.
    package var createdSeconds: Int64
    package var internalTrafficIsLocal: Bool
    package var externalTrafficIsLocal: Bool
    /// Where load balancers ask whether this node has endpoints; `isNone` without one.
    package var healthCheckNodePort: NetworkTypes.Port

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
        let balancers = spec.type == "LoadBalancer" ? Set(balanced.compactMap { IPAddress(parsing: $0) }) : []
        loadBalancerIPs = balancers.sorted()
        externalIPs = Set(spec.externalIPs.compactMap { IPAddress(parsing: $0) }).subtracting(balancers).sorted()
        sourceRanges = spec.type == "LoadBalancer" ? Self.widest(spec.loadBalancerSourceRanges) : []
        affinitySeconds =
            spec.sessionAffinity == "ClientIP" ? UInt32(exactly: spec.clientIPAffinityTimeoutSeconds ?? 10800) : nil
        let options = ServiceOptions(service.metadata)
        sharedOptions = options == ServiceOptions() ? nil : Shared(options)
        createdSeconds = service.metadata.creationTimestamp?.seconds ?? 0
        internalTrafficIsLocal = spec.internalTrafficPolicy == "Local"
        externalTrafficIsLocal = spec.externalTrafficPolicy == "Local"
        let isChecked = spec.type == "LoadBalancer" && externalTrafficIsLocal
        healthCheckNodePort = isChecked ? NetworkTypes.Port(exactly: spec.healthCheckNodePort) ?? 0 : 0
    }

    /// Clients stay with their endpoint by memory. A Service that hashes its clients needs none.
    package var isSticky: Bool { affinitySeconds != nil && !options.hashesSource }

    /// The prefixes that lie in no other one; a family with a prefix of length 0 has none, because it lets everybody in.
    private static func widest(_ texts: [String]) -> [CIDR] {
        let prefixes = Set(texts.compactMap { CIDR(parsing: $0.filter { !$0.isWhitespace }) })
        let open = Set(prefixes.filter { $0.prefixLength == 0 }.map(\.family))
        func holds(_ wide: CIDR, _ narrow: CIDR) -> Bool {
            wide.family == narrow.family && wide.prefixLength < narrow.prefixLength && wide.contains(narrow.first)
        }
        return prefixes.filter { prefix in
            !open.contains(prefix.family) && !prefixes.contains { holds($0, prefix) }
        }
        .sorted()
    }
}
