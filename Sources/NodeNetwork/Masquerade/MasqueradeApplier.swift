package import NFTables
import NetworkTypes

/// Brings the kernel's masquerade tables in line: by elements, or from scratch when somebody else changed them.
package actor MasqueradeApplier {
    private let rules: any RulesetApplier
    /// What the last pass left, and the kernel's generation after it.
    private var applied: [IPFamily: Table] = [:]
    private var generation: UInt32?

    package init(rules: any RulesetApplier) { self.rules = rules }

    /// Tables of ours that have nothing to translate go.
    /// - Returns: Operations written.
    package func apply(_ plan: MasqueradePlan) async throws(ApplyError) -> Int {
        let now = try await rules.generation()
        var operations = 0
        for family in IPFamily.allCases {
            let desired = MasqueradeTable.table(family, plan)
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
