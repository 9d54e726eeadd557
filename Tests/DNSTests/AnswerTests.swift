import API
import NetworkTypes
import Testing

@testable import DNS

/// The specification record by record, and what CoreDNS does where it says nothing.
@Suite struct AnswerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var question: String
        var type: RecordType
        var code: ResponseCode = .noError
        /// Sorted; `@` stands for `default.svc.cluster.local.`, the owner is left out where it is the question.
        var answers: [String] = []

        var testDescription: String { "\(question) \(type)" }

        init(_ question: String, _ type: RecordType, _ answers: String...) {
            (self.question, self.type, self.answers) = (question, type, answers)
        }

        init(_ question: String, _ type: RecordType, _ code: ResponseCode) {
            (self.question, self.type, self.code) = (question, type, code)
        }
    }

    static let zone = "default.svc.cluster.local."

    static let rows: [Row] = [
        // Cluster IPs.
        Row("kubernetes.@", .a, "A 10.96.0.1"), Row("kubernetes.@", .aaaa), Row("kubernetes.@", .txt), Row("kubernetes.@", .mx),
        Row("kubernetes.@", .cname), Row("KuBeRnEtEs.DEFAULT.Svc.Cluster.LOCAL.", .a, "A 10.96.0.1"),
        Row("idle.@", .a, "A 10.96.0.31"), Row("two.@", .a, "A 10.96.0.20"), Row("two.@", .aaaa, "AAAA fd00::20"),
        Row("six.@", .a), Row("six.@", .aaaa, "AAAA fd00::6"),
        // What is not there.
        Row("nobody.@", .a, .nameError), Row("nobody.@", .aaaa, .nameError), Row("nobody.@", .srv, .nameError),
        Row("kubernetes.nowhere.svc.cluster.local.", .a, .nameError), Row("nowhere.svc.cluster.local.", .a, .nameError),
        Row("foo.cluster.local.", .a, .nameError), Row("a.b.c.kubernetes.@", .a, .nameError),
        // Names without records.
        Row("@", .a), Row("void.svc.cluster.local.", .a), Row("svc.cluster.local.", .a), Row("pod.cluster.local.", .a),
        Row("default.pod.cluster.local.", .a), Row("cluster.local.", .a), Row("dns.cluster.local.", .a),
        Row("_tcp.two.@", .a), Row("_http._tcp.two.@", .a), Row("_udp.kubernetes.@", .a, .nameError),
        // The zone itself.
        Row("cluster.local.", .soa, "SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5"),
        Row("cluster.local.", .ns, "NS ns.dns.cluster.local."), Row("ns.dns.cluster.local.", .a, "A 10.96.0.10"),
        Row("dns-version.cluster.local.", .txt, "TXT \"1.1.0\""), Row("dns-version.cluster.local.", .a),
        // Ports.
        Row("_http._tcp.two.@", .srv, "SRV 0 100 80 two.@"), Row("_dns._udp.two.@", .srv, "SRV 0 100 53 two.@"),
        Row("_http._udp.two.@", .srv, .nameError), Row("_80._tcp.plain.@", .srv, .nameError),
        Row("http.tcp.two.@", .srv, .nameError), Row("plain.@", .srv, "SRV 0 100 80 plain.@"),
        Row("two.@", .srv, "SRV 0 100 53 two.@", "SRV 0 100 80 two.@"),
        // Headless.
        Row("db.@", .a, "A 10.244.1.2", "A 10.244.1.3", "A 10.244.2.4"), Row("db.@", .aaaa), Row("db.@", .txt),
        Row("starting.@", .a, .nameError), Row("starting.@", .aaaa, .nameError),
        Row("eager.@", .a, "A 10.244.3.2", "A 10.244.3.3"), Row("bare.@", .a, "A 10.244.3.4"), Row("bare.@", .srv),
        Row("web-0.db.@", .a, "A 10.244.1.2"), Row("web-0.db.@", .aaaa), Row("WEB-1.db.@", .a, "A 10.244.1.3"),
        Row("10-244-2-4.db.@", .a, "A 10.244.2.4"), Row("10-244-2-5.db.@", .a, .nameError), Row("web-7.db.@", .a, .nameError),
        Row("10-244-1-2.db.@", .a, .nameError), Row("10-244-3-5.bare.@", .a, .nameError),
        Row("pair.shared.@", .a, "A 10.244.3.6", "A 10.244.3.7"), Row("10-244-1-20.two.@", .a, "A 10.244.1.20"),
        Row(
            "_sql._tcp.db.@", .srv, "SRV 0 100 15432 10-244-2-4.db.@", "SRV 0 100 15432 web-0.db.@",
            "SRV 0 100 15432 web-1.db.@"),
        Row("_sql._tcp.web-0.db.@", .srv, .nameError), Row("_none._tcp.db.@", .srv, .nameError),
        Row("_sql._tcp.starting.@", .srv, .nameError),
        // Addresses to names.
        Row("1.0.96.10.in-addr.arpa.", .ptr, "PTR kubernetes.@"), Row("1.0.96.10.in-addr.arpa.", .a),
        Row("2.1.244.10.in-addr.arpa.", .ptr, "PTR web-0.db.@"), Row("4.2.244.10.in-addr.arpa.", .ptr, "PTR 10-244-2-4.db.@"),
        Row("5.2.244.10.in-addr.arpa.", .ptr, .nameError), Row("20.1.244.10.in-addr.arpa.", .ptr, "PTR 10-244-1-20.two.@"),
        Row("99.0.96.10.in-addr.arpa.", .ptr, .nameError),
        Row(
            "0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.", .ptr, "PTR two.@"),
        // Other names.
        Row("inner.@", .cname, "CNAME two.@"), Row("out.@", .cname, "CNAME www.example.com."),
        Row("label.out.@", .a, .nameError), Row("_http._tcp.out.@", .srv, .nameError),
        // Pods.
        Row("10-244-1-7.default.pod.cluster.local.", .a, "A 10.244.1.7"), Row("10-244-1-7.default.pod.cluster.local.", .aaaa),
        Row("fd00--7.default.pod.cluster.local.", .aaaa, "AAAA fd00::7"), Row("fd00--7.default.pod.cluster.local.", .a),
        Row("10-244-1-7.nowhere.pod.cluster.local.", .a, .nameError), Row("a-b-c.default.pod.cluster.local.", .a, .nameError),
        Row("10-244-1-700.default.pod.cluster.local.", .a, .nameError),
        // Everything at once.
        Row("two.@", .any, "HINFO \"RFC8482\" \"\""), Row("nobody.@", .any, .nameError),
        Row("example.com.", .any, "HINFO \"RFC8482\" \"\""),
    ]

    @Test(arguments: rows)
    func `answers as the specification says`(row: Row) throws {
        let question = row.question.replacing("@", with: Self.zone)
        let answer = try #require(try Fixture.cluster().ask(question, row.type))
        #expect(answer.code == row.code)
        let owner = name(question).description
        let found = answer.answers.map { line in
            line.hasPrefix(owner + " 5 IN ") ? String(line.dropFirst(owner.count + 6)) : line
        }
        #expect(found.sorted() == row.answers.map { $0.replacing("@", with: Self.zone) })
        #expect(answer.flags & HeaderFlags.recursionAvailable != 0)
        if row.answers.isEmpty {
            let authority = try #require(answer.authorities.first)
            #expect(authority.hasSuffix("SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5"))
            #expect(answer.isAuthoritative)
        }
    }

    @Test(arguments: rows.map(\.question))
    func `says the same about existence for A and AAAA`(question: String) throws {
        let fixture = Fixture.cluster()
        let name = question.replacing("@", with: Self.zone)
        #expect(try fixture.ask(name, .a)?.code == fixture.ask(name, .aaaa)?.code)
    }

    @Test func `echoes the question's letters as they came`() throws {
        let answer = try #require(try Fixture.cluster().ask("kubernetes.default.svc.cluster.local", .a))
        var message = Request.message(id: 1, name("kubernetes.default.svc.cluster.local"), .a)
        message[13] = UInt8(ascii: "K")
        message[15] = UInt8(ascii: "B")
        let (_, bytes) = Fixture.cluster().outcome(message, from: Client(address("10.244.9.9"), .udp))
        #expect(bytes[12..<40] == message[12..<40])
        #expect(bytes.count == answer.bytes.count)
    }

    @Test func `follows aliases inside the zone and stops in circles`() throws {
        let fixture = Fixture.cluster()
        let chain = try #require(try fixture.ask("chain.default.svc.cluster.local", .aaaa))
        #expect(
            chain.answers == [
                "chain.\(Self.zone) 5 IN CNAME inner.\(Self.zone)", "inner.\(Self.zone) 5 IN CNAME two.\(Self.zone)",
                "two.\(Self.zone) 5 IN AAAA fd00::20",
            ])
        let loop = try #require(try fixture.ask("loop.default.svc.cluster.local", .a))
        #expect(loop.answers.count == ZoneConfiguration.aliasesMax + 1)
        let lost = try #require(try fixture.ask("lost.default.svc.cluster.local", .a))
        #expect(lost.code == .nameError)
        #expect(lost.answers == ["lost.\(Self.zone) 5 IN CNAME nobody.\(Self.zone)"])
        let job = try #require(fixture.forwarded("out.default.svc.cluster.local", .a))
        #expect(job.targets == [name("www.example.com")])
        #expect(job.purpose == .alias)
    }

    @Test func `forwards what is not the cluster's`() {
        let fixture = Fixture.cluster()
        #expect(fixture.forwarded("www.example.com", .a)?.targets == [name("www.example.com")])
        #expect(fixture.forwarded("8.8.8.8.in-addr.arpa", .ptr) != nil)
        #expect(fixture.forwarded("96.10.in-addr.arpa", .soa) != nil)
        #expect(fixture.forwarded("xcluster.local", .a) != nil)
    }

    @Test func `fails before the cluster is known and never afterwards`() throws {
        let fixture = Fixture()
        #expect(try fixture.ask("kubernetes.default.svc.cluster.local", .a)?.code == .serverFailure)
        fixture.model.apply(.servicesListed([]))
        #expect(try fixture.ask("kubernetes.default.svc.cluster.local", .a)?.code == .serverFailure)
        fixture.model.apply(.slicesListed([]))
        #expect(try fixture.ask("kubernetes.default.svc.cluster.local", .a)?.code == .nameError)
    }

    @Test func `gives every address a turn at the front`() throws {
        let fixture = Fixture.cluster()
        var space = Workspace()
        var first: Set<String> = []
        for _ in 0..<6 {
            var buffer = [UInt8](repeating: 0, count: 1232)
            let message = Request.message(id: 1, name("db.default.svc.cluster.local"), .a)
            let outcome = message.withUnsafeBytes { request in
                buffer.withUnsafeMutableBytes {
                    Responder(fixture.zone).answer(
                        request, from: Client(Fixture.client, .udp), model: fixture.model, into: $0, &space)
                }
            }
            guard case .reply(let bytes, _) = outcome else { continue }
            first.insert(try MessageReader.read(Array(buffer[..<bytes])).answers.first?.dataText ?? "")
        }
        #expect(first.count == 3)
    }

    @Test func `verifies pods when it is told to`() throws {
        var fixture = Fixture.cluster()
        fixture.zone.pods = .verified
        #expect(try fixture.ask("10-244-1-9.default.pod.cluster.local", .a)?.code == .noError)
        #expect(try fixture.ask("10-244-1-9.kube-system.pod.cluster.local", .a)?.code == .nameError)
        #expect(try fixture.ask("10-244-1-10.default.pod.cluster.local", .a)?.code == .nameError)
        fixture.zone.pods = .disabled
        #expect(try fixture.ask("10-244-1-9.default.pod.cluster.local", .a)?.code == .nameError)
    }
}
