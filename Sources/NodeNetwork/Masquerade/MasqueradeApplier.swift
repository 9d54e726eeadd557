package import NFTables
package import NetworkTypes

/// Brings the kernel's masquerade tables in line: by elements, or from scratch when somebody else changed them.
package actor MasqueradeApplier {
    private let rules: any RulesetApplier
    /// What the last pass left, and the kernel's generation after it.
    private var applied: [IPFamily: Table] = [:]
    private var generation: UInt32?

    package init(rules: any RulesetApplier) { self.rules = rules }

    /// - Parameter inside: As for `MasqueradeTable.table`; nil: no masquerading, tables of ours go.
    /// - Returns: Operations written.
    package func apply(own: [CIDR], inside: [CIDR]?) async throws(ApplyError) -> Int {
        let now = try await rules.generation()
        var operations = 0
        for family in IPFamily.allCases {
            let desired = inside.flatMap { MasqueradeTable.table(family, own: own, inside: $0) }
            let actual: Table?
            if now == generation {
                actual = applied[family]
            } else {
                let expected = desired ?? Table(MasqueradeTable.identifier(family))
                actual = try await rules.read(MasqueradeTable.identifier(family), expecting: expected)
            }
            let transaction = Difference.between(actual, desired)
            if !transaction.isEmpty { try await rules.apply(transaction) }
            operations += transaction.operations.count
            applied[family] = desired
        }
        generation = operations == 0 ? now : nil
        return operations
    }
}
