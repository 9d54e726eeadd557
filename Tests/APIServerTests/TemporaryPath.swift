import Glibc
import Store

/// A store's file that goes with this value.
final class TemporaryPath: Sendable {
    private let path: String

    init() {
        var template = Array("/tmp/skiff-api-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp/skiff-api"
        }
    }

    func open() throws -> SQLiteStore { try SQLiteStore(path: path + "/store.db") }

    deinit {
        for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
