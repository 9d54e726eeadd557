import Synchronization

/// Gathers, in order and each once, what one answer tells its client in `Warning` headers.
package final class WarningCollector: Sendable {
    private let found = Mutex<[String]>([])

    package init() {}

    package var all: [String] { found.withLock { $0 } }

    package func add(_ warnings: [String]) {
        found.withLock { found in
            for warning in warnings where !found.contains(warning) { found.append(warning) }
        }
    }
}
