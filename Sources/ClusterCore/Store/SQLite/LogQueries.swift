/// The reading statements, for whichever connection asks.
struct LogQueries {
    let connection: SQLiteConnection

    func current(_ key: String) throws(StoreError) -> StoredValue? {
        let statement = try connection.statement(
            "SELECT l.key, l.value, l.create_revision, l.revision FROM current c JOIN log l ON l.revision = c.revision"
                + " WHERE c.key = ?")
        defer { statement.reset() }
        statement.bind(1, key)
        return try statement.step() ? Self.stored(statement) : nil
    }

    func position(_ name: String) throws(StoreError) -> Revision {
        let statement = try connection.statement("SELECT revision FROM position WHERE name = ?")
        defer { statement.reset() }
        statement.bind(1, name)
        return Revision(try statement.step() ? statement.integer(0) : 0)
    }

    /// Reads within one transaction, so that the keys and the revision belong together.
    func range(_ range: KeyRange) throws(StoreError) -> RangeResult {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let now = try position("current")
        let compacted = try position("compacted")
        guard let wanted = range.revision, wanted < now else {
            if let wanted = range.revision, wanted > now { throw StoreError.futureRevision(current: now) }
            return try newest(range, at: now)
        }
        guard wanted >= compacted else { throw StoreError.compacted(compacted) }
        return try past(range, at: wanted)
    }

    private func newest(_ range: KeyRange, at revision: Revision) throws(StoreError) -> RangeResult {
        let (low, strict) = Self.lowerBound(range)
        let statement = try connection.statement(
            "SELECT l.key, l.value, l.create_revision, l.revision FROM current c JOIN log l ON l.revision = c.revision"
                + " WHERE c.key \(strict ? ">" : ">=") ? AND c.key < ? ORDER BY c.key LIMIT ?")
        statement.bind(1, low)
        statement.bind(2, Self.upperBound(range.prefix))
        statement.bind(3, Int64(range.limit ?? -1))
        var values: [StoredValue] = []
        while try statement.step() { values.append(Self.stored(statement)) }
        statement.reset()
        var remaining = 0
        if let limit = range.limit, values.count == limit, let last = values.last {
            let count = try connection.statement("SELECT COUNT(*) FROM current WHERE key > ? AND key < ?")
            defer { count.reset() }
            count.bind(1, last.key)
            count.bind(2, Self.upperBound(range.prefix))
            remaining = try count.step() ? Int(count.integer(0)) : 0
        }
        return RangeResult(values: values, revision: revision, remaining: remaining)
    }

    /// The keys as they were: today's, with every later write undone.
    private func past(_ range: KeyRange, at revision: Revision) throws(StoreError) -> RangeResult {
        let (low, strict) = Self.lowerBound(range)
        let comparison = strict ? ">" : ">="
        let high = Self.upperBound(range.prefix)
        var revisions: [(key: String, revision: Int64)] = []
        let unchanged = try connection.statement(
            "SELECT key, revision FROM current WHERE key \(comparison) ? AND key < ? AND revision <= ? ORDER BY key")
        unchanged.bind(1, low)
        unchanged.bind(2, high)
        unchanged.bind(3, revision.value)
        while try unchanged.step() { revisions.append((unchanged.text(0), unchanged.integer(1))) }
        unchanged.reset()
        let undone = try connection.statement(
            "SELECT key, prev_revision, MIN(revision) FROM log WHERE revision > ? AND key \(comparison) ? AND key < ?"
                + " GROUP BY key")
        undone.bind(1, revision.value)
        undone.bind(2, low)
        undone.bind(3, high)
        while try undone.step() {
            // Zero: the key did not exist then.
            if undone.integer(1) > 0 { revisions.append((undone.text(0), undone.integer(1))) }
        }
        undone.reset()
        revisions.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let taken = revisions.prefix(range.limit ?? Int.max)
        var values: [StoredValue] = []
        for (_, number) in taken {
            if let value = try row(Revision(number)) { values.append(value) }
        }
        return RangeResult(values: values, revision: revision, remaining: revisions.count - taken.count)
    }

    private func row(_ revision: Revision) throws(StoreError) -> StoredValue? {
        let statement = try connection.statement(
            "SELECT key, value, create_revision, revision FROM log WHERE revision = ? AND deleted = 0")
        defer { statement.reset() }
        statement.bind(1, revision.value)
        return try statement.step() ? Self.stored(statement) : nil
    }

    func events(prefix: String, after: Revision, through: Revision, limit: Int) throws(StoreError) -> [StoreEvent] {
        try connection.execute("SAVEPOINT history")
        defer { try? connection.execute("RELEASE history") }
        let compacted = try position("compacted")
        guard after >= compacted else { throw StoreError.compacted(compacted) }
        let statement = try connection.statement(
            "SELECT l.key, l.revision, l.deleted, l.value, l.prev_revision, l.create_revision, p.value FROM log l"
                + " LEFT JOIN log p ON p.revision = l.prev_revision"
                + " WHERE l.revision > ? AND l.revision <= ? AND l.key >= ? AND l.key < ? ORDER BY l.revision LIMIT ?")
        defer { statement.reset() }
        statement.bind(1, after.value)
        statement.bind(2, through.value)
        statement.bind(3, prefix)
        statement.bind(4, Self.upperBound(prefix))
        statement.bind(5, Int64(clamping: limit))
        var events: [StoreEvent] = []
        while try statement.step() {
            events.append(
                StoreEvent(
                    key: statement.text(0), revision: Revision(statement.integer(1)),
                    value: statement.integer(2) == 1 ? nil : statement.bytes(3) ?? [], previous: statement.bytes(6),
                    previousRevision: Revision(statement.integer(4)), createRevision: Revision(statement.integer(5))))
        }
        return events
    }

    /// Notes of expiry that are due, oldest first; the key is nil when a later write has made the note void.
    func due(now: Int64, limit: Int) throws(StoreError) -> [(revision: Revision, key: String?)] {
        let statement = try connection.statement(
            "SELECT e.revision, c.key FROM expiry e LEFT JOIN log l ON l.revision = e.revision"
                + " LEFT JOIN current c ON c.key = l.key AND c.revision = e.revision WHERE e.ends_at <= ?"
                + " ORDER BY e.ends_at, e.revision LIMIT ?")
        defer { statement.reset() }
        statement.bind(1, now)
        statement.bind(2, Int64(limit))
        var due: [(revision: Revision, key: String?)] = []
        while try statement.step() { due.append((Revision(statement.integer(0)), statement.isNull(1) ? nil : statement.text(1))) }
        return due
    }

    private static func stored(_ statement: SQLiteStatement) -> StoredValue {
        StoredValue(
            key: statement.text(0), value: statement.bytes(1) ?? [], createRevision: Revision(statement.integer(2)),
            revision: Revision(statement.integer(3)))
    }

    private static func lowerBound(_ range: KeyRange) -> (key: String, strict: Bool) {
        guard let after = range.after, !after.utf8.lexicographicallyPrecedes(range.prefix.utf8) else {
            return (range.prefix, false)
        }
        return (after, true)
    }

    /// The first key after every key with this prefix; DEL is greater than any byte of an ASCII path.
    private static func upperBound(_ prefix: String) -> String { prefix + "\u{7f}" }
}
