/// Decides when the rules are written: at once after a quiet time, else at most once per interval, and later after a failure.
///
/// The pacer owns no timer and reads no clock. Report what happened, do what it says.
package struct SyncPacer<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    package enum Action: Hashable, Sendable {
        case syncNow
        case wake(at: Instant)
        case wait
    }

    private enum State: Hashable, Sendable {
        /// Nothing to write before a change; none may be written before `until`.
        case idle(until: Instant)
        /// Something to write, and a wake was ordered.
        case cooling(until: Instant)
        /// A sync runs; `isDirty` when a change arrived meanwhile.
        case syncing(isDirty: Bool)
    }

    private let interval: Duration
    private let retryInterval: Duration
    private var state: State

    package init(interval: Duration, retryInterval: Duration, now: Instant) {
        self.interval = interval
        self.retryInterval = retryInterval
        state = .idle(until: now)
    }

    package mutating func changed(at now: Instant) -> Action {
        switch state {
        case .idle(let until), .cooling(let until):
            if now >= until {
                state = .syncing(isDirty: false)
                return .syncNow
            }
            state = .cooling(until: until)
            return .wake(at: until)
        case .syncing:
            state = .syncing(isDirty: true)
            return .wait
        }
    }

    package mutating func woke(at now: Instant) -> Action {
        guard case .cooling(let until) = state else { return .wait }
        guard now >= until else { return .wake(at: until) }
        state = .syncing(isDirty: false)
        return .syncNow
    }

    package mutating func synced(at now: Instant, succeeded: Bool) -> Action {
        guard case .syncing(let isDirty) = state else { return .wait }
        let until = now.advanced(by: succeeded ? interval : retryInterval)
        if isDirty || !succeeded {
            state = .cooling(until: until)
            return .wake(at: until)
        }
        state = .idle(until: until)
        return .wait
    }
}
