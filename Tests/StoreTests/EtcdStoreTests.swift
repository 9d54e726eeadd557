import Testing

@testable import EtcdStore
@testable import Store

/// What only a cluster has: other writers, members that fail, leases.
@Suite(.serialized, .enabled(if: EtcdProcess.isInstalled, "needs etcd")) struct EtcdStoreTests {
    @Test func `what another server writes arrives by itself, and a stale write is refused when it has`() async throws {
        try await EtcdProcess.withStore { ours, process in
            try await EtcdProcess.running(try await process.open()) { theirs in
                let buffer = EventBuffer<StoreEvent>(countMax: 100)
                let observation = try await ours.observe(prefix: "/", after: ours.currentRevision) { buffer.offer($0) }
                let first = try await theirs.create("/a", [1])
                guard case .elements(let events) = await buffer.next() else {
                    Issue.record("no event")
                    return
                }
                #expect(events.map(\.revision) == [first])
                let second = try await theirs.update("/a", [2], expected: first)
                await #expect(throws: StoreError.revisionMismatch(key: "/a", actual: second)) {
                    try await ours.update("/a", [3], expected: first)
                }
                // Whoever reads again after the refusal reads what refused it.
                #expect(ours.currentRevision >= second)
                observation.cancel()
            }
        }
    }

    @Test func `after synchronising, a server shows what was acknowledged by another before`() async throws {
        try await EtcdProcess.withStore { ours, process in
            try await EtcdProcess.running(try await process.open()) { theirs in
                for number in 0..<50 {
                    let revision = try await theirs.create("/s/\(number)", [])
                    try await ours.synchronize()
                    #expect(ours.currentRevision >= revision)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 { group.addTask { try await ours.synchronize() } }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `the watch goes on where it was when the server comes back`() async throws {
        let process = try EtcdProcess()
        var child = try process.start()
        defer {
            process.stop(child)
            process.remove()
        }
        let ours = try await process.open()
        let watch = try await ours.watch(prefix: "/", after: ours.currentRevision)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await ours.run() }
            let first = try await ours.create("/a", [1])
            #expect(try await watch.next()?.map(\.revision) == [first])
            process.stop(child)
            let error = await #expect(throws: StoreError.self) { try await ours.create("/b", [1]) }
            guard case .unavailable(let text)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains(process.url))
            child = try process.start()
            try await EtcdProcess.running(try await process.open()) { theirs in _ = try await theirs.create("/c", [1]) }
            #expect(try await watch.next()?.map(\.key) == ["/c"])
            #expect(try await ours.get("/a")?.revision == first)
            group.cancelAll()
        }
        await ours.close()
    }

    @Test func `a dead endpoint is passed over`() async throws {
        let dead = try EtcdProcess()
        try await EtcdProcess.withStore { _, process in
            try await EtcdProcess.running(try await EtcdProcess.open("\(dead.url),\(process.url)")) { store in
                let revision = try await store.create("/a", [1])
                #expect(try await store.get("/a")?.revision == revision)
            }
        }
    }

    @Test func `a key with a time to live goes by itself, and a rewritten one stays`() async throws {
        try await EtcdProcess.withStore { store, _ in
            let watch = try await store.watch(prefix: "/e/", after: store.currentRevision)
            _ = try await store.create("/e/short", [1], expiresAfter: .seconds(1))
            let kept = try await store.create("/e/kept", [1], expiresAfter: .seconds(1))
            _ = try await store.update("/e/kept", [2], expected: kept)
            var keys: [String] = []
            while keys.last != "/e/short" || keys.count < 4, let batch = try await watch.next() {
                keys += batch.map { $0.isDeletion ? $0.key : "" }
            }
            #expect(keys.filter { !$0.isEmpty } == ["/e/short"])
            #expect(try await store.get("/e/kept") != nil)
        }
    }

    @Test func `a server that was away beyond compaction is told to begin again`() async throws {
        let process = try EtcdProcess()
        let child = try process.start()
        defer {
            process.stop(child)
            process.remove()
        }
        let late = try await process.open()
        try await EtcdProcess.running(try await process.open()) { store in
            var revision = try await store.create("/k", [0])
            for number in UInt8(1)...5 { revision = try await store.update("/k", [number], expected: revision) }
            try await store.compact(through: revision)
            await #expect(throws: StoreError.compacted(revision)) { try await late.run() }
        }
        await late.close()
    }

    @Test func `servers take turns at compacting, and each hears what was compacted`() async throws {
        try await EtcdProcess.withStore { ours, process in
            try await EtcdProcess.running(try await process.open()) { theirs in
                for number in 0..<10 { _ = try await ours.create("/\(number)", []) }
                // Who has not followed up to what is compacted would have to begin again.
                try await theirs.synchronize()
                // Nobody compacts at its first look: it only takes note.
                var mine = try await ours.compact(turn: 0, 0)
                var other = try await theirs.compact(turn: 0, 0)
                #expect(ours.compactedRevision == Revision(0) && other.turn == mine.turn)
                let noted = mine.revision
                mine = try await ours.compact(turn: mine.turn, mine.revision)
                #expect(ours.compactedRevision == Revision(noted))
                other = try await theirs.compact(turn: other.turn, other.revision)
                #expect(other.turn == mine.turn)
                try await theirs.synchronize()
                #expect(theirs.compactedRevision == Revision(noted))
            }
        }
    }

    @Test func `a value beyond the limit and a full database are refused with the next step, and reads go on`() async throws {
        try await EtcdProcess.withStore(arguments: ["--quota-backend-bytes=1048576"]) { store, _ in
            await #expect(throws: StoreError.tooLarge) {
                try await store.create("/big", [UInt8](repeating: 1, count: 3 << 20))
            }
            let value = [UInt8](repeating: 7, count: 100_000)
            await #expect(throws: StoreError.quotaExceeded) {
                for number in 0..<100 { _ = try await store.create("/k/\(number)", value) }
            }
            let read = try await store.get("/k/0")
            #expect(read?.value == value)
            #expect("\(StoreError.quotaExceeded)".contains("etcdctl alarm disarm"))
        }
    }

    @Test(arguments: [
        ("http://10.0.0.5:2379", "http://10.0.0.5:2379"), ("https://a.example", "https://a.example:2379"),
        ("[::1]:4001/", "http://[::1]:4001"), ("host", "http://host:2379"),
    ])
    func `an endpoint is read as people write it`(text: String, printed: String) throws {
        #expect(try EtcdConfiguration.Endpoint(parsing: text).description == printed)
    }

    @Test(arguments: ["", "http://", "http://a:0", "a:99999", "http://a/b", ","])
    func `what is no endpoint is refused`(text: String) {
        #expect(throws: EtcdConfigurationError.self) { try EtcdConfiguration(urls: text) }
    }
}
