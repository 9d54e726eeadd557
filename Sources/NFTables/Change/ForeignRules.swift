/// Who a table, a chain or a rule of another program jumps to: enough to take a part of its rules away, and no more.
package struct ForeignTable: Hashable, Sendable {
    package struct Rule: Hashable, Sendable {
        package var chain: String
        package var handle: UInt64
        /// Chains that it jumps or goes to by itself, not through a map.
        package var targets: Set<String>

        package init(chain: String, handle: UInt64, targets: Set<String>) {
            self.chain = chain
            self.handle = handle
            self.targets = targets
        }
    }

    package var identifier: TableIdentifier
    /// In the order in which the kernel lists them.
    package var chains: [String]
    package var rules: [Rule]

    package init(_ identifier: TableIdentifier, chains: [String], rules: [Rule] = []) {
        self.identifier = identifier
        self.chains = chains
        self.rules = rules
    }
}

/// Looks at tables of other programs.
package protocol ForeignTableReader: Sendable {
    /// Nil when there is no such table.
    func foreignTable(_ table: TableIdentifier) async throws(ApplyError) -> ForeignTable?
}
