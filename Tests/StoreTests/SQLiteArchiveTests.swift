import Glibc
import Testing

@testable import Store

@Suite struct SQLiteArchiveTests {
    @Test func `a backup of a running store holds one moment, and a restore moves every revision on`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let file = directory.path + "/backup"
        let store = try SQLiteStore(path: path)
        let kept = try await store.create("/a", [1])
        let updated = try await store.update("/a", [2], expected: kept)
        _ = try await store.create("/b", [3])
        let gone = try await store.delete("/b", expected: nil)
        let contents = try SQLiteArchive.backup(path, to: file)
        #expect(contents == SQLiteArchive.Contents(revision: gone, keys: 1))
        let later = try await store.create("/later", [4])
        #expect(throws: StoreError.locked(path: path)) { try SQLiteArchive.restore(file, to: path) }
        await store.close()

        let restored = try SQLiteArchive.restore(file, to: path)
        #expect(restored.keys == 1 && restored.revision.value == gone.value + SQLiteArchive.revisionBump)
        let again = try SQLiteStore(path: path)
        #expect(try await again.get("/a")?.revision == updated)
        #expect(try await again.get("/later") == nil)
        #expect(again.currentRevision == restored.revision && again.compactedRevision == restored.revision)
        // Who had seen the time between the backup and the restore must look again.
        await #expect(throws: StoreError.compacted(restored.revision)) { try await again.watch(prefix: "/", after: later) }
        let next = try await again.create("/c", [5])
        #expect(next > later && next == restored.revision.next)
        let events = try await again.events(prefix: "/", after: restored.revision, through: next, limit: 10)
        #expect(events.map(\.key) == ["/c"])
        await again.close()
        #expect(access(path + ".replaced", F_OK) == 0)
    }

    @Test func `a backup taken amid writes is whole`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let store = try SQLiteStore(path: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<100 {
                        _ = try await store.create("/\(writer)/\(number)", [UInt8](repeating: 1, count: 2000))
                    }
                }
            }
            for number in 0..<5 {
                let contents = try SQLiteArchive.backup(path, to: "\(directory.path)/b\(number)")
                // One write, one key, one revision: a torn copy would not agree with itself.
                #expect(contents.revision.value == Int64(contents.keys) + 1)
            }
            try await group.waitForAll()
        }
        await store.close()
    }

    @Test func `what is no backup is refused and nothing is touched`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let store = try SQLiteStore(path: path)
        _ = try await store.create("/a", [1])
        await store.close()
        let file = directory.path + "/other"
        let descriptor = open(file, O_CREAT | O_WRONLY, 0o600)
        _ = write(descriptor, [UInt8](repeating: 65, count: 5000), 5000)
        close(descriptor)
        #expect(throws: StoreError.failed(code: 0, message: "\(file) is no store of this program")) {
            try SQLiteArchive.restore(file, to: path)
        }
        let newer = directory.path + "/newer"
        try SQLiteConnection(path: newer, readOnly: false).execute("CREATE TABLE t (a); PRAGMA user_version = 99")
        #expect(throws: StoreError.newerFormat(found: 99, known: Schema.version)) { try SQLiteArchive.restore(newer, to: path) }
        #expect(throws: StoreError.failed(code: 0, message: "\(file) exists already: choose another name")) {
            try SQLiteArchive.backup(path, to: file)
        }
        let again = try SQLiteStore(path: path)
        #expect(try await again.get("/a")?.value == [1])
        await again.close()
    }

    @Test func `a file of version 1 is brought up to date, its keys in their new places`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let first = try SQLiteStore(path: path)
        let revision = try await first.create("/registry/apps/deployments/default/web", [1])
        _ = try await first.create("/registry/apps/deploymentsX", [2])
        await first.close()
        try SQLiteConnection(path: path, readOnly: false).execute("DROP TABLE expiry; PRAGMA user_version = 1")
        let renames = [KeyRename(from: "/registry/apps/deployments/", to: "/registry/deployments/")]
        let second = try SQLiteStore(path: path, renames: renames)
        #expect(try await second.get("/registry/deployments/default/web")?.revision == revision)
        #expect(try await second.range(KeyRange(prefix: "/registry/")).values.count == 2)
        #expect(
            try await second.events(prefix: "/registry/deployments/", after: .initial, through: revision, limit: 9).count == 1)
        await second.close()
    }
}
