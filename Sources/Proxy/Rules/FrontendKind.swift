import NFTables

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

    /// - Parameter isSticky: The chain that asks first where the client went before.
    package func chain(slots: Int, isSticky: Bool = false) -> String { name + (isSticky ? "-sticky-" : "-") + String(slots) }

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
    func next(slots: Int, isSticky: Bool = false) -> String? {
        switch self {
        case .clusterIP, .external: FrontendKind.balance.chain(slots: slots, isSticky: isSticky)
        case .externalLocal: FrontendKind.balanceLocal.chain(slots: slots, isSticky: isSticky)
        case .nodePort: FrontendKind.balanceNodePort.chain(slots: slots, isSticky: isSticky)
        case .nodePortLocal: FrontendKind.balanceNodePortLocal.chain(slots: slots, isSticky: isSticky)
        case .balance, .balanceLocal, .balanceNodePort, .balanceNodePortLocal: nil
        }
    }

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
