package import NFTables
package import NetworkTypes

/// How traffic of pods is told from the rest: what comes from elsewhere to a cluster IP is masqueraded.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/util/localdetector.go`, and `--detect-local-mode` of kube-proxy.
package enum LocalTraffic: Hashable, Sendable {
    /// The source lies in `clusterCIDRs`; as upstream, the first prefix of a family counts. Without one nothing is told apart.
    case clusterCIDR
    /// The source lies in the node's own `podCIDRs`.
    case nodeCIDR
    /// It came through this bridge.
    case bridgeInterface(String)
    /// It came through an interface whose name begins so.
    case interfacePrefix(String)

    /// - Parameter negated: What does not come from pods.
    /// - Returns: Nil when the two cannot be told apart.
    package func match(_ family: IPFamily, _ configuration: ProxyConfiguration, negated: Bool = false) -> Match? {
        func source(_ prefixes: [CIDR]) -> Match? {
            guard let prefix = prefixes.first(where: { $0.family == family }), prefix.prefixLength > 0 else { return nil }
            return negated ? .addressNot(.source, in: prefix) : .address(.source, in: prefix)
        }
        func interface(_ pattern: InterfacePattern) -> Match {
            negated ? .interfaceNot(.source, pattern) : .interface(.source, pattern)
        }
        return switch self {
        case .clusterCIDR: source(configuration.clusterCIDRs)
        case .nodeCIDR: source(configuration.podCIDRs)
        case .bridgeInterface(let name): interface(InterfacePattern(name))
        case .interfacePrefix(let prefix): interface(InterfacePattern(prefix, isPrefix: true))
        }
    }
}

/// The addresses of the node at which node ports answer; loopback never does.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/util/nodeport_addresses.go`, and `--nodeport-addresses` of kube-proxy in nftables mode.
package enum NodePortAddresses: Hashable, Sendable {
    /// The first address of each family that the Node names; all of a family without one.
    case primary
    /// The node's addresses in these prefixes; all of a family without one.
    case prefixes([CIDR])

    package static let all = NodePortAddresses.prefixes([])

    /// The prefixes of a family; nil: every address.
    package func prefixes(_ family: IPFamily, _ configuration: ProxyConfiguration) -> [CIDR]? {
        let given: [CIDR] =
            switch self {
            case .primary:
                configuration.nodeAddresses.first { $0.family == family && !$0.isLoopback }.map { [CIDR(host: $0)] } ?? []
            case .prefixes(let prefixes): prefixes.filter { $0.family == family }
            }
        return given.isEmpty || given.contains { $0.prefixLength == 0 } ? nil : given
    }
}
