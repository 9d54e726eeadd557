import Synchronization

/// A work queue with its timer: gives keys to at most `workers` tasks at once.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    /// What became of a key.
    package enum Outcome: Hashable, Sendable {
        case done(lookAgainAfter: Duration?)
        /// Work on it again after its backoff.
        case failed
    }

    private typealias Machine = WorkQueueStateMachine<Key, ContinuousClock.Instant>

    private let machine: Mutex<Machine>
    private let signal = WakeSignal()
    private let clock = ContinuousClock()

    package init(backoff: Backoff = .workQueue) { machine = Mutex(Machine(backoff: backoff)) }

    package func add(_ key: Key) {
        machine.withLock { $0.added(key) }
        signal.wake()
    }

    package func add(_ key: Key, after delay: Duration) {
        machine.withLock { $0.added(key, at: clock.now.advanced(by: delay)) }
        signal.wake()
    }

    /// Works on keys until cancelled; `work` never runs twice at once for the same key.
    package func run(workers: Int, work: @escaping @Sendable (Key) async -> Outcome) async {
        precondition(workers > 0, "a queue without workers")
        await withDiscardingTaskGroup { group in
            var alarm: ContinuousClock.Instant?
            while !Task.isCancelled {
                while let key = machine.withLock({ $0.inFlightCount < workers ? $0.next(at: clock.now) : nil }) {
                    group.addTask { [self] in
                        let outcome = await work(key)
                        finish(key, outcome)
                        signal.wake()
                    }
                }
                let now = clock.now
                if let set = alarm, set <= now { alarm = nil }
                if let wake = machine.withLock({ $0.nextWake() }), alarm.map({ wake < $0 }) ?? true {
                    alarm = wake
                    group.addTask { [self] in
                        // Cancellation cuts the sleep short, which is what is wanted.
                        try? await clock.sleep(until: wake)
                        signal.wake()
                    }
                }
                await signal.wait()
            }
            group.cancelAll()
        }
    }

    private func finish(_ key: Key, _ outcome: Outcome) {
        machine.withLock { machine in
            switch outcome {
            case .done(let delay):
                machine.succeeded(key)
                if let delay { machine.added(key, at: clock.now.advanced(by: delay)) }
            case .failed:
                machine.failed(key, at: clock.now, random: .random(in: 0..<1))
            }
            machine.finished(key)
        }
    }
}
