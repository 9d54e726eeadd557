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

    /// What met the elements of a counted set.
    ///
    /// - Parameter keys: Nil: all; a commit that happens meanwhile may leave some out.
    /// - Throws: `ApplyError.noEntry` when one of the keys, or the set, is not there.
    func counts(of keys: [ElementKey]?, set: String, in table: TableIdentifier) async throws(ApplyError)
        -> [ElementKey: ElementCount]

    /// A number that every commit changes, ours and others'.
    func generation() async throws(ApplyError) -> UInt32

    /// Commits only while the generation is still the given one; else refuses with `ApplyError.restart`.
    func apply(_ transaction: Transaction, ifGeneration expected: UInt32) async throws(ApplyError)

    /// Makes an owned table ours whose owner ended; a table that is not there or not owned stays as it is.
    ///
    /// - Throws: `ApplyError.notPermitted` when it belongs to a program that runs.
    func adopt(_ table: TableIdentifier) async throws(ApplyError)

    /// The table stands and nobody but this applier can change it.
    func owns(_ table: TableIdentifier) async throws(ApplyError) -> Bool
}

extension RulesetApplier {
    package func apply(_ transaction: Transaction, ifGeneration expected: UInt32) async throws(ApplyError) {
        try await apply(transaction)
    }

    package func adopt(_ table: TableIdentifier) async throws(ApplyError) {}

    package func counts(of keys: [ElementKey]?, set: String, in table: TableIdentifier) async throws(ApplyError)
        -> [ElementKey: ElementCount]
    { [:] }

    package func owns(_ table: TableIdentifier) async throws(ApplyError) -> Bool { false }
}

/// A transaction or a question that was refused.
package struct ApplyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Position in the transaction, from zero; nil when the refusal names no operation.
    package var operation: Int?
    /// Position among the operation's elements, from zero; nil when the refusal names none.
    package var item: Int?
    /// Linux errno, as the kernel reported it.
    package var errno: Int32
    /// The refused operation in words; empty when `operation` is nil.
    package var detail: String

    package init(operation: Int? = nil, item: Int? = nil, errno: Int32, detail: String = "") {
        self.operation = operation
        self.item = item
        self.errno = errno
        self.detail = detail
    }

    package var description: String {
        let element = item.map { ", element \($0)" } ?? ""
        let place = operation.map { "operation \($0) (\(detail)\(element))" } ?? (detail.isEmpty ? "ruleset" : detail)
        return "\(place): \(Self.name(errno))"
    }

    /// What the kernel's numbers are called, as far as nf_tables answers with them.
    private static func name(_ errno: Int32) -> String {
        let names: [Int32: String] = [
            1: "EPERM", 2: "ENOENT", 4: "EINTR", 11: "EAGAIN", 12: "ENOMEM", 16: "EBUSY", 17: "EEXIST", 22: "EINVAL",
            23: "ENFILE", 34: "ERANGE", 40: "ELOOP", 75: "EOVERFLOW", 85: "ERESTART", 90: "EMSGSIZE", 95: "EOPNOTSUPP",
            97: "EAFNOSUPPORT", 105: "ENOBUFS",
        ]
        return names[errno].map { "\($0) (errno \(errno))" } ?? "errno \(errno)"
    }

    package static let notPermitted: Int32 = 1
    package static let noEntry: Int32 = 2
    package static let interrupted: Int32 = 4
    package static let busy: Int32 = 16
    package static let exists: Int32 = 17
    package static let invalid: Int32 = 22
    /// Somebody else committed meanwhile (`ERESTART`).
    package static let restart: Int32 = 85
    package static let notSupported: Int32 = 95
}
