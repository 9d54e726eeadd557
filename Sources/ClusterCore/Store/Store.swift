/// Keys and bytes with one global history.
///
/// Keys are ASCII paths such as `/registry/pods/default/web`; order is byte order. A method returns when its effect is
/// durable. Implementations pass `StoreContract`.
package protocol Store: Sendable {
    /// Writes a key that must not exist.
    ///
    /// - Parameter expiresAfter: The key goes by itself after this time, or a little later; nil: it stays.
    func create(_ key: String, _ value: [UInt8], expiresAfter: Duration?) async throws(StoreError) -> Revision

    /// Replaces a key that must be at `expected`; its time to live begins anew, or ends with nil.
    func update(
        _ key: String, _ value: [UInt8], expected: Revision, expiresAfter: Duration?
    ) async throws(StoreError) -> Revision

    /// Removes a key; with `expected` only at that revision. The result is the deletion's own revision.
    func delete(_ key: String, expected: Revision?) async throws(StoreError) -> Revision

    func get(_ key: String) async throws(StoreError) -> StoredValue?

    /// Reads keys in order, as they were at one revision.
    func range(_ range: KeyRange) async throws(StoreError) -> RangeResult

    /// Events of keys under `prefix` with `after < revision <= through`, oldest first, at most `limit`.
    func events(prefix: String, after: Revision, through: Revision, limit: Int) async throws(StoreError) -> [StoreEvent]

    /// Delivers every event after `after`, old ones first, without a gap and without repetition.
    ///
    /// `deliver` runs before the writer is told that its write is done, so what it builds is never behind an acknowledged
    /// write of this process. It must be quick and must not call the store.
    func observe(
        prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
    ) async throws(StoreError) -> StoreObservation

    /// Forgets values that were replaced or deleted at or before `revision`.
    func compact(through revision: Revision) async throws(StoreError)

    /// Returns when observers have been told of every write that anybody, in any process, was told of before the call.
    func synchronize() async throws(StoreError)

    /// Follows the other writers for as long as the task runs; returns at once where there are none.
    func run() async throws

    /// Compacts for as long as the task runs.
    func runCompaction(sleep: @Sendable (Duration) async throws -> Void) async throws

    /// Removes keys whose time to live is over for as long as the task runs; returns at once where the store does it by itself.
    func runExpiry(sleep: @Sendable (Duration) async throws -> Void) async throws

    /// Whether other processes write to the same store.
    var isShared: Bool { get }
    /// Whether values are to lie in the store as upstream's API server keeps them.
    var keepsUpstreamForm: Bool { get }

    /// The newest revision that is durable, as far as this process has been told.
    var currentRevision: Revision { get }
    /// History at or before this is incomplete.
    var compactedRevision: Revision { get }

    /// Finishes what was accepted and lets go of files.
    func close() async
}

extension Store {
    package func create(_ key: String, _ value: [UInt8]) async throws(StoreError) -> Revision {
        try await create(key, value, expiresAfter: nil)
    }

    package func update(_ key: String, _ value: [UInt8], expected: Revision) async throws(StoreError) -> Revision {
        try await update(key, value, expected: expected, expiresAfter: nil)
    }

    // What holds for a store that one process has for itself.
    package func synchronize() async throws(StoreError) {}
    package func run() async throws {}
    package var isShared: Bool { false }
    package var keepsUpstreamForm: Bool { false }
}

/// One key as it stands.
package struct StoredValue: Hashable, Sendable {
    package var key: String
    package var value: [UInt8]
    package var createRevision: Revision
    /// The revision of the last write.
    package var revision: Revision

    package init(key: String, value: [UInt8], createRevision: Revision, revision: Revision) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.revision = revision
    }
}

/// Which keys to read.
package struct KeyRange: Hashable, Sendable {
    package var prefix: String
    /// Only keys after this one.
    package var after: String?
    /// Nil: all.
    package var limit: Int?
    /// Nil: now.
    package var revision: Revision?

    package init(prefix: String, after: String? = nil, limit: Int? = nil, revision: Revision? = nil) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
        self.revision = revision
    }

    /// Whether a key is in the range, `limit` apart.
    package func contains(_ key: String) -> Bool {
        guard key.utf8.starts(with: prefix.utf8) else { return false }
        guard let after else { return true }
        return after.utf8.lexicographicallyPrecedes(key.utf8)
    }
}

package struct RangeResult: Hashable, Sendable {
    package var values: [StoredValue]
    /// The revision that `values` shows.
    package var revision: Revision
    /// Keys of the range beyond `limit`.
    package var remaining: Int

    package init(values: [StoredValue], revision: Revision, remaining: Int) {
        self.values = values
        self.revision = revision
        self.remaining = remaining
    }
}

/// One write.
package struct StoreEvent: Hashable, Sendable {
    package var key: String
    package var revision: Revision
    /// Nil: the key was deleted.
    package var value: [UInt8]?
    /// What the key held before; nil when it did not exist, or when that is no longer known.
    package var previous: [UInt8]?
    /// Zero when the key did not exist before.
    package var previousRevision: Revision
    package var createRevision: Revision

    package init(
        key: String, revision: Revision, value: [UInt8]?, previous: [UInt8]?, previousRevision: Revision,
        createRevision: Revision
    ) {
        self.key = key
        self.revision = revision
        self.value = value
        self.previous = previous
        self.previousRevision = previousRevision
        self.createRevision = createRevision
    }

    package var isDeletion: Bool { value == nil }
    package var isCreation: Bool { value != nil && previousRevision.value == 0 }
}

/// A running delivery; ends when cancelled, or when nobody holds it any longer.
package final class StoreObservation: Sendable {
    private let onCancel: @Sendable () -> Void

    package init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }
    deinit { onCancel() }

    package func cancel() { onCancel() }
}

extension Store {
    /// Events after `after` for one reader that may be slower than the writers, but not by more than `bufferEventsMax`.
    package func watch(
        prefix: String, after: Revision, bufferEventsMax: Int = 10_000
    ) async throws(StoreError) -> StoreWatch {
        let buffer = EventBuffer<StoreEvent>(countMax: bufferEventsMax)
        let observation = try await observe(prefix: prefix, after: after) { events in buffer.offer(events) }
        return StoreWatch(buffer: buffer, observation: observation)
    }
}

/// The reading end of a watch.
package struct StoreWatch: Sendable {
    private let buffer: EventBuffer<StoreEvent>
    private let observation: StoreObservation

    init(buffer: EventBuffer<StoreEvent>, observation: StoreObservation) {
        self.buffer = buffer
        self.observation = observation
    }

    /// What has happened since the last call; waits for at least one event. Nil when cancelled.
    package func next() async throws(StoreError) -> [StoreEvent]? {
        switch await buffer.next() {
        case .elements(let events): return events
        case .overflowed: throw StoreError.watcherTooSlow
        case .closed: return nil
        }
    }

    package func cancel() {
        observation.cancel()
        buffer.close()
    }
}
