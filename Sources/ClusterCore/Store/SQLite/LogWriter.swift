/// Writes to the log, inside a transaction that the caller opens and commits.
///
/// Keeps the position in memory; a revision that was given out is never given again, even if its transaction failed.
final class LogWriter {
    private let connection: SQLiteConnection
    private(set) var revision: Revision
    private(set) var compacted: Revision

    /// Revisions deleted per transaction of a compaction, so that writers wait little.
    static let compactionStep: Int64 = 1000

    /// Nil: the write-ahead log grows as it is written.
    private let path: String?
    /// A store that is written seldom needs no large log.
    private var commitsUntilExtended = 128

    /// - Parameter path: Of the database.
    init(_ connection: SQLiteConnection, path: String? = nil) throws(StoreError) {
        self.connection = connection
        self.path = path
        let queries = LogQueries(connection: connection)
        revision = try queries.position("current")
        compacted = try queries.position("compacted")
    }

    func begin() throws(StoreError) { try connection.execute("BEGIN IMMEDIATE") }

    /// Durable when it returns.
    func commit() throws(StoreError) {
        try savePosition("current", revision)
        try connection.execute("COMMIT")
        guard commitsUntilExtended > 0, let path else { return }
        commitsUntilExtended -= 1
        if commitsUntilExtended == 0 { WriteAheadFile.extend(path) }
    }

    func rollback() {
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
    }

    func apply(_ write: StoreWrite) throws(StoreError) -> StoreEvent {
        let existing = try LogQueries(connection: connection).current(write.key)
        let value: [UInt8]?
        var endsAt: Int64?
        switch write.kind {
        case .create(let bytes, let end):
            guard existing == nil else { throw StoreError.keyExists(write.key) }
            value = bytes
            endsAt = end
        case .update(let bytes, let expected, let end):
            guard let existing else { throw StoreError.keyNotFound(write.key) }
            guard existing.revision == expected else {
                throw StoreError.revisionMismatch(key: write.key, actual: existing.revision)
            }
            value = bytes
            endsAt = end
        case .delete(let expected):
            guard let existing else { throw StoreError.keyNotFound(write.key) }
            if let expected, existing.revision != expected {
                throw StoreError.revisionMismatch(key: write.key, actual: existing.revision)
            }
            value = nil
        }
        revision = revision.next
        let event = StoreEvent(
            key: write.key, revision: revision, value: value, previous: existing?.value,
            previousRevision: existing?.revision ?? Revision(0), createRevision: existing?.createRevision ?? revision)
        try insert(event)
        if let endsAt { try noteExpiry(event.revision, endsAt) }
        return event
    }

    /// Kept by revision: a later write of the key makes the note void.
    private func noteExpiry(_ revision: Revision, _ endsAt: Int64) throws(StoreError) {
        let note = try connection.statement("INSERT INTO expiry VALUES (?, ?)")
        note.bind(1, endsAt)
        note.bind(2, revision.value)
        try note.run()
    }

    /// Deletes one step of the keys whose time is over, in one transaction; the events in order.
    func expireStep(now: Int64) throws(StoreError) -> [StoreEvent] {
        let due = try LogQueries(connection: connection).due(now: now, limit: ExpirySweep.step)
        guard !due.isEmpty else { return [] }
        var events: [StoreEvent] = []
        try begin()
        for (revision, key) in due {
            if let key { events.append(try apply(StoreWrite(key: key, kind: .delete(expected: revision)))) }
            let note = try connection.statement("DELETE FROM expiry WHERE revision = ?")
            note.bind(1, revision.value)
            try note.run()
        }
        try commit()
        return events
    }

    private func insert(_ event: StoreEvent) throws(StoreError) {
        let log = try connection.statement("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)")
        log.bind(1, event.revision.value)
        log.bind(2, event.key)
        log.bind(3, event.createRevision.value)
        log.bind(4, event.previousRevision.value)
        log.bind(5, event.isDeletion ? 1 : 0)
        log.bind(6, event.value)
        try log.run()
        if event.isDeletion {
            let current = try connection.statement("DELETE FROM current WHERE key = ?")
            current.bind(1, event.key)
            try current.run()
        } else {
            let current = try connection.statement(
                "INSERT INTO current VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET revision = excluded.revision")
            current.bind(1, event.key)
            current.bind(2, event.revision.value)
            try current.run()
        }
    }

    private func savePosition(_ name: String, _ revision: Revision) throws(StoreError) {
        let statement = try connection.statement("UPDATE position SET revision = ? WHERE name = ?")
        statement.bind(1, revision.value)
        statement.bind(2, name)
        try statement.run()
    }

    /// Deletes one step of what is superseded at or before `target`; true when nothing is left to do.
    func compactStep(through target: Revision) throws(StoreError) -> Bool {
        guard target > compacted else { return true }
        let end = Revision(min(compacted.value + Self.compactionStep, target.value))
        try begin()
        do throws(StoreError) {
            let superseded = try connection.statement(
                "DELETE FROM log WHERE revision IN (SELECT prev_revision FROM log WHERE revision > ? AND revision <= ?"
                    + " AND prev_revision > 0)")
            superseded.bind(1, compacted.value)
            superseded.bind(2, end.value)
            try superseded.run()
            let tombstones = try connection.statement(
                "DELETE FROM log WHERE revision > ? AND revision <= ? AND deleted = 1")
            tombstones.bind(1, compacted.value)
            tombstones.bind(2, end.value)
            try tombstones.run()
            try savePosition("compacted", end)
            try connection.execute("COMMIT")
        } catch {
            rollback()
            throw error
        }
        compacted = end
        return end == target
    }
}

/// One write that a caller waits for.
struct StoreWrite: Sendable {
    enum Kind: Sendable {
        /// - Parameter endsAt: Unix seconds after which the key goes; nil: it stays.
        case create([UInt8], endsAt: Int64?)
        case update([UInt8], expected: Revision, endsAt: Int64?)
        case delete(expected: Revision?)
    }

    var key: String
    var kind: Kind
}
