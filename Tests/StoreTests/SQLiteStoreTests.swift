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
        #expect(throws: StoreError.newerFormat(found: 99, known: 1)) { try SQLiteStore(path: path) }
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

    /// A child writes and reports each acknowledged revision through a pipe until it is killed.
    @Test func `no acknowledged write is lost when the process is killed`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let child = try #require(CrashChild.start(path: path, report: ends[1]))
        close(ends[1])
        var acknowledged = 0
        var byte: UInt8 = 0
        while acknowledged < 300, read(ends[0], &byte, 1) == 1 { acknowledged += 1 }
        kill(child, SIGKILL)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        while read(ends[0], &byte, 1) == 1 { acknowledged += 1 }
        close(ends[0])

        #expect(acknowledged >= 300)
        let store = try SQLiteStore(path: path)
        #expect(store.currentRevision.value >= Int64(acknowledged) + 1)
        for number in 0..<acknowledged {
            #expect(try await store.get("/k/\(number)") != nil)
        }
        await store.close()
    }
}

/// A process that only writes. It is a fork of the test, so it may use no task and no lock that another thread might hold:
/// it drives the writer's own synchronous parts.
enum CrashChild {
    static func start(path: String, report: Int32) -> pid_t? {
        // SAFETY: glibc's fork is looked up by name because Swift hides it; the child calls only SQLite and write(2).
        guard let symbol = dlsym(nil, "fork") else { return nil }
        let fork = unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
        let child = fork()
        guard child == 0 else { return child > 0 ? child : nil }
        do {
            let connection = try SQLiteConnection(path: path, readOnly: false)
            try Schema.configureWriter(connection, pageCountMax: nil)
            try Schema.prepare(connection)
            let writer = try LogWriter(connection)
            var byte: UInt8 = 1
            for number in 0... {
                try writer.begin()
                _ = try writer.apply(StoreWrite(key: "/k/\(number)", kind: .create([UInt8](repeating: 1, count: 500))))
                try writer.commit()
                guard write(report, &byte, 1) == 1 else { break }
            }
        } catch {
            // The parent sees too few acknowledgements.
        }
        _exit(0)
    }
}
