import NFTables

/// How a slot is chosen.
package enum Draw: Hashable, Sendable, CaseIterable {
    /// By a random number, again while the slot is empty.
    case random
    /// Where the client went before, else at random.
    case sticky
    /// By a hash of the client's address; every slot is filled.
    case hash

    var infix: String {
        switch self {
        case .random: "-"
        case .sticky: "-sticky-"
        case .hash: "-hash-"
        }
    }
}

/// The ways in which a frontend treats a new connection; each has a chain per number of slots.
package enum FrontendKind: Hashable, Sendable, CaseIterable {
    /// Marks for masquerading what does not come from a pod.
    case clusterIP
    /// Marks everything: the answer must come back through this node.
    case external
    /// Keeps the source and stays on this node, except for traffic from inside the cluster.
    case externalLocal
    case nodePort
    case nodePortLocal
    /// Draws an endpoint.
    case balance
    case balanceLocal
    case balanceNodePort
    case balanceNodePortLocal

    static let serviceKey: [Field] = [.destinationAddress, .transport, .destinationPort]
    static let nodePortKey: [Field] = [.transport, .destinationPort]

    package func chain(slots: Int, _ draw: Draw = .random) -> String { name + draw.infix + String(slots) }

    private var name: String {
        switch self {
        case .clusterIP: "cluster-ip"
        case .external: "external"
        case .externalLocal: "external-local"
        case .nodePort: "node-port"
        case .nodePortLocal: "node-port-local"
        case .balance: "balance"
        case .balanceLocal: "balance-local"
        case .balanceNodePort: "balance-node-port"
        case .balanceNodePortLocal: "balance-node-port-local"
        }
    }

    /// Where traffic goes when this node has no endpoint but another one has; nil for kinds that do not ask.
    package var chainWithoutEndpoints: String? {
        switch self {
        case .externalLocal, .nodePortLocal: "\(name)-none"
        default: nil
        }
    }

    /// The chain that draws; nil for those that draw themselves.
    func next(slots: Int, _ draw: Draw = .random) -> String? {
        switch self {
        case .clusterIP, .external: FrontendKind.balance.chain(slots: slots, draw)
        case .externalLocal: FrontendKind.balanceLocal.chain(slots: slots, draw)
        case .nodePort: FrontendKind.balanceNodePort.chain(slots: slots, draw)
        case .nodePortLocal: FrontendKind.balanceNodePortLocal.chain(slots: slots, draw)
        case .balance, .balanceLocal, .balanceNodePort, .balanceNodePortLocal: nil
        }
    }

    var key: [Field] { isNodePort ? Self.nodePortKey : Self.serviceKey }

    var isNodePort: Bool {
        switch self {
        case .nodePort, .nodePortLocal, .balanceNodePort, .balanceNodePortLocal: true
        default: false
        }
    }

    /// The map that holds its endpoints.
    package var endpoints: ProxySet {
        switch self {
        case .clusterIP, .external, .balance: .endpoints
        case .externalLocal, .balanceLocal: .localEndpoints
        case .nodePort, .balanceNodePort: .nodePortEndpoints
        case .nodePortLocal, .balanceNodePortLocal: .nodePortLocalEndpoints
        }
    }
}
