import CSQLite
import Glibc

/// One connection to one database file, used by one thread.
///
/// Statements are prepared once and kept.
final class SQLiteConnection {
    private var handle: OpaquePointer?
    private var statements: [String: SQLiteStatement] = [:]

    init(path: String, readOnly: Bool) throws(StoreError) {
        let access = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        // Each connection stays on one thread, so SQLite's own mutexes are not needed.
        let code = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK else {
            let error = Self.error(code, handle)
            sqlite3_close_v2(handle)
            handle = nil
            throw error
        }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Self.busyMilliseconds)
    }

    /// Readers and the writer do not wait for each other under WAL; this covers the moment of a checkpoint.
    private static let busyMilliseconds: Int32 = 5000

    deinit { close() }

    /// Nothing may be asked of it afterwards.
    func close() {
        statements.removeAll()
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Runs statements that give no rows.
    func execute(_ sql: String) throws(StoreError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Self.error(code, handle) }
    }

    /// A prepared statement, reset and ready for its parameters.
    func statement(_ sql: String) throws(StoreError) -> SQLiteStatement {
        if let known = statements[sql] {
            known.reset()
            return known
        }
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw Self.error(code, handle) }
        let statement = SQLiteStatement(pointer)
        statements[sql] = statement
        return statement
    }

    /// The one integer that a query gives; nil when it gives no row.
    func integer(_ sql: String) throws(StoreError) -> Int64? {
        let statement = try statement(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    static func error(_ code: Int32, _ handle: OpaquePointer?) -> StoreError {
        if code & 0xff == SQLITE_FULL { return .full }
        // A limit of the file's size or a quota is a full disk by another name. SQLite calls it a failed write and does not keep the
        // reason (`sqlite3_system_errno` is zero under WAL), but nothing has failed since.
        if code & 0xff == SQLITE_IOERR, [ENOSPC, EDQUOT, EFBIG].contains(errno) { return .full }
        let message = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(code))
        return .failed(code: Int(code), message: message)
    }
}

/// A prepared statement. Parameters count from one, columns from zero.
final class SQLiteStatement {
    private let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { sqlite3_finalize(pointer) }

    func reset() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(pointer, index, value) }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // SAFETY: SQLite copies the bytes before this call returns (SQLITE_TRANSIENT).
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(pointer, index, characters.baseAddress, Int32(characters.count), Self.transient)
            }
        }
    }

    func bind(_ index: Int32, _ bytes: [UInt8]?) {
        guard let bytes else {
            sqlite3_bind_null(pointer, index)
            return
        }
        guard !bytes.isEmpty else {
            sqlite3_bind_zeroblob(pointer, index, 0)
            return
        }
        // SAFETY: SQLite copies the bytes before this call returns (SQLITE_TRANSIENT).
        bytes.withUnsafeBytes { buffer in
            _ = sqlite3_bind_blob64(pointer, index, buffer.baseAddress, UInt64(buffer.count), Self.transient)
        }
    }

    /// True when there is a row.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw SQLiteConnection.error(code, sqlite3_db_handle(pointer))
        }
    }

    func run() throws(StoreError) {
        defer { reset() }
        while try step() {}
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func text(_ column: Int32) -> String {
        // SAFETY: the pointer is valid until the statement is stepped; the text is copied at once.
        guard let start = sqlite3_column_text(pointer, column) else { return "" }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// Nil for SQL's NULL.
    func bytes(_ column: Int32) -> [UInt8]? {
        guard sqlite3_column_type(pointer, column) != SQLITE_NULL else { return nil }
        // SAFETY: the pointer is valid until the statement is stepped; the bytes are copied at once.
        guard let start = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    // SAFETY: -1 is SQLite's own value for "copy this"; it is never called.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
