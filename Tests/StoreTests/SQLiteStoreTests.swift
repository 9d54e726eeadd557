import Glibc
import Testing

@testable import Store

@Suite struct SQLiteStoreTests {
    @Test func `everything is there after a restart, and revisions go on`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let store = try SQLiteStore(path: path)
        let first = try await store.create("/a", [1])
        _ = try await store.create("/b", [2])
        let last = try await store.delete("/b", expected: nil)
        try await store.compact(through: last)
        await store.close()

        let again = try SQLiteStore(path: path)
        #expect(again.currentRevision == last && again.compactedRevision == last)
        #expect(try await again.get("/a")?.revision == first)
        let next = try await again.create("/b", [3])
        #expect(next == last.next)
        let watch = try await again.watch(prefix: "/", after: last)
        #expect(try await watch.next()?.map(\.revision) == [next])
        await again.close()
    }

    @Test func `once closed, nothing of it touches the file any more`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        for round in 0..<20 {
            let store = try SQLiteStore(path: path)
            _ = try await store.create("/a", [1])
            #expect(try await store.get("/a")?.value == [1])
            await store.close()
            // The last connection that closes takes the log with it.
            #expect(access(path + "-wal", F_OK) != 0, "round \(round)")
            for suffix in ["", "-shm", "-wal"] { unlink(path + suffix) }
        }
    }

    /// The copy is what a machine that lost power would find: the database, and the log with room behind its last commit.
    @Test func `a log that was made larger ahead of its writes is read to its last commit`() async throws {
        let directory = TemporaryDirectory()
        let (path, copy) = (directory.path + "/store.db", directory.path + "/copy.db")
        let store = try SQLiteStore(path: path)
        var last = Revision(0)
        for number in 0..<200 { last = try await store.create("/\(number)", [UInt8](repeating: UInt8(number), count: 3000)) }
        for suffix in ["", "-wal"] { try Self.copy(path + suffix, to: copy + suffix) }
        var facts = stat()
        #expect(stat(copy + "-wal", &facts) == 0 && facts.st_size > 8_000_000)
        await store.close()

        let again = try SQLiteStore(path: copy)
        #expect(again.currentRevision == last)
        #expect(try await again.get("/199")?.value == [UInt8](repeating: 199, count: 3000))
        #expect(try await again.range(KeyRange(prefix: "/")).values.count == 200)
        #expect(try await again.create("/more", [1]) == last.next)
        await again.close()
    }

    private static func copy(_ source: String, to target: String) throws {
        let (from, to) = (open(source, O_RDONLY), open(target, O_CREAT | O_WRONLY, 0o600))
        defer {
            close(from)
            close(to)
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(from, &buffer, buffer.count), count > 0 { _ = write(to, buffer, count) }
    }

    @Test func `a second opener is refused`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let store = try SQLiteStore(path: path)
        #expect(throws: StoreError.locked(path: path)) { try SQLiteStore(path: path) }
        await store.close()
    }

    @Test func `a file of a newer program is refused`() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let connection = try SQLiteConnection(path: path, readOnly: false)
        try connection.execute("PRAGMA user_version = 99")
        #expect(throws: StoreError.newerFormat(found: 99, known: Schema.version)) { try SQLiteStore(path: path) }
    }

    @Test func `when the disk is full writes are refused and reads go on`() async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.path + "/store.db", pageCountMax: 64)
        let value = [UInt8](repeating: 7, count: 3000)
        var written = 0
        await #expect(throws: StoreError.full) {
            for number in 0..<1000 {
                _ = try await store.create("/k/\(number)", value)
                written += 1
            }
        }
        #expect(written > 10)
        let read = try await store.range(KeyRange(prefix: "/k/"))
        #expect(read.values.count == written && read.values.last?.value == value)
        await store.close()
    }
}
