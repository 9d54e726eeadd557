import CLinux
import CSQLite
import Glibc
import Support
import Testing

@testable import Store

/// What the machine does to a store: full disks, sudden ends, years of writing.
@Suite struct StoreFaultTests {
    /// A tmpfs of two megabytes in a mount namespace of its own.
    @Test(.enabled(if: geteuid() == 0, "needs root to mount"))
    func `on a full disk writes are refused, reads go on, and writing goes on when there is room again`() async throws {
        let directory = TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let store: SQLiteStore? = await withCheckedContinuation { continuation in
                // The store's threads are in the namespace of the thread that starts them.
                startThread {
                    guard unshare(0x20000) == 0, mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0,
                        mount("tmpfs", path, "tmpfs", 0, "size=2m") == 0
                    else { return continuation.resume(returning: nil) }
                    continuation.resume(returning: try? SQLiteStore(path: path + "/store.db"))
                }
            }
            let full = try #require(store)
            let value = [UInt8](repeating: 7, count: 10_000)
            var written = 0
            var refused = 0
            for number in 0..<1000 where refused < 3 {
                do throws(StoreError) {
                    _ = try await full.create("/k/\(number)", value)
                    written += 1
                } catch {
                    guard error == .full else { throw error }
                    refused += 1
                }
            }
            let read = try await full.range(KeyRange(prefix: "/k/"))
            guard written > 20, refused == 3, read.values.count == written, read.values.allSatisfy({ $0.value == value }) else {
                exit(3)
            }
            let before = full.currentRevision
            // Deleting needs a little room as well; a file that is in the way gives it.
            var room = false
            for number in 0..<written where !room {
                if (try? await full.delete("/k/\(number)", expected: nil)) != nil { room = true }
            }
            guard full.currentRevision >= before else { exit(4) }
            await full.close()
        }
    }

    /// A limit of the file's size stands for a quota.
    @Test func `a quota is a full disk`() async throws {
        let directory = TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            let store = try SQLiteStore(path: path + "/store.db")
            let first = try await store.create("/first", [1])
            var limit = rlimit(rlim_cur: 1 << 20, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let value = [UInt8](repeating: 7, count: 100_000)
            var found: StoreError?
            for number in 0..<100 where found == nil {
                do throws(StoreError) { _ = try await store.create("/k/\(number)", value) } catch { found = error }
            }
            guard found == .full else { exit(3) }
            guard try await store.get("/first")?.revision == first else { exit(4) }
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            _ = try await store.create("/again", value)
            await store.close()
        }
    }

    /// Rounds of the test below; `SKIFF_CRASH_ROUNDS=100` is the figure that the specification promises.
    static let crashRounds = getenv("SKIFF_CRASH_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 8

    /// Each round a process of its own goes on with the same file from four sides, notes what was acknowledged, and is killed.
    @Test func `however often it is killed, no acknowledged write is lost and no revision comes twice`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        var random = SeededRandom(seed: 20_261_121)
        var seen: [Int64: Int64] = [:]
        for round in 0..<Self.crashRounds {
            let killAfter = Int.random(in: 1...120, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL), "round \(round)") {
                [path = path as String, round = round as Int, killAfter = killAfter as Int] in
                try await CrashingWriter.run(path, round: round, killAfter: killAfter)
            }
            let acknowledged = CrashingWriter.report(path)
            let fresh = acknowledged.filter { seen[$0.key] == nil }
            #expect(fresh.count >= killAfter, "round \(round), seed \(random.seed)")
            #expect((fresh.values.min() ?? 0) > (seen.values.max() ?? 0), "round \(round): a revision was given again")
            #expect(Set(fresh.values).count == fresh.count)
            seen = acknowledged
            let store = try SQLiteStore(path: path)
            let kept = try await store.range(KeyRange(prefix: "/crash/"))
            let byKey = Dictionary(uniqueKeysWithValues: kept.values.map { ($0.key, $0.revision.value) })
            for (number, revision) in acknowledged {
                if byKey["/crash/\(number)"] != revision {
                    Issue.record("round \(round): write \(number) at \(revision) is lost")
                }
            }
            #expect(store.currentRevision.value >= acknowledged.values.max() ?? 0)
            await store.close()
        }
    }

    @Test func `keys with a time to live go when it is over, also after a restart, and a rewritten one stays`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let clock = EventClock()
        let store = try SQLiteStore(path: path, now: { clock.seconds })
        _ = try await store.create("/e/a", [1], expiresAfter: .seconds(60))
        let kept = try await store.create("/e/b", [1], expiresAfter: .seconds(60))
        _ = try await store.update("/e/b", [2], expected: kept)
        _ = try await store.create("/e/c", [1], expiresAfter: .seconds(600))
        clock.advance(59)
        #expect(try await store.expire() == false)
        #expect(try await store.range(KeyRange(prefix: "/e/")).values.count == 3)
        await store.close()
        clock.advance(1)
        let again = try SQLiteStore(path: path, now: { clock.seconds })
        let watch = try await again.watch(prefix: "/e/", after: again.currentRevision)
        #expect(try await again.expire() == false)
        #expect(try await watch.next()?.map(\.key) == ["/e/a"])
        #expect(try await again.range(KeyRange(prefix: "/e/")).values.map(\.key) == ["/e/b", "/e/c"])
        await again.close()

        let memory = MemoryStore(now: { clock.seconds })
        _ = try await memory.create("/e/a", [1], expiresAfter: .seconds(60))
        clock.advance(60)
        memory.expire()
        #expect(try await memory.get("/e/a") == nil)
    }

    @Test func `a file that is written and compacted for long does not grow`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store.db"
        let store = try SQLiteStore(path: path)
        var revisions: [Int: Revision] = [:]
        for number in 0..<20 { revisions[number] = try await store.create("/k/\(number)", [UInt8](repeating: 0, count: 3000)) }
        var sizes: [(file: Int, log: Int)] = []
        for round in UInt8(1)...12 {
            try await withThrowingTaskGroup(of: (Int, Revision).self) { group in
                for (number, revision) in revisions {
                    group.addTask {
                        var revision = revision
                        for _ in 0..<10 {
                            let value = [UInt8](repeating: round, count: 3000)
                            revision = try await store.update("/k/\(number)", value, expected: revision)
                        }
                        return (number, revision)
                    }
                }
                for try await (number, revision) in group { revisions[number] = revision }
            }
            try await store.compact(through: store.currentRevision)
            sizes.append((Self.bytes(path), Self.bytes(path + "-wal")))
        }
        await store.close()
        // 7 MB were written, 60 kB stand; a checkpoint comes every 8 MB.
        #expect(sizes.allSatisfy { $0.file < 3 << 20 && $0.log < 12 << 20 }, "\(sizes)")
        #expect(Self.bytes(path) < 3 << 20)
    }

    private static func bytes(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }
}

