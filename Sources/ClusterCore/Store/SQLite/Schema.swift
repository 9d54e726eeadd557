/// The tables, and what a file may look like when it is opened.
///
/// `log` has one row per write, in order; `current` says which row of `log` is a key's newest. A value is written once.
enum Schema {
    /// Stands in `PRAGMA user_version`; grows with every change that an older program would misread.
    static let version = 1

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
        PRAGMA user_version = 1;
        """

    /// Creates the tables in a new file and refuses a file that a newer program wrote.
    static func prepare(_ connection: SQLiteConnection) throws(StoreError) {
        let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
        guard found <= version else { throw StoreError.newerFormat(found: found, known: version) }
        guard found == 0 else { return }
        try connection.execute("BEGIN IMMEDIATE;" + creation + "COMMIT;")
    }

    /// Settings of the connection that writes: a commit returns when the disk has it.
    static func configureWriter(_ connection: SQLiteConnection, pageCountMax: Int?) throws(StoreError) {
        try connection.execute("PRAGMA journal_mode = WAL;")
        try connection.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -4096;")
        if let pageCountMax { try connection.execute("PRAGMA max_page_count = \(pageCountMax);") }
    }

    static func configureReader(_ connection: SQLiteConnection) throws(StoreError) {
        try connection.execute("PRAGMA query_only = 1; PRAGMA cache_size = -2048;")
    }
}
