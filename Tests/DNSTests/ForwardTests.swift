import NetworkTypes
import Testing

@testable import DNS

@Suite struct ForwardTests {
    static let first = Upstream(address("192.0.2.1"))
    static let second = Upstream(address("192.0.2.2"))

    static func waiter(_ text: String, client: String = "10.244.1.9", id: UInt16 = 1) -> ForwardTable.Waiter {
        let job = ForwardJob(
            id: id, flags: 0x100, question: [], name: name(text), type: .a, bytesMax: 512, targets: [name(text)], aliases: [],
            purpose: .answer)
        return ForwardTable.Waiter(
            job: job, client: address(client), path: .datagram(socket: 3, PackedAddress(address(client)), port: 9))
    }

    static func answer(_ text: String, _ code: UInt16 = 0, ttl: UInt32 = 60, truncated: Bool = false) -> ServerAnswer {
        var answer = ServerAnswer(id: 1, flags: 0x8180 | code | (truncated ? 0x200 : 0), name: name(text), type: .a)
        if code == 0 { answer.answers = [Record(name(text), .a, ttl: ttl, data: [192, 0, 2, 9])] }
        return answer
    }

    static func table(_ upstreams: [Upstream] = [first, second]) -> ForwardTable {
        ForwardTable(ForwardConfiguration(upstreams: upstreams, attemptTimeout: .milliseconds(100), attemptsMax: 3))
    }

    static func flight(_ orders: [ForwardTable.Order]) -> (id: UInt32, to: Upstream, isStream: Bool)? {
        for case .send(let id, _, let upstream, let isStream) in orders { return (id, upstream, isStream) }
        return nil
    }

    static func failures(_ orders: [ForwardTable.Order]) -> Int { orders.count { if case .fail = $0 { true } else { false } } }
    static func replies(_ orders: [ForwardTable.Order]) -> Int { orders.count { if case .reply = $0 { true } else { false } } }

