import EtcdStore
import Testing

@testable import Store

/// What every store promises.
@Suite struct StoreContractTests {
    enum Implementation: String, CaseIterable, CustomTestStringConvertible {
        case memory, sqlite, etcd
        var testDescription: String { rawValue }

        /// etcd only where it is installed.
        static var allCases: [Implementation] { EtcdProcess.isInstalled ? [.memory, .sqlite, .etcd] : [.memory, .sqlite] }
    }

    private func with(_ implementation: Implementation, _ body: @Sendable (any Store) async throws -> Void) async throws {
        switch implementation {
        case .memory: try await body(MemoryStore())
        case .etcd: try await EtcdProcess.withStore { store, _ in try await body(store) }
        case .sqlite:
            let directory = TemporaryDirectory()
            let store = try SQLiteStore(path: directory.path + "/store.db")
            do {
                try await body(store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    @Sendable private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: Implementation.allCases)
    func `writes get increasing revisions and are read back`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            #expect(store.currentRevision == .initial)
            let first = try await store.create("/a/1", bytes("one"))
            let second = try await store.update("/a/1", bytes("two"), expected: first)
            #expect(second > first)
            let read = try await store.get("/a/1")
            #expect(read == StoredValue(key: "/a/1", value: bytes("two"), createRevision: first, revision: second))
            let gone = try await store.delete("/a/1", expected: second)
            #expect(gone > second && store.currentRevision == gone)
            #expect(try await store.get("/a/1") == nil)
        }
    }

    @Test(arguments: Implementation.allCases)
    func `conditions that do not hold are refused`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let revision = try await store.create("/a", bytes("x"))
            await #expect(throws: StoreError.keyExists("/a")) { try await store.create("/a", []) }
            await #expect(throws: StoreError.keyNotFound("/b")) { try await store.update("/b", [], expected: revision) }
            await #expect(throws: StoreError.keyNotFound("/b")) { try await store.delete("/b", expected: nil) }
            let stale = Revision(revision.value - 1)
            await #expect(throws: StoreError.revisionMismatch(key: "/a", actual: revision)) {
                try await store.update("/a", [], expected: stale)
            }
            await #expect(throws: StoreError.revisionMismatch(key: "/a", actual: revision)) {
                try await store.delete("/a", expected: stale)
            }
            #expect(store.currentRevision == revision)
        }
    }

    @Test(arguments: Implementation.allCases)
    func `a range is ordered, limited and counted, now and in the past`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            var revisions: [Revision] = []
            for name in ["c", "a", "b", "d"] { revisions.append(try await store.create("/p/\(name)", bytes(name))) }
            _ = try await store.create("/q/z", bytes("z"))
            let before = store.currentRevision
            _ = try await store.delete("/p/b", expected: nil)
            _ = try await store.update("/p/a", bytes("a2"), expected: revisions[1])
            _ = try await store.create("/p/e", bytes("e"))
            let page = try await store.range(KeyRange(prefix: "/p/", limit: 2))
            #expect(page.values.map(\.key) == ["/p/a", "/p/c"] && page.remaining == 2)
            let rest = try await store.range(KeyRange(prefix: "/p/", after: "/p/c", limit: 2, revision: page.revision))
            #expect(rest.values.map(\.key) == ["/p/d", "/p/e"] && rest.remaining == 0)
            let past = try await store.range(KeyRange(prefix: "/p/", limit: 3, revision: before))
            #expect(past.values.map(\.key) == ["/p/a", "/p/b", "/p/c"] && past.remaining == 1)
            #expect(past.values[0].value == bytes("a") && past.revision == before)
            await #expect(throws: StoreError.futureRevision(current: store.currentRevision)) {
                try await store.range(KeyRange(prefix: "/p/", revision: Revision(9999)))
            }
            // A prefix is not a directory, and what follows the last key is nothing.
            #expect(try await store.range(KeyRange(prefix: "/p")).values.count == 4)
            #expect(try await store.range(KeyRange(prefix: "/p/", after: "/p/e")).values.isEmpty)
            #expect(try await store.range(KeyRange(prefix: "/")).values.last?.key == "/q/z")
        }
    }

    @Test(arguments: Implementation.allCases)
    func `a watch from the past misses nothing and repeats nothing`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let first = try await store.create("/w/a", bytes("1"))
            let second = try await store.update("/w/a", bytes("2"), expected: first)
            let watch = try await store.watch(prefix: "/w/", after: first)
            _ = try await store.create("/other", bytes("x"))
            let third = try await store.delete("/w/a", expected: nil)
            var events: [StoreEvent] = []
            while events.count < 2, let batch = try await watch.next() { events += batch }
            #expect(events.map(\.revision) == [second, third])
            #expect(events[0].previous == bytes("1") && events[0].value == bytes("2"))
            #expect(events[1].previous == bytes("2") && events[1].isDeletion)
            watch.cancel()
            #expect(try await watch.next() == nil)
        }
    }

    @Test(arguments: Implementation.allCases)
    func `compaction forgets what was replaced and keeps what stands`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            var revision = try await store.create("/k", bytes("0"))
            for number in 1...5 { revision = try await store.update("/k", bytes("\(number)"), expected: revision) }
            _ = try await store.create("/gone", bytes("x"))
            let deleted = try await store.delete("/gone", expected: nil)
            try await store.compact(through: deleted)
            #expect(store.compactedRevision == deleted)
            #expect(try await store.get("/k")?.value == bytes("5"))
            await #expect(throws: StoreError.compacted(deleted)) {
                try await store.watch(prefix: "/", after: Revision(3))
            }
            await #expect(throws: StoreError.compacted(deleted)) {
                try await store.range(KeyRange(prefix: "/", revision: Revision(3)))
            }
            let now = try await store.range(KeyRange(prefix: "/", revision: deleted))
            #expect(now.values.map(\.key) == ["/k"])
            let next = try await store.update("/k", bytes("6"), expected: revision)
            #expect(next > deleted)
            let events = try await store.events(prefix: "/", after: deleted, through: next, limit: 10)
            #expect(events.map(\.previous) == [bytes("5")])
        }
    }

    @Test(arguments: Implementation.allCases)
    func `concurrent writers each get a revision of their own`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let revisions = try await withThrowingTaskGroup(of: Revision.self) { group in
                for number in 0..<200 { group.addTask { try await store.create("/n/\(number)", [1, 2, 3]) } }
                return try await group.reduce(into: Set<Revision>()) { $0.insert($1) }
            }
            #expect(revisions.count == 200)
            #expect(try await store.range(KeyRange(prefix: "/n/")).values.count == 200)
        }
    }

    @Test(arguments: Implementation.allCases)
    func `what an observer builds is never behind an acknowledged write`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let buffer = EventBuffer<StoreEvent>(countMax: 100)
            let observation = try await store.observe(prefix: "/", after: store.currentRevision) { buffer.offer($0) }
            let revision = try await store.create("/x", [])
            guard case .elements(let events) = await buffer.next() else {
                Issue.record("no event")
                return
            }
            #expect(events.last?.revision == revision)
            observation.cancel()
        }
    }

    @Test(arguments: Implementation.allCases)
    func `history is read in pieces, and a deleted key may come back`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let start = store.currentRevision
            let first = try await store.create("/h/a", bytes("1"))
            let gone = try await store.delete("/h/a", expected: first)
            _ = try await store.create("/i/b", bytes("x"))
            let again = try await store.create("/h/a", bytes("2"))
            let all = try await store.events(prefix: "/h/", after: start, through: store.currentRevision, limit: 10)
            #expect(
                all == [
                    StoreEvent(
                        key: "/h/a", revision: first, value: bytes("1"), previous: nil, previousRevision: Revision(0),
                        createRevision: first),
                    StoreEvent(
                        key: "/h/a", revision: gone, value: nil, previous: bytes("1"), previousRevision: first,
                        createRevision: first),
                    StoreEvent(
                        key: "/h/a", revision: again, value: bytes("2"), previous: nil, previousRevision: Revision(0),
                        createRevision: again),
                ])
            #expect(try await store.events(prefix: "/h/", after: start, through: gone, limit: 1).map(\.revision) == [first])
            #expect(try await store.events(prefix: "/h/", after: again, through: again, limit: 10) == [])
        }
    }

    @Test(arguments: Implementation.allCases)
    func `large and empty values, and many keys, come back whole`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            _ = try await store.create("/big", large)
            _ = try await store.create("/empty", [])
            #expect(try await store.get("/big")?.value == large)
            #expect(try await store.get("/empty")?.value == [])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1200 {
                    group.addTask { _ = try await store.create("/many/\(number + 10_000)", [UInt8(number % 256)]) }
                }
                try await group.waitForAll()
            }
            let all = try await store.range(KeyRange(prefix: "/many/"))
            #expect(all.values.count == 1200 && all.remaining == 0)
            #expect(all.values.map(\.key) == all.values.map(\.key).sorted())
            let page = try await store.range(KeyRange(prefix: "/many/", limit: 1100))
            #expect(page.values.count == 1100 && page.remaining == 100)
        }
    }

    @Test(arguments: Implementation.allCases)
    func `after synchronising, an observer has seen what everybody wrote`(_ implementation: Implementation) async throws {
        try await with(implementation) { store in
            let seen = EventBuffer<StoreEvent>(countMax: 1000)
            let observation = try await store.observe(prefix: "/s/", after: store.currentRevision) { seen.offer($0) }
            for number in 0..<20 { _ = try await store.create("/s/\(number)", []) }
            try await store.synchronize()
            seen.close()
            guard case .elements(let events) = await seen.next() else {
                Issue.record("no events")
                return
            }
            #expect(events.map(\.key) == (0..<20).map { "/s/\($0)" })
            observation.cancel()
        }
    }

    @Test func `a watcher that does not read is told so once`() async throws {
        let store = MemoryStore()
        let watch = try await store.watch(prefix: "/", after: .initial, bufferEventsMax: 3)
        for number in 0..<5 { _ = try await store.create("/\(number)", []) }
        await #expect(throws: StoreError.watcherTooSlow) { _ = try await watch.next() }
        #expect(try await watch.next() == nil)
    }

    @Test func `the schedule compacts what was current as long ago as history is kept`() {
        var schedule = CompactionSchedule()
        for number: Int64 in 1...5 { #expect(schedule.tick(current: Revision(number)) == nil) }
        #expect(schedule.tick(current: Revision(9)) == Revision(1))
        #expect(schedule.tick(current: Revision(9)) == Revision(2))
        #expect(CompactionSchedule.interval * 5 == CompactionSchedule.retention)
    }
}
