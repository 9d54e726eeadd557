import Store
import Synchronization

/// Hands what the one watch brings to every observer, and knows how far the watch has come.
final class EventFanout: Sendable {
    private struct Waiter {
        let revision: Revision
        let deadline: Duration
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var position: Revision
        var compacted = Revision(0)
        var isClosed = false
        var nextIdentifier = 0
        var observers: [Int: FanoutObserver] = [:]
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>

    init(position: Revision) { state = Mutex(State(position: position)) }

    /// Every event up to here has been delivered.
    var position: Revision { state.withLock(\.position) }
    var compacted: Revision { state.withLock(\.compacted) }

    func noteCompaction(_ revision: Revision) { state.withLock { $0.compacted = max($0.compacted, revision) } }

    /// Called by the one watch only, so deliveries never overlap.
    func publish(_ events: [StoreEvent], through revision: Revision) {
        let observers = state.withLock { Array($0.observers.values) }
        for observer in observers { observer.offer(events) }
        let ready = state.withLock { state in
            state.position = max(state.position, revision)
            let ready = state.waiters.filter { $0.revision <= state.position }
            state.waiters.removeAll { $0.revision <= state.position }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    /// Waits until everything up to `revision` was delivered; false when that did not happen before `deadline` or the close.
    func reach(_ revision: Revision, deadline: Duration) async -> Bool {
        if position >= revision { return true }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.position >= revision { return true }
                if state.isClosed { return false }
                state.waiters.append(Waiter(revision: revision, deadline: deadline, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Lets waiters go whose time is over.
    func expire(now: Duration) { release { $0.deadline <= now } }

    func close() {
        state.withLock { $0.isClosed = true }
        release { _ in true }
        let observers = state.withLock { state in
            let observers = state.observers
            state.observers = [:]
            return observers
        }
        withExtendedLifetime(observers) {}
    }

    private func release(_ isOver: (Waiter) -> Bool) {
        let over = state.withLock { state in
            let over = state.waiters.filter(isOver)
            state.waiters.removeAll(where: isOver)
            return over
        }
        for waiter in over { waiter.continuation.resume(returning: false) }
    }

    /// Registers an observer that first needs what happened up to the position that comes back.
    func attach(_ observer: FanoutObserver) -> (observation: StoreObservation, position: Revision) {
        let (identifier, position) = state.withLock { state in
            state.nextIdentifier += 1
            state.observers[state.nextIdentifier] = observer
            return (state.nextIdentifier, state.position)
        }
        let observation = StoreObservation { [weak self] in
            // Let go outside the lock: its closure may own things that call back here when they end.
            let observer = self?.state.withLock { $0.observers.removeValue(forKey: identifier) }
            withExtendedLifetime(observer) {}
        }
        return (observation, position)
    }
}

/// One observer: what comes while its past is still being read waits.
final class FanoutObserver: Sendable {
    private struct State {
        /// Nil once the past was delivered.
        var waiting: [StoreEvent]? = []
        var last: Revision
    }

    private let prefix: String
    private let deliver: @Sendable ([StoreEvent]) -> Void
    private let state: Mutex<State>

    /// - Parameter after: Events up to here are not wanted.
    init(prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void) {
        self.prefix = prefix
        self.deliver = deliver
        state = Mutex(State(last: after))
    }

    func offer(_ events: [StoreEvent]) {
        state.withLock { state in
            let wanted = events.filter { $0.revision > state.last && $0.key.utf8.starts(with: prefix.utf8) }
            guard !wanted.isEmpty else { return }
            if state.waiting == nil {
                state.last = wanted[wanted.count - 1].revision
                deliver(wanted)
            } else {
                state.waiting? += wanted
            }
        }
    }

    /// Delivers the past, then what waited meanwhile; from now on events pass straight through.
    func begin(with past: [StoreEvent]) {
        state.withLock { state in
            let seen = past.last?.revision ?? state.last
            let events = past + (state.waiting ?? []).filter { $0.revision > seen }
            state.waiting = nil
            if let last = events.last { state.last = last.revision }
            if !events.isEmpty { deliver(events) }
        }
    }
}