    @Test func `asks once for everybody`() throws {
        var table = Self.table()
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        for id in 2...50 as ClosedRange<UInt16> { #expect(table.asked(Self.waiter("a.example", id: id), at: 1) == []) }
        #expect(sent.to == Self.first)
        #expect(Self.replies(table.answered(sent.id, Self.answer("a.example"), at: 5)) == 50)
        #expect(table.flightCount == 0)
        #expect(table.answered(sent.id, Self.answer("a.example"), at: 6) == [])
    }

    @Test func `goes to the next server and in the end gives up`() throws {
        var table = Self.table()
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        #expect(table.woke(at: 99) == [])
        let next = try #require(Self.flight(table.woke(at: 100)))
        #expect(next.to == Self.second)
        // A failure is an answer that says nothing.
        let last = try #require(Self.flight(table.answered(sent.id, Self.answer("a.example", 2), at: 110)))
        #expect(last.to == Self.first)
        #expect(Self.failures(table.broke(sent.id, at: 120)) == 1)
    }

    @Test func `lets a dead server rest and fails at once meanwhile`() throws {
        var table = Self.table([Self.first])
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        _ = table.broke(sent.id, at: 1)
        #expect(Self.failures(table.broke(sent.id, at: 2)) == 1)
        #expect(Self.failures(table.asked(Self.waiter("b.example"), at: 3)) == 1)
        #expect(table.brokenCount == 1)
        // A question of our own finds out whether it is back; no client waits for it.
        #expect(table.nextDeadline == 502)
        #expect(table.woke(at: 501) == [])
        let probe = try #require(Self.flight(table.woke(at: 502)))
        #expect(Self.failures(table.asked(Self.waiter("c.example"), at: 503)) == 1)
        #expect(Self.replies(table.answered(probe.id, Self.answer("."), at: 504)) == 0)
        #expect(Self.flight(table.asked(Self.waiter("c.example"), at: 505)) != nil)
    }

    @Test func `finds out at the start who does not answer`() {
        var table = Self.table()
        #expect(table.started(at: 0).count == 2)
        #expect(table.woke(at: 100).count { if case .close = $0 { true } else { false } } == 2)
        #expect(Self.failures(table.asked(Self.waiter("a.example"), at: 101)) == 1)
    }

    @Test func `rests longer each time that nobody answers`() throws {
        var table = Self.table([Self.first])
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        _ = table.broke(sent.id, at: 0)
        _ = table.broke(sent.id, at: 0)
        var rests: [UInt64] = []
        var now: UInt64 = 0
        for _ in 0..<6 {
            let next = try #require(table.nextDeadline)
            rests.append(next - now)
            let probe = try #require(Self.flight(table.woke(at: next)))
            now = next
            #expect(table.broke(probe.id, at: now) == [.close(flight: probe.id)])
        }
        #expect(rests == [500, 1000, 2000, 4000, 8000, 8000])
    }

    @Test func `does not keep a client waiting whose name the zone denies by itself`() throws {
        var table = Self.table([Self.first])
        var waiter = Self.waiter("a.example")
        waiter.job.purpose = .completion(serial: 1)
        let sent = try #require(Self.flight(table.asked(waiter, at: 0)))
        _ = table.asked(Self.waiter("a.example", id: 2), at: 0)
        #expect(table.woke(at: 99) == [])
        #expect(Self.failures(table.woke(at: 150)) == 1)
        #expect(Self.replies(table.answered(sent.id, Self.answer("a.example"), at: 160)) == 1)
    }

    @Test func `repeats a truncated answer's question over TCP`() throws {
        var table = Self.table()
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        let again = try #require(Self.flight(table.answered(sent.id, Self.answer("a.example", truncated: true), at: 1)))
        #expect(again.isStream)
        #expect(again.to == Self.first)
        #expect(Self.replies(table.answered(sent.id, Self.answer("a.example", truncated: true), at: 2)) == 1)
    }

    @Test func `bounds what one client may keep going`() {
        var table = ForwardTable(ForwardConfiguration(upstreams: [Self.first], flightsMax: 6, flightsMaxPerClient: 4))
        let orders = (0..<10).map { table.asked(Self.waiter("\($0).example"), at: 0) }
        #expect(orders.count { Self.failures($0) == 1 } == 6)
        let others = (0..<10).map { table.asked(Self.waiter("\($0).other", client: "10.244.1.8"), at: 0) }
        #expect(others.count { Self.failures($0) == 1 } == 8)
        #expect(table.rejectCount == 14)
    }

    @Test func `fails at once without a server`() {
        var table = Self.table([])
        #expect(Self.failures(table.asked(Self.waiter("a.example"), at: 0)) == 1)
    }

    @Test func `asks a stub domain's servers for its names`() {
        let stub = Upstream(address("198.51.100.1"), port: 5353)
        let inner = Upstream(address("198.51.100.2"))
        let configuration = ForwardConfiguration(
            upstreams: [Self.first],
            stubDomains: [.init(name("corp.example"), [stub]), .init(name("lab.corp.example"), [inner])])
        #expect(configuration.upstreams(for: name("www.corp.example")) == [stub])
        #expect(configuration.upstreams(for: name("x.lab.corp.example")) == [inner])
        #expect(configuration.upstreams(for: name("notcorp.example")) == [Self.first])
    }

    @Test(arguments: [
        ("10.0.0.2", "10.0.0.2:53"), ("10.0.0.2:5353", "10.0.0.2:5353"), ("fd00::2", "[fd00::2]:53"),
        ("[fd00::2]:54", "[fd00::2]:54"), ("10.0.0", nil), ("10.0.0.2:0", nil), ("example:53", nil), ("fd00::2:x", nil),
    ])
    func `reads servers`(text: String, expected: String?) { #expect(Upstream(parsing: text)?.description == expected) }

    @Test func `goes to other servers once it is told of them`() throws {
        var table = Self.table([Self.first])
        let sent = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        let orders = table.changed([Self.second], at: 10)
        // The question on its way moves over, and the new server is asked whether it is there.
        let moved = orders.compactMap { order in
            if case .send(let id, let key, let upstream, _) = order { (id, key.name, upstream) } else { nil }
        }
        #expect(moved.map(\.2) == [Self.second, Self.second])
        #expect(moved.map(\.1) == [name("a.example"), .root])
        #expect(moved[0].0 == sent.id)
        #expect(Self.replies(table.answered(sent.id, Self.answer("a.example"), at: 20)) == 1)
        #expect(Self.flight(table.asked(Self.waiter("b.example"), at: 30))?.to == Self.second)
    }

    @Test func `fails what nobody is left to ask`() throws {
        var table = Self.table([Self.first])
        _ = try #require(Self.flight(table.asked(Self.waiter("a.example"), at: 0)))
        #expect(Self.failures(table.changed([], at: 10)) == 1)
        #expect(table.flightCount == 0)
        #expect(!table.hasWaiters)
        #expect(Self.failures(table.asked(Self.waiter("a.example"), at: 20)) == 1)
    }

    @Test func `keeps what it knows of a server that stays`() throws {
        var table = Self.table([Self.first, Self.second])
        for id in table.started(at: 0).compactMap({ order -> UInt32? in
            if case .send(let id, _, Self.first, _) = order { id } else { nil }
        }) {
            _ = table.broke(id, at: 1)
        }
        #expect(Self.flight(table.asked(Self.waiter("a.example"), at: 2))?.to == Self.second)
        #expect(table.probeFailures == [Self.first: 1])
        _ = table.changed([Self.first], at: 3)
        #expect(Self.failures(table.asked(Self.waiter("b.example"), at: 4)) == 1)
    }

    struct Files: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var standard: String?
        var resolved: String?
        var path: String
    }

    @Test(arguments: [
        Files(
            testDescription: "servers elsewhere", standard: "nameserver 10.0.0.2", resolved: "nameserver 10.0.0.3",
            path: "/etc"),
        Files(
            testDescription: "systemd-resolved", standard: "nameserver 127.0.0.53\noptions edns0",
            resolved: "nameserver 10.0.0.3", path: "/run"),
        Files(testDescription: "a resolver of the machine", standard: "nameserver 127.0.0.1", path: "/etc"),
        Files(testDescription: "no file", resolved: "nameserver 10.0.0.3", path: "/run"),
        Files(testDescription: "no file at all", path: "/etc"),
        Files(
            testDescription: "both", standard: "nameserver ::1\nnameserver fd00::2", resolved: "nameserver 10.0.0.3",
            path: "/etc"),
        Files(
            testDescription: "systemd-resolved without servers", standard: "nameserver 127.0.0.53", resolved: "# none",
            path: "/etc"),
    ])
    func `finds the file that names the machine's servers`(files: Files) {
        let path = ResolverFile.path { $0.hasPrefix("/etc") ? files.standard : files.resolved }
        #expect(path.hasPrefix(files.path))
    }

    @Test func `reads resolv.conf without our own address`() {
        let file = ResolverFile(
            "# head\nsearch corp.example. lab.example\nnameserver 10.96.0.10\nnameserver 192.0.2.1\nnameserver fd00::1%eth0\noptions ndots:2\n",
            own: [address("10.96.0.10")])
        #expect(file.upstreams == [Self.first])
        #expect(file.searches == [name("corp.example"), name("lab.example")])
    }
}

@Suite struct AnswerCacheTests {
    static func key(_ text: String) -> AnswerKey { AnswerKey(name: name(text), type: .a) }

