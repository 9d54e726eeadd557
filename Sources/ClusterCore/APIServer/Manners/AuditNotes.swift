import Synchronization

/// Gathers what steps of admission leave for the audit log about one request.
package final class AuditNotes: Sendable {
    private let found = Mutex<[String: String]>([:])

    package init() {}

    package var all: [String: String] { found.withLock { $0 } }

    /// What is noted first stays.
    package func add(_ annotations: [String: String]) {
        guard !annotations.isEmpty else { return }
        found.withLock { $0.merge(annotations) { first, _ in first } }
    }
}
