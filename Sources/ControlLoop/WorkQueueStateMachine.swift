/// Which key is worked on next: each key once, never two at a time, some later.
///
/// - SeeAlso: client-go 1.36 `util/workqueue`.
package struct WorkQueueStateMachine<Key: Hashable & Sendable, Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    private let backoff: Backoff
    private var ready: [Key] = []
    private var head = 0
    private var queued: Set<Key> = []
    private var inFlight: Set<Key> = []
    /// Keys that were added while in flight.
    private var again: Set<Key> = []
    private var due: [Key: Instant] = [:]
    /// Sorted, latest first; an entry that `due` does not confirm is stale.
    private var schedule: [(at: Instant, key: Key)] = []
    private var attempts: [Key: Int] = [:]

    package init(backoff: Backoff = .workQueue) { self.backoff = backoff }

    /// Keys that wait to be worked on now.
    package var depth: Int { ready.count - head }
    package var inFlightCount: Int { inFlight.count }
    package var isIdle: Bool { depth == 0 && inFlight.isEmpty }

    package mutating func added(_ key: Key) {
        due[key] = nil
        enqueue(key)
    }

    /// Asks for the key at `instant`; an earlier wish stands.
    package mutating func added(_ key: Key, at instant: Instant) {
        if let known = due[key], known <= instant { return }
        due[key] = instant
        var low = 0
        var high = schedule.count
        while low < high {
            let middle = (low + high) / 2
            if schedule[middle].at > instant { low = middle + 1 } else { high = middle }
        }
        schedule.insert((instant, key), at: low)
    }

    /// Asks for the key after its next backoff; `random` is in 0..<1.
    package mutating func failed(_ key: Key, at now: Instant, random: Double = 0) {
        let attempt = attempts[key, default: 0]
        attempts[key] = attempt + 1
        added(key, at: now.advanced(by: backoff.delay(attempt: attempt, random: random)))
    }

    /// The key was worked on without a failure: its backoff starts over.
    package mutating func succeeded(_ key: Key) { attempts[key] = nil }

    /// The next key to work on; it is in flight until `finished`.
    package mutating func next(at now: Instant) -> Key? {
        while let last = schedule.last, last.at <= now {
            schedule.removeLast()
            guard due[last.key] == last.at else { continue }
            due[last.key] = nil
            enqueue(last.key)
        }
        guard head < ready.count else { return nil }
        let key = ready[head]
        head += 1
        if head > 1024, head * 2 > ready.count {
            ready.removeFirst(head)
            head = 0
        } else if head == ready.count {
            ready.removeAll(keepingCapacity: true)
            head = 0
        }
        queued.remove(key)
        inFlight.insert(key)
        return key
    }

    package mutating func finished(_ key: Key) {
        inFlight.remove(key)
        if again.remove(key) != nil { enqueue(key) }
    }

    /// When `next` may have more to give than now; nil: not by itself.
    package mutating func nextWake() -> Instant? {
        while let last = schedule.last {
            if due[last.key] == last.at { return last.at }
            schedule.removeLast()
        }
        return nil
    }

    private mutating func enqueue(_ key: Key) {
        if inFlight.contains(key) {
            again.insert(key)
        } else if queued.insert(key).inserted {
            ready.append(key)
        }
    }
}
