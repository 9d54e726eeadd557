package import NFTables
package import NetworkTypes

/// The rules that give pods this node's address when they talk to what lies outside the cluster, and the node itself its tunnel's
/// address when it talks through a tunnel.
///
/// One table per family, `ip skiff-node` and `ip6 skiff-node`, with one chain: a rule for each tunnel, and one for each range of this
/// node; what lies inside is elements of a set. Nodes come and go as elements.
package enum MasqueradeTable {
    package static let name = "skiff-node"
    static let inside = "inside"
    static let chain = "nat-postrouting"
    /// `srcnat`, as the proxy's chain: whichever decides first, the source is this node's.
    static let priority: Int32 = 100

    package static func identifier(_ family: IPFamily) -> TableIdentifier { TableIdentifier(TableFamily(family), name) }

    /// - Returns: Nil when there is nothing to translate.
    package static func table(_ family: IPFamily, _ plan: MasqueradePlan) -> Table? {
        let own = plan.own.filter { $0.family == family }.sorted()
        guard !own.isEmpty, plan.inside != nil || !plan.tunnels.isEmpty else { return nil }
        var rules = plan.tunnels.sorted().map { intoTunnel($0, own) }
        var sets: [NamedSet] = []
        if let inside = plan.inside {
            let address = FieldType.address(family)
            var set = NamedSet(Self.inside, key: [address, address], isInterval: true)
            for prefix in outermost(inside.filter { $0.family == family }) {
                for range in own { set.elements[key(range, prefix)] = ElementValue.none }
            }
            sets.append(set)
            rules += own.map { range in
                Rule(
                    .match(.address(.source, in: range)),
                    .match(.notMember([.sourceAddress, .destinationAddress], of: Self.inside)), .masquerade)
            }
        }
        let base = BaseChain(.nat, .postrouting, priority: priority)
        return Table(identifier(family), chains: [Chain(chain, base: base, rules: rules)], sets: sets)
    }

    /// What the node sends to the address of a Service chose its source before it was known to go into a tunnel: the address of
    /// another link, to which answers would travel outside the tunnel, with a pod's address, which that way may not take.
    private static func intoTunnel(_ device: String, _ own: [CIDR]) -> Rule {
        Rule(
            [.match(.interface(.destination, InterfacePattern(device))), .match(.isLocal(.source))]
                + own.map { .match(.addressNot(.source, in: $0)) } + [.masquerade])
    }

    /// nf_tables refuses elements that overlap: a prefix inside another one goes.
    static func outermost(_ prefixes: [CIDR]) -> [CIDR] {
        var result: [CIDR] = []
        for prefix in Set(prefixes).sorted() {
            if let last = result.last, last.contains(prefix) { continue }
            result.append(prefix)
        }
        return result
    }

    private static func key(_ source: CIDR, _ destination: CIDR) -> ElementKey {
        var start = KeyBytes()
        var end = KeyBytes()
        for prefix in [source, destination] {
            start.append(prefix.first)
            end.append(prefix.last)
        }
        return ElementKey(start, end: end)
    }
}
