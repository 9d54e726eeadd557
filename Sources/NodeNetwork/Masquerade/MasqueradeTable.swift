package import NFTables
package import NetworkTypes

/// The rules that give pods this node's address when they talk to what lies outside the cluster.
///
/// One table per family, `ip skiff-node` and `ip6 skiff-node`, with one chain of one rule per range of this node; what lies inside is
/// elements of a set. Nodes come and go as elements.
package enum MasqueradeTable {
    package static let name = "skiff-node"
    static let inside = "inside"
    static let chain = "nat-postrouting"
    /// `srcnat`, as the proxy's chain: whichever decides first, the source is this node's.
    static let priority: Int32 = 100

    package static func identifier(_ family: IPFamily) -> TableIdentifier { TableIdentifier(TableFamily(family), name) }

    /// - Parameters:
    ///   - own: This node's ranges of pods.
    ///   - inside: Where pods are known by their own addresses: pods and Services of the cluster, nodes, and what the user adds.
    /// - Returns: Nil when the node has no pods of the family.
    package static func table(_ family: IPFamily, own: [CIDR], inside: [CIDR]) -> Table? {
        let own = own.filter { $0.family == family }.sorted()
        guard !own.isEmpty else { return nil }
        let address = FieldType.address(family)
        var set = NamedSet(Self.inside, key: [address, address], isInterval: true)
        for prefix in outermost(inside.filter { $0.family == family }) {
            for range in own { set.elements[key(range, prefix)] = ElementValue.none }
        }
        let rules = own.map { range in
            Rule(
                .match(.address(.source, in: range)),
                .match(.notMember([.sourceAddress, .destinationAddress], of: Self.inside)), .masquerade)
        }
        let base = BaseChain(.nat, .postrouting, priority: priority)
        return Table(identifier(family), chains: [Chain(chain, base: base, rules: rules)], sets: [set])
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
