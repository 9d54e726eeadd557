/// A chain of any table that a packet on its way through a machine meets.
package struct HookedChain: Hashable, Sendable {
    /// `ip`, `ip6` or `inet`.
    package var family: String
    package var table: String
    package var name: String
    package var base: BaseChain
    package var ruleCount: Int

    package init(family: String, table: String, name: String, base: BaseChain, ruleCount: Int) {
        self.family = family
        self.table = table
        self.name = name
        self.base = base
        self.ruleCount = ruleCount
    }
}
