package import NFTables
package import NetworkTypes

/// A set or map of the proxy's table. Raw values are the order in which changes are written.
package enum ProxySet: UInt8, Hashable, Sendable, CaseIterable {
    /// Cluster IPs of all Services.
    case clusterIPs
    /// `address . address` of each endpoint on this node.
    case hairpins
    /// `frontend . slot` to endpoint, all endpoints.
    case endpoints
    /// The same for traffic that must stay on this node.
    case localEndpoints
    case nodePortEndpoints
    case nodePortLocalEndpoints
    /// `address . protocol . port . client`: who may use a load balancer address that not everybody may.
    case sourceRanges
    /// Where those go who may.
    case firewalled
    /// `frontend . client` to the endpoint that the client stays with; written by packets.
    case affinity
    case nodePortAffinity
    /// `cluster IP . protocol . port . endpoint` to the endpoint and its port, of endpoints that get no new connections for a while, for whoever reads the table: no rule
    /// does. Declared only where a Service asks for ejection.
    case ejected
    /// Frontends whose clients stay with their endpoint, to the chain that remembers it.
    case sticky
    case nodePortSticky
    /// For frontends of policy `Local`: where traffic from inside the cluster goes.
    case shortcuts
    case nodePortShortcuts
    /// `address . protocol . port` to a chain.
    case services
    /// `protocol . port` to a chain.
    case nodePorts

    package var name: String {
        switch self {
        case .clusterIPs: "cluster-ips"
        case .hairpins: "hairpins"
        case .endpoints: "endpoints"
        case .localEndpoints: "local-endpoints"
        case .nodePortEndpoints: "node-port-endpoints"
        case .nodePortLocalEndpoints: "node-port-local-endpoints"
        case .sourceRanges: "source-ranges"
        case .firewalled: "firewalled"
        case .affinity: "affinity"
        case .nodePortAffinity: "node-port-affinity"
        case .ejected: "ejected"
        case .sticky: "sticky"
        case .nodePortSticky: "node-port-sticky"
        case .shortcuts: "shortcuts"
        case .nodePortShortcuts: "node-port-shortcuts"
        case .services: "services"
        case .nodePorts: "node-ports"
        }
    }

    /// Clients that are remembered per map; further ones draw an endpoint for each connection.
    package static let clientsMax: UInt32 = 1 << 19

    /// Ejected endpoints that stand in the table; further ones are ejected all the same.
    package static let ejectedMax: UInt32 = 1 << 16

    /// The ways into Services: the first packet of each connection meets one element of these.
    package static let counted: [ProxySet] = [.services, .nodePorts]

    /// - Parameter isCounted: Elements of `counted` sets count what meets them.
    package func declaration(_ family: IPFamily, isCounted: Bool = false) -> NamedSet {
        let address = FieldType.address(family)
        switch self {
        case .clusterIPs: return NamedSet(name, key: [address])
        case .hairpins: return NamedSet(name, key: [address, address])
        case .endpoints, .localEndpoints:
            return NamedSet(name, key: [address, .transport, .port, .random], value: .fields([address, .port]))
        case .nodePortEndpoints, .nodePortLocalEndpoints:
            return NamedSet(name, key: [.transport, .port, .random], value: .fields([address, .port]))
        case .sourceRanges: return NamedSet(name, key: [address, .transport, .port, address], isInterval: true)
        case .affinity:
            return NamedSet(
                name, key: [address, .transport, .port, address], value: .fields([address, .port]),
                dynamicSizeMax: Self.clientsMax)
        case .nodePortAffinity:
            return NamedSet(
                name, key: [.transport, .port, address], value: .fields([address, .port]), dynamicSizeMax: Self.clientsMax)
        case .ejected:
            return NamedSet(
                name, key: [address, .transport, .port, address], value: .fields([address, .port]),
                dynamicSizeMax: Self.ejectedMax)
        case .services, .shortcuts, .firewalled, .sticky:
            return NamedSet(
                name, key: [address, .transport, .port], value: .verdict, isCounted: isCounted && self == .services)
        case .nodePorts, .nodePortShortcuts, .nodePortSticky:
            return NamedSet(name, key: [.transport, .port], value: .verdict, isCounted: isCounted && self == .nodePorts)
        }
    }
}
