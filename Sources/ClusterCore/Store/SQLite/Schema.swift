/// The tables, and what a file may look like when it is opened.
///
/// `log` has one row per write, in order; `current` says which row of `log` is a key's newest. A value is written once.
enum Schema {
    /// Stands in `PRAGMA user_version`; grows with every change that an older program would misread.
    static let version = 2

    private static let creation = """
        CREATE TABLE log (
            revision INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            create_revision INTEGER NOT NULL,
            prev_revision INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            value BLOB
        );
        CREATE TABLE current (
            key TEXT PRIMARY KEY,
            revision INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE position (
            name TEXT PRIMARY KEY,
            revision INTEGER NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO position VALUES ('current', 1), ('compacted', 0);
        """

    /// Since version 2: which revisions go by themselves, and when (unix seconds).
    private static let expiry = """
        CREATE TABLE expiry (
            ends_at INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            PRIMARY KEY (ends_at, revision)
        ) WITHOUT ROWID;
        CREATE INDEX expiry_of ON expiry (revision);
        PRAGMA user_version = 2;
        """

    /// Creates the tables in a new file, brings an older file up to date and refuses a file that a newer program wrote.
    static func prepare(_ connection: SQLiteConnection, renames: [KeyRename]) throws(StoreError) {
        let found = try foundVersion(connection)
        if found == 0 { try connection.execute("BEGIN IMMEDIATE;" + creation + expiry + "COMMIT;") }
        guard found == 1 else { return }
        try connection.execute("BEGIN IMMEDIATE;" + expiry)
        for rename in renames { try rename.perform(connection) }
        try connection.execute("COMMIT;")
    }

    /// Zero for a new file.
    static func foundVersion(_ connection: SQLiteConnection) throws(StoreError) -> Int {
        let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
        guard found <= version else { throw StoreError.newerFormat(found: found, known: version) }
        return found
    }

    /// Settings of the connection that writes: a commit returns when the disk has it.
    static func configureWriter(_ connection: SQLiteConnection, pageCountMax: Int?) throws(StoreError) {
        try connection.execute("PRAGMA journal_mode = WAL;")
        try connection.execute(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(WriteAheadFile.pagesMax); PRAGMA journal_size_limit = 67108864;"
                + "PRAGMA cache_size = -4096;")
        if let pageCountMax { try connection.execute("PRAGMA max_page_count = \(pageCountMax);") }
    }

    static func configureReader(_ connection: SQLiteConnection) throws(StoreError) {
        try connection.execute("PRAGMA query_only = 1; PRAGMA cache_size = -2048;")
    }
}

/// Keys that lay elsewhere in files of version 1.
package struct KeyRename: Hashable, Sendable {
    package var from: String
    package var to: String

    package init(from: String, to: String) {
        self.from = from
        self.to = to
    }

    fileprivate func perform(_ connection: SQLiteConnection) throws(StoreError) {
        for table in ["log", "current"] {
            let statement = try connection.statement(
                "UPDATE \(table) SET key = ? || substr(key, ?) WHERE key >= ? AND key < ?")
            statement.bind(1, to)
            statement.bind(2, Int64(from.count + 1))
            statement.bind(3, from)
            statement.bind(4, from + "\u{7f}")
            try statement.run()
        }
    }
}
