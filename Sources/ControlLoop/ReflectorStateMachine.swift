/// Decides what a reflector does next: list, watch, or wait.
///
/// - SeeAlso: client-go 1.36 `tools/cache/reflector.go`.
package struct ReflectorStateMachine: Sendable {
    package enum Action: Hashable, Sendable {
        case list
        case watch(from: String)
        case wait(Duration)
    }

    /// Why a list or a watch failed, as far as it matters here.
    package enum Failure: Hashable, Sendable {
        /// The revision is too old: list again.
        case expired
        /// The server asked to come back later.
        case retryAfter(Duration)
        case other
    }

    private enum Next: Hashable, Sendable { case list, watch }

    /// A watch that ends sooner than this without an event counts as a failure.
    package static let shortWatch: Duration = .seconds(1)

    private let backoff: Backoff
    private var next: Next = .list
    private var revision = ""
    private var failures = 0

    package init(backoff: Backoff = .reflector) { self.backoff = backoff }

    package func started() -> Action { .list }

    package mutating func listed(resourceVersion: String) -> Action {
        revision = resourceVersion
        failures = 0
        next = .watch
        return .watch(from: revision)
    }

    /// `random` is in 0..<1.
    package mutating func listFailed(_ failure: Failure, random: Double) -> Action {
        next = .list
        return pause(failure, random)
    }

    /// An event or a bookmark arrived.
    package mutating func eventReceived(resourceVersion: String) {
        if !resourceVersion.isEmpty { revision = resourceVersion }
        failures = 0
    }

    /// The server ended the watch without an error.
    package mutating func watchEnded(after duration: Duration, events: Int, random: Double) -> Action {
        next = .watch
        if duration < Self.shortWatch, events == 0 { return pause(.other, random) }
        return .watch(from: revision)
    }

    package mutating func watchFailed(_ failure: Failure, random: Double) -> Action {
        if failure == .expired {
            next = .list
            // A server that expires every watch must not be listed in a tight loop.
            failures += 1
            return failures == 1 ? .list : .wait(backoff.delay(attempt: failures - 2, random: random))
        }
        next = .watch
        return pause(failure, random)
    }

    /// The wait is over.
    package func woke() -> Action {
        switch next {
        case .list: .list
        case .watch: .watch(from: revision)
        }
    }

    private mutating func pause(_ failure: Failure, _ random: Double) -> Action {
        let delay = backoff.delay(attempt: failures, random: random)
        failures += 1
        if case .retryAfter(let asked) = failure { return .wait(max(asked, delay)) }
        return .wait(delay)
    }
}
