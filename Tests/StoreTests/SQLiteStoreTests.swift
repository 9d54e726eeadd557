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

    /// A process of its own writes from four sides, notes each acknowledged write in a file, and is killed amid the others' commits.
    @Test func `no acknowledged write is lost when the process is killed`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteStore(path: path)
            let report = open(path + ".acknowledged", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in UInt8(0)..<4 {
                    group.addTask {
                        for number in 0... {
                            _ = try await store.create("/\(writer)/\(number)", [UInt8](repeating: 1, count: 500))
                            guard write(report, [writer], 1) == 1 else { return }
                            if writer == 0, number == 300 { kill(getpid(), SIGKILL) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let report = open(path + ".acknowledged", O_RDONLY)
        defer { close(report) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let acknowledged = buffer[..<max(0, read(report, &buffer, buffer.count))]
        #expect(acknowledged.count(where: { $0 == 0 }) == 301)

        let store = try SQLiteStore(path: path)
        #expect(store.currentRevision.value >= Int64(acknowledged.count) + 1)
        for (writer, writes) in Dictionary(grouping: acknowledged, by: { $0 }) {
            for number in writes.indices {
                #expect(try await store.get("/\(writer)/\(number)") != nil)
            }
        }
        await store.close()
    }
}