/// Unix seconds that a test moves.
final class EventClock: @unchecked Sendable {
    // SAFETY: only between awaits of the one test that owns it, and read on the store's caller.
    private(set) var seconds: Int64 = 1_800_000_000
    func advance(_ by: Int64) { seconds += by }
}

/// The writing process of the crash test, and the file in which it notes what was acknowledged.
enum CrashingWriter {
    static func run(_ path: String, round: Int, killAfter: Int) async throws {
        let store = try SQLiteStore(path: path)
        let report = open(path + ".acknowledged", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0... {
                        let key = Int64(round * 1_000_000 + writer * 100_000 + number)
                        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 500)
                        let revision = try await store.create("/crash/\(key)", value)
                        let record = [key, revision.value]
                        guard record.withUnsafeBytes({ write(report, $0.baseAddress, 16) }) == 16 else { return }
                        if writer == 0, number == killAfter { kill(getpid(), SIGKILL) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The revision of each acknowledged write.
    static func report(_ path: String) -> [Int64: Int64] {
        let descriptor = open(path + ".acknowledged", O_RDONLY)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var numbers: [Int64] = []
        var buffer = [Int64](repeating: 0, count: 8192)
        while case let count = read(descriptor, &buffer, 65_536), count > 0 { numbers += buffer[..<(count / 8)] }
        var result: [Int64: Int64] = [:]
        for index in stride(from: 0, to: numbers.count - 1, by: 2) { result[numbers[index]] = numbers[index + 1] }
        return result
    }
}
