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

    private let name: String
    private let ledger: WorkQueueLedger?

    /// - Parameter ledger: Told of everything under `name`; nil: nobody counts.
    package init(backoff: Backoff = .workQueue, name: String = "", ledger: WorkQueueLedger? = nil) {
        machine = Mutex(Machine(backoff: backoff))
        self.name = name
        self.ledger = ledger
    }

    package func add(_ key: Key) {
        let depth = machine.withLock { machine in
            machine.added(key)
            return machine.depth
        }
        ledger?.added(name)
        ledger?.stands(name, depth: depth)
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
                        let start = clock.now
                        let outcome = await work(key)
                        ledger?.worked(name, clock.now - start, failed: outcome == .failed)
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
        ledger?.stands(name, depth: machine.withLock(\.depth))
    }
}
