import Synchronization

/// A store that behaves like the real one and forgets everything at the end of the process.
package final class MemoryStore: Store {
    private struct Row {
        var key: String
        var value: [UInt8]?
        var createRevision: Revision
        var previousRevision: Revision
    }

    private struct State {
        var revision = Revision.initial
        var compacted = Revision(0)
        var rows: [Int64: Row] = [:]
        var current: [String: Revision] = [:]
        /// Unix seconds after which a key goes.
        var expiry: [String: Int64] = [:]
        var closed = false
    }

    private let state = Mutex(State())
    private let hub = WatchHub()

    private let now: @Sendable () -> Int64

    /// - Parameter now: Unix seconds.
    package init(now: @escaping @Sendable () -> Int64 = StoreClock.seconds) { self.now = now }

    package var currentRevision: Revision { state.withLock(\.revision) }
    package var compactedRevision: Revision { state.withLock(\.compacted) }

    package func create(
        _ key: String, _ value: [UInt8], expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        try write(key, expiresAfter) { actual throws(StoreError) in
            guard actual == nil else { throw StoreError.keyExists(key) }
            return value
        }
    }

    package func update(
        _ key: String, _ value: [UInt8], expected: Revision, expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        try write(key, expiresAfter) { actual throws(StoreError) in
            guard let actual else { throw StoreError.keyNotFound(key) }
            guard actual == expected else { throw StoreError.revisionMismatch(key: key, actual: actual) }
            return value
        }
    }

    package func delete(_ key: String, expected: Revision?) async throws(StoreError) -> Revision {
        try write(key, nil) { actual throws(StoreError) in
            guard let actual else { throw StoreError.keyNotFound(key) }
            if let expected, actual != expected { throw StoreError.revisionMismatch(key: key, actual: actual) }
            return nil
        }
    }

    /// The lock is held while observers are told, so that their order is the order of revisions.
    private func write(
        _ key: String, _ expiresAfter: Duration?, _ decide: (Revision?) throws(StoreError) -> [UInt8]?
    ) throws(StoreError) -> Revision {
        try state.withLock { state throws(StoreError) in
            guard !state.closed else { throw StoreError.closed }
            let previous = state.current[key]
            let value = try decide(previous)
            state.revision = state.revision.next
            let revision = state.revision
            let previousRow = previous.flatMap { state.rows[$0.value] }
            let row = Row(
                key: key, value: value, createRevision: previousRow?.createRevision ?? revision,
                previousRevision: previous ?? Revision(0))
            state.rows[revision.value] = row
            state.current[key] = value == nil ? nil : revision
            state.expiry[key] = value == nil ? nil : ExpirySweep.end(now: now(), expiresAfter)
            hub.publish([Self.event(row, at: revision, previous: previousRow)])
            return revision
        }
    }

    private static func event(_ row: Row, at revision: Revision, previous: Row?) -> StoreEvent {
        StoreEvent(
            key: row.key, revision: revision, value: row.value, previous: previous?.value,
            previousRevision: row.previousRevision, createRevision: row.createRevision)
    }

    package func get(_ key: String) async throws(StoreError) -> StoredValue? {
        state.withLock { state in
            guard let revision = state.current[key] else { return nil }
            return Self.stored(revision, in: state)
        }
    }

    private static func stored(_ revision: Revision, in state: borrowing State) -> StoredValue? {
        guard let row = state.rows[revision.value], let value = row.value else { return nil }
        return StoredValue(key: row.key, value: value, createRevision: row.createRevision, revision: revision)
    }

    package func range(_ range: KeyRange) async throws(StoreError) -> RangeResult {
        try state.withLock { state throws(StoreError) in
            var current = state.current
            let revision = range.revision ?? state.revision
            guard revision <= state.revision else { throw StoreError.futureRevision(current: state.revision) }
            guard revision >= state.compacted else { throw StoreError.compacted(state.compacted) }
            if revision < state.revision {
                for number in stride(from: state.revision.value, to: revision.value, by: -1) {
                    guard let row = state.rows[number] else { continue }
                    current[row.key] = row.previousRevision.value == 0 ? nil : row.previousRevision
                }
            }
            let keys = current.keys.filter(range.contains).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let taken = keys.prefix(range.limit ?? Int.max)
            let values = taken.compactMap { key in current[key].flatMap { Self.stored($0, in: state) } }
            return RangeResult(values: values, revision: revision, remaining: keys.count - taken.count)
        }
    }

    package func events(
        prefix: String, after: Revision, through: Revision, limit: Int
    ) async throws(StoreError) -> [StoreEvent] {
        try state.withLock { state throws(StoreError) in
            try Self.history(prefix: prefix, after: after, through: through, limit: limit, in: state)
        }
    }

    private static func history(
        prefix: String, after: Revision, through: Revision, limit: Int, in state: borrowing State
    ) throws(StoreError) -> [StoreEvent] {
        guard after >= state.compacted else { throw StoreError.compacted(state.compacted) }
        var events: [StoreEvent] = []
        var number = after.value + 1
        while number <= min(through.value, state.revision.value), events.count < limit {
            if let row = state.rows[number], row.key.utf8.starts(with: prefix.utf8) {
                let previous = row.previousRevision.value == 0 ? nil : state.rows[row.previousRevision.value]
                events.append(event(row, at: Revision(number), previous: previous))
            }
            number += 1
        }
        return events
    }

    package func observe(
        prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
    ) async throws(StoreError) -> StoreObservation {
        try state.withLock { state throws(StoreError) in
            let old = try Self.history(
                prefix: prefix, after: after, through: state.revision, limit: Int.max, in: state)
            if !old.isEmpty { deliver(old) }
            return hub.attach(prefix: prefix, deliver)
        }
    }

    package func compact(through revision: Revision) async throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard revision <= state.revision else { throw StoreError.futureRevision(current: state.revision) }
            guard revision > state.compacted else { return }
            // Oldest first: a row must still be here to say which one it replaced.
            for number in (state.compacted.value + 1)...revision.value {
                guard let row = state.rows[number] else { continue }
                state.rows[row.previousRevision.value] = nil
                if row.value == nil { state.rows[number] = nil }
            }
            state.compacted = revision
        }
    }

    package func runExpiry(sleep: @Sendable (Duration) async throws -> Void) async throws {
        while true {
            expire()
            try await sleep(ExpirySweep.interval)
        }
    }

    func expire() {
        let now = now()
        let over = state.withLock { $0.expiry.filter { $0.value <= now }.keys.sorted() }
        for key in over {
            _ = try? write(key, nil) { actual throws(StoreError) in
                guard actual != nil else { throw StoreError.keyNotFound(key) }
                return nil
            }
        }
    }

    package func close() async {
        state.withLock { $0.closed = true }
        hub.detachAll()
    }
}
