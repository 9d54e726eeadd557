import API
import Testing

@testable import DNS

/// Names completed on behalf of clients that are known pods.
@Suite struct CompletionTests {
    static let client = "10.244.1.9"

    @Test func `finds a Service of another namespace in one round trip`() throws {
        let fixture = Fixture.cluster()
        fixture.model.serviceSeen(service("web", namespace: "shop", ip: ["10.96.7.7"]))
        let answer = try #require(try fixture.ask("web.shop.default.svc.cluster.local", .a, from: Self.client))
        #expect(
            answer.answers == [
                "web.shop.default.svc.cluster.local. 5 IN CNAME web.shop.svc.cluster.local.",
                "web.shop.svc.cluster.local. 5 IN A 10.96.7.7",
            ])
        let other = try #require(try fixture.ask("web.shop.default.svc.cluster.local", .aaaa, from: Self.client))
        #expect(other.code == .noError)
        #expect(other.answers == ["web.shop.default.svc.cluster.local. 5 IN CNAME web.shop.svc.cluster.local."])
    }

    @Test func `finds a full name that the resolver completed first`() throws {
        let answer = try #require(
            try Fixture.cluster().ask(
                "db.default.svc.cluster.local.default.svc.cluster.local", .a, from: Self.client))
        #expect(answer.answers.count == 4)
    }

    @Test func `asks for a foreign name once, through the rest of the list`() throws {
        let fixture = Fixture.cluster()
        fixture.model.nodeSearches = [name("corp.example")]
        let job = try #require(fixture.forwarded("www.example.com.default.svc.cluster.local", .a, from: Self.client))
        #expect(job.targets == [name("www.example.com.corp.example"), name("www.example.com")])
        #expect(job.purpose == .completion(serial: 7))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var question: String
        var type: RecordType = .a
        var client = CompletionTests.client
    }

    @Test(arguments: [
        Row(
            testDescription: "a client that is no pod", question: "www.example.com.default.svc.cluster.local",
            client: "10.244.1.10"),
        Row(testDescription: "one label", question: "intranet.default.svc.cluster.local"),
        Row(testDescription: "another namespace", question: "www.example.com.void.svc.cluster.local"),
        Row(testDescription: "a later step of the walk", question: "www.example.com.svc.cluster.local"),
        Row(testDescription: "another type", question: "www.example.com.default.svc.cluster.local", type: .mx),
        Row(testDescription: "a Service whose pods start", question: "starting.default.svc.cluster.local"),
    ])
    func `leaves other questions alone`(row: Row) throws {
        #expect(try Fixture.cluster().ask(row.question, row.type, from: row.client)?.code == .nameError)
    }

    @Test func `leaves pods with a search list of their own alone`() throws {
        var pod = Pod(metadata: ObjectMeta(name: "own", namespace: "default"))
        pod.status.podIP = "10.244.1.50"
        pod.spec.dnsPolicy = "None"
        let fixture = Fixture.cluster()
        fixture.model.pods.seen(try #require(PodRecord(pod)))
        #expect(try fixture.ask("www.example.com.default.svc.cluster.local", .a, from: "10.244.1.50")?.code == .nameError)
        pod.spec.dnsPolicy = "ClusterFirst"
        fixture.model.pods.seen(try #require(PodRecord(pod)))
        #expect(fixture.forwarded("www.example.com.default.svc.cluster.local", .a, from: "10.244.1.50") != nil)
        // The address went to another pod before the old one's deletion came.
        pod.metadata.name = "later"
        pod.metadata.namespace = "void"
        fixture.model.pods.seen(try #require(PodRecord(pod)))
        fixture.model.pods.gone(NamespacedName(namespace: "default", name: "own"))
        #expect(fixture.forwarded("www.example.com.void.svc.cluster.local", .a, from: "10.244.1.50") != nil)
    }

    @Test func `builds the client's answer from the other server's`() throws {
        let fixture = Fixture.cluster()
        let job = try #require(fixture.forwarded("www.example.com.default.svc.cluster.local", .a, from: Self.client))
        let record = Record(name("www.example.com"), .a, ttl: 300, data: [192, 0, 2, 1])
        let denial = Record(
            name("com"), .soa, ttl: 60, data: name("a.com").wire + name("b.com").wire + [UInt8](repeating: 0, count: 20))
        func reply(_ answers: [Record], _ authorities: [Record]) throws -> ServerAnswer {
            var answer = ServerAnswer(id: 1, flags: 0x8180, name: job.targets[0], type: .a)
            answer.answers = answers
            answer.authorities = authorities
            let stored = try #require(StoredAnswer(answer, limits: CacheLimits()))
            return try Self.write { buffer, writer in
                ReplyBuilder(Responder(fixture.zone)).write(
                    job, stored, target: 0, age: 100, isStale: false, into: buffer, &writer)
            }
        }
        let positive = try reply([record], [])
        #expect(positive.name == job.name)
        #expect(
            positive.answers.map(\.description) == [
                "www.example.com.default.svc.cluster.local. 200 IN CNAME www.example.com.", "www.example.com. 200 IN A 192.0.2.1",
            ])
        // No address of this family: the name exists all the same, as the other family's answer says.
        let empty = try reply([], [denial])
        #expect(empty.code == .noError)
        #expect(empty.answers.map(\.type) == [.cname])
        let failure = try Self.write { buffer, writer in
            ReplyBuilder(Responder(fixture.zone)).writeFailure(job, into: buffer, &writer)
        }
        #expect(failure.code == .nameError)
        #expect(failure.authorities.first?.owner == name("cluster.local"))
    }

    static func write(
        _ body: (UnsafeMutableRawBufferPointer, inout MessageWriter) -> (bytes: Int, code: ResponseCode)
    ) throws -> ServerAnswer {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var writer = MessageWriter()
        let count = buffer.withUnsafeMutableBytes { body($0, &writer).bytes }
        return try MessageReader.read(Array(buffer[..<count]))
    }
}
