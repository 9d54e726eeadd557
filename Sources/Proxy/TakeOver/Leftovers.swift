package import NFTables

/// What kube-proxy left in the kernel, and the transaction that takes it away.
///
/// In nftables mode that is a table of its own in each family; in iptables mode (with the iptables of nf_tables) chains in tables
/// that other programs use too, so only what is kube-proxy's goes.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/nftables/proxier.go` and `pkg/proxy/iptables/proxier.go`, `CleanupLeftovers`.
package enum Leftovers {
    /// Tables that kube-proxy has to itself.
    package static let ownTables = [TableIdentifier(.ip, "kube-proxy"), TableIdentifier(.ip6, "kube-proxy")]
    /// Tables of iptables, where its chains stand among others'.
    package static let sharedTables = [TableFamily.ip, .ip6].flatMap { family in
        ["nat", "filter", "mangle"].map { TableIdentifier(family, $0) }
    }

    private static let chains: Set<String> = [
        "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ", "KUBE-MARK-DROP",
        "KUBE-FORWARD", "KUBE-PROXY-FIREWALL", "KUBE-PROXY-CANARY", "KUBE-LOAD-BALANCER", "KUBE-NODE-PORT",
        "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER", "KUBE-IPVS-OUT-FILTER", "KUBE-FIRE-WALL",
    ]
    private static let prefixes = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-SEP-", "KUBE-FW-", "KUBE-XLB-"]

    /// Chains that the kubelet writes (`KUBE-IPTABLES-HINT`, `KUBE-KUBELET-CANARY`, `KUBE-FIREWALL`) are none of these.
    package static func isKubeProxys(_ chain: String) -> Bool {
        chains.contains(chain) || prefixes.contains { chain.hasPrefix($0) }
    }

    /// What takes kube-proxy's part out of a shared table: the rules elsewhere that lead to its chains, their rules, and the chains. Empty
    /// when there is nothing of it.
    package static func removal(from table: ForeignTable) -> [Transaction.Operation] {
        let gone = Set(table.chains.filter(isKubeProxys))
        guard !gone.isEmpty else { return [] }
        var operations: [Transaction.Operation] = []
        for rule in table.rules where !gone.contains(rule.chain) && !rule.targets.isDisjoint(with: gone) {
            operations.append(.deleteRule(table.identifier, chain: rule.chain, handle: rule.handle))
        }
        let names = table.chains.filter(gone.contains)
        operations += names.map { .flushChain(table.identifier, name: $0) }
        operations += names.map { .deleteChain(table.identifier, name: $0) }
        return operations
    }
}
