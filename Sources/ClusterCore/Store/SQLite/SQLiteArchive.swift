import Glibc

/// Copies of a store's file: made while a server runs, put back while none does.
package enum SQLiteArchive {
    /// What a backup holds.
    package struct Contents: Hashable, Sendable {
        package var revision: Revision
        package var keys: Int
    }

    /// Added to the revision by a restore: more than any server writes between a backup and its return, so that nothing that a
    /// client saw in the meantime has a revision that is given again.
    ///
    /// - SeeAlso: etcd 3.6 `etcdutl snapshot restore --bump-revision`, whose documentation proposes this figure.
    package static let revisionBump: Int64 = 1_000_000_000

    /// Writes the store at `path`, as it is at one moment, to a new file; the server may run.
    package static func backup(_ path: String, to file: String) throws(StoreError) -> Contents {
        guard access(path, F_OK) == 0 else { throw failure("there is no store at \(path)") }
        guard access(file, F_OK) != 0 else { throw failure("\(file) exists already: choose another name") }
        let source = try SQLiteConnection(path: path, readOnly: true)
        _ = try Schema.foundVersion(source)
        let part = file + ".part"
        unlink(part)
        let copy = try source.statement("VACUUM INTO ?")
        copy.bind(1, part)
        do throws(StoreError) {
            try copy.run()
            let contents = try inspect(part)
            try synchronize(part)
            guard rename(part, file) == 0 else { throw systemFailure("cannot name the backup \(file)") }
            try synchronize(directory(of: file))
            return contents
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Puts a backup in the place of the store at `path`; what was there is kept as `PATH.replaced`.
    ///
    /// The history ends with the restore: a watch from before it is told to list again.
    /// - Throws: `locked` when a server has the store open; then nothing was changed.
    package static func restore(_ file: String, to path: String) throws(StoreError) -> Contents {
        guard access(file, R_OK) == 0 else { throw systemFailure("cannot read \(file)") }
        let lock = try FileLock(path: path)
        defer { lock.release() }
        _ = try inspect(file)
        let part = path + ".restoring"
        for suffix in companions { unlink(part + suffix) }
        let source = try SQLiteConnection(path: file, readOnly: true)
        let copy = try source.statement("VACUUM INTO ?")
        copy.bind(1, part)
        do throws(StoreError) {
            try copy.run()
            try endHistory(part)
            let contents = try inspect(part)
            try synchronize(part)
            for suffix in companions {
                unlink(path + ".replaced" + suffix)
                _ = rename(path + suffix, path + ".replaced" + suffix)
            }
            guard rename(part, path) == 0 else { throw systemFailure("cannot put the backup in the place of \(path)") }
            try synchronize(directory(of: path))
            return contents
        } catch {
            unlink(part)
            throw error
        }
    }

    /// A database is one file, and two more while it is open.
    private static let companions = ["", "-wal", "-shm"]

    /// Moves the revision far ahead and forgets everything but what stands.
    private static func endHistory(_ path: String) throws(StoreError) {
        let connection = try SQLiteConnection(path: path, readOnly: false)
        try connection.execute(
            """
            BEGIN IMMEDIATE;
            DELETE FROM log WHERE revision NOT IN (SELECT revision FROM current);
            UPDATE position SET revision = revision + \(revisionBump) WHERE name = 'current';
            UPDATE position SET revision = (SELECT revision FROM position WHERE name = 'current') WHERE name = 'compacted';
            COMMIT;
            """)
    }

    /// Refuses what is no store, is damaged, or is of a newer version.
    private static func inspect(_ path: String) throws(StoreError) -> Contents {
        let connection = try SQLiteConnection(path: path, readOnly: true)
        do throws(StoreError) {
            guard try Schema.foundVersion(connection) > 0 else { throw failure("\(path) is no store of this program") }
            let check = try connection.statement("PRAGMA integrity_check(1)")
            defer { check.reset() }
            guard try check.step(), check.text(0) == "ok" else { throw failure("\(path) is damaged: \(check.text(0))") }
            let keys = try connection.integer("SELECT COUNT(*) FROM current JOIN log USING (revision)") ?? 0
            return Contents(revision: try LogQueries(connection: connection).position("current"), keys: Int(keys))
        } catch {
            if case .failed(let code, _) = error, code == notADatabase { throw failure("\(path) is no store of this program") }
            throw error
        }
    }

    /// `SQLITE_NOTADB`.
    private static let notADatabase = 26

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    private static func synchronize(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemFailure("cannot bring \(path) to the disk") }
    }

    private static func failure(_ message: String) -> StoreError { .failed(code: 0, message: message) }

    private static func systemFailure(_ what: String) -> StoreError {
        let code = errno
        return code == ENOSPC ? .full : .failed(code: Int(code), message: "\(what): \(String(cString: strerror(code)))")
    }
}