    static func stored(_ text: String, ttl: UInt32, code: UInt16 = 0) throws -> StoredAnswer {
        try #require(StoredAnswer(ForwardTests.answer(text, code, ttl: ttl), limits: CacheLimits()))
    }

    @Test func `gives an answer for as long as it lives, and stale when nobody can be asked`() throws {
        var cache = AnswerCache(CacheLimits(staleSeconds: 100))
        cache.store(Self.key("a.example"), try Self.stored("a.example", ttl: 60), at: 1000)
        #expect(cache.find(Self.key("a.example"), at: 1059)?.age == 59)
        #expect(cache.find(Self.key("a.example"), at: 1060) == nil)
        #expect(cache.find(Self.key("a.example"), at: 1060, isLast: true)?.isStale == true)
        #expect(cache.find(Self.key("a.example"), at: 1160, isLast: true) == nil)
    }

    @Test func `makes room by what was used the longest ago`() throws {
        var cache = AnswerCache(CacheLimits(entries: 3))
        for text in ["a", "b", "c"] { cache.store(Self.key(text), try Self.stored(text, ttl: 60), at: 0) }
        #expect(cache.find(Self.key("a"), at: 1) != nil)
        cache.store(Self.key("d"), try Self.stored("d", ttl: 60), at: 2)
        #expect(["a", "b", "c", "d"].map { cache.find(Self.key($0), at: 3) != nil } == [true, false, true, true])
        #expect(cache.successCount == 3)
        for number in 0..<100 { cache.store(Self.key("x\(number)"), try Self.stored("x", ttl: 60, code: 3), at: 3) }
        #expect(cache.denialCount == 3)
        #expect(cache.successCount == 3)
    }

    @Test func `a denial takes the place of what was there`() throws {
        var cache = AnswerCache(CacheLimits(staleSeconds: 1000))
        cache.store(Self.key("a"), try Self.stored("a", ttl: 60), at: 0)
        cache.store(Self.key("a"), try Self.stored("a", ttl: 0, code: 3), at: 10)
        #expect(cache.find(Self.key("a"), at: 11)?.answer.code == .nameError)
        #expect(cache.find(Self.key("a"), at: 2000, isLast: true) == nil)
        cache.store(Self.key("a"), try Self.stored("a", ttl: 60), at: 12)
        #expect(cache.find(Self.key("a"), at: 13)?.answer.code == .noError)
    }

    @Test func `keeps denials as long as their authority says`() throws {
        var denial = ForwardTests.answer("a", 3)
        denial.authorities = [
            Record(name("."), .soa, ttl: 20, data: [0, 0] + [UInt8](repeating: 0, count: 19) + [7])
        ]
        #expect(StoredAnswer(denial, limits: CacheLimits())?.lifetime == 7)
        denial.authorities[0].ttl = 3
        #expect(StoredAnswer(denial, limits: CacheLimits())?.lifetime == 3)
        denial.authorities = []
        #expect(StoredAnswer(denial, limits: CacheLimits())?.lifetime == 5)
        #expect(StoredAnswer(ForwardTests.answer("a", 2), limits: CacheLimits()) == nil)
        #expect(StoredAnswer(ForwardTests.answer("a", ttl: 0), limits: CacheLimits())?.lifetime == 0)
    }
}
