/// Where a finished transaction goes: the kernel in production, `MemoryKernel` in tests.
package protocol RulesetApplier: Sendable {
    /// Commits every operation or none.
    func apply(_ transaction: Transaction) async throws(ApplyError)

    /// What the kernel holds of a table; nil when it has none.
    ///
    /// - Parameter expected: What the caller believes. A chain that runs the same instructions as here comes back with
    ///   these rules; any other one comes back with `Statement.foreign`, which differs from every rule of ours.
    func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table?

    /// The elements that a set holds now: the only way to those of a dynamic set, which `read` leaves out.
    func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element]

    /// A number that every commit changes, ours and others'.
    func generation() async throws(ApplyError) -> UInt32
}

/// A transaction or a question that was refused.
package struct ApplyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Position in the transaction, from zero; nil when the refusal names no operation.
    package var operation: Int?
    /// Linux errno, as the kernel reported it.
    package var errno: Int32
    /// The refused operation in words; empty when `operation` is nil.
    package var detail: String

    package init(operation: Int? = nil, errno: Int32, detail: String = "") {
        self.operation = operation
        self.errno = errno
        self.detail = detail
    }

    package var description: String {
        let place = operation.map { "operation \($0) (\(detail))" } ?? (detail.isEmpty ? "ruleset" : detail)
        return "\(place): errno \(errno)"
    }

    package static let noEntry: Int32 = 2
    package static let busy: Int32 = 16
    package static let exists: Int32 = 17
    package static let invalid: Int32 = 22
}
