import Synchronization

/// What the work queues of a process have done, by the name of their controller; for `/metrics`.
///
/// - SeeAlso: Kubernetes 1.36 `component-base/metrics/prometheus/workqueue/metrics.go`.
package final class WorkQueueLedger: Sendable {
    package struct Account: Hashable, Sendable {
        /// Keys that were asked for, repeated wishes included.
        package var adds = 0
        /// Keys that failed and are tried again.
        package var retries = 0
        /// Keys that wait now.
        package var depth = 0
        package var work = Durations()
    }

    /// How long work took, in counts below fixed bounds.
    package struct Durations: Hashable, Sendable {
        /// Seconds.
        package static let bounds: [Double] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]
        /// One per bound, not summed up.
        package var counts = Array(repeating: 0, count: bounds.count)
        package var count = 0
        package var seconds = 0.0

        mutating func observe(_ value: Double) {
            count += 1
            seconds += value
            if let index = Self.bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
        }
    }

    private let accounts = Mutex<[String: Account]>([:])

    package init() {}

    /// In order of names.
    package var all: [(name: String, account: Account)] {
        accounts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    func added(_ name: String) { accounts.withLock { $0[name, default: Account()].adds += 1 } }

    func stands(_ name: String, depth: Int) { accounts.withLock { $0[name, default: Account()].depth = depth } }

    func worked(_ name: String, _ duration: Duration, failed: Bool) {
        let parts = duration.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        accounts.withLock { accounts in
            accounts[name, default: Account()].work.observe(seconds)
            if failed { accounts[name, default: Account()].retries += 1 }
        }
    }
}
