import API
import Support
import Testing

@testable import DNS

/// The same objects give the same answers, whatever the way to them.
@Suite struct ModelTests {
    private static let names = ["a", "b", "c", "d"]

    private static func randomService(_ name: String, _ random: inout SeededRandom) -> Service {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: external(name, "target-\(Int.random(in: 0..<3, using: &random)).example")
        case 1: headless(name, ports: [ServicePort(name: "x", port: 80)])
        default:
            service(name, ip: ["10.96.0.\(Int.random(in: 1..<6, using: &random))"], ports: [ServicePort(name: "x", port: 80)])
        }
    }

    private static func randomSlice(_ name: String, _ suffix: Int, _ random: inout SeededRandom) -> EndpointSlice {
        let endpoints = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
            Endpoint(
                addresses: ["10.244.0.\(Int.random(in: 1..<9, using: &random))"], ready: Bool.random(using: &random),
                hostname: Bool.random(using: &random) ? "host-\(Int.random(in: 0..<3, using: &random))" : "")
        }
        return slice(name, suffix: "\(suffix)", ports: [("x", 8080)], endpoints)
    }

    private static let questions: [(String, RecordType)] =
        names.flatMap { name in
            [
                ("\(name).default.svc.cluster.local", .a), ("\(name).default.svc.cluster.local", .cname),
                ("_x._tcp.\(name).default.svc.cluster.local", .srv), ("host-1.\(name).default.svc.cluster.local", .a),
            ]
        } + (1..<9).map { ("\($0).0.244.10.in-addr.arpa", .ptr) } + (1..<6).map { ("\($0).0.96.10.in-addr.arpa", .ptr) }

    private static func answers(_ model: DNSModel) throws -> [[String]] {
        var fixture = Fixture(model: model)
        fixture.zone.ownRanges = [prefix("10.0.0.0/8")]
        return try questions.map { question, type in
            guard let answer = try fixture.ask(question, type) else { return ["\(question) goes elsewhere"] }
            return ["\(question) \(answer.code)"] + answer.answers.sorted()
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `an answer does not show the order of events`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let model = DNSModel()
        model.apply(.servicesListed([]))
        model.apply(.slicesListed([]))
        var services: [NamespacedName: Service] = [:]
        var slices: [NamespacedName: EndpointSlice] = [:]
        for _ in 0..<200 {
            let name = Self.names.randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                let key = NamespacedName(namespace: "default", name: name)
                services[key] = nil
                model.serviceGone(key)
            case 1, 2:
                let new = Self.randomService(name, &random)
                // One address has one owner at a time.
                guard
                    !services.values.contains(where: {
                        $0.key != new.key && $0.hasClusterIP && $0.spec.clusterIP == new.spec.clusterIP
                    })
                else { continue }
                services[new.key] = new
                model.serviceSeen(new)
            case 3:
                let key = NamespacedName(namespace: "default", name: "\(name)-\(Int.random(in: 0..<2, using: &random))")
                slices[key] = nil
                model.sliceGone(key)
            default:
                let new = Self.randomSlice(name, Int.random(in: 0..<2, using: &random), &random)
                slices[new.key] = new
                model.sliceSeen(new)
            }
        }
        let fresh = DNSModel()
        fresh.slicesListed(slices.values.shuffled(using: &random))
        fresh.servicesListed(services.values.shuffled(using: &random))
        #expect(try Self.answers(model) == Self.answers(fresh), "seed \(seed)")
        #expect(model.sliceCount == slices.count)
        model.apply(.servicesListed([]))
        model.apply(.slicesListed([]))
        #expect(model.serviceCount == 0)
        #expect(try Self.answers(model).allSatisfy { $0.count == 1 && $0[0].hasSuffix("NXDOMAIN") })
    }

    @Test func `a listing forgets what it does not hold`() throws {
        let fixture = Fixture.cluster()
        fixture.model.servicesListed([service("two", ip: ["10.96.0.20"])])
        #expect(try fixture.ask("kubernetes.default.svc.cluster.local", .a)?.code == .nameError)
        #expect(try fixture.ask("two.default.svc.cluster.local", .a)?.code == .noError)
        #expect(try fixture.ask("1.0.96.10.in-addr.arpa", .ptr)?.code == .nameError)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `an index finds what is in it and nothing else`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var index = HashIndex()
        var pairs: Set<Pair> = []
        for _ in 0..<6000 {
            // Few hashes, so that many collide and the table has long runs.
            let pair = Pair(
                hash: UInt32.random(in: 0..<200, using: &random) &* 0x0100_0001, number: Int32.random(in: 0..<40, using: &random))
            if Int.random(in: 0..<5, using: &random) < 3 {
                index.insert(pair.hash, pair.number)
                pairs.insert(pair)
            } else {
                index.remove(pair.hash, pair.number)
                pairs.remove(pair)
            }
        }
        #expect(index.count == pairs.count, "seed \(seed)")
        for hash in (0..<200 as Range<UInt32>).map({ $0 &* 0x0100_0001 }) {
            #expect(Set(index.all(hash)) == Set(pairs.filter { $0.hash == hash }.map(\.number)), "seed \(seed)")
        }
    }

    private struct Pair: Hashable {
        var hash: UInt32
        var number: Int32
    }

    @Test func `an endpoint is answered from the moment that it is ready`() throws {
        let fixture = Fixture.cluster()
        #expect(try fixture.ask("starting.default.svc.cluster.local", .a)?.code == .nameError)
        fixture.model.sliceSeen(slice("starting", ports: [("sql", 1)], [Endpoint(addresses: ["10.244.3.1"])]))
        #expect(try fixture.ask("starting.default.svc.cluster.local", .a)?.answers.count == 1)
        fixture.model.sliceGone(NamespacedName(namespace: "default", name: "starting-1"))
        #expect(try fixture.ask("starting.default.svc.cluster.local", .a)?.code == .nameError)
    }

    @Test func `a slice that moves to another Service leaves the first`() throws {
        let fixture = Fixture.cluster()
        var moved = slice("db", ports: [("sql", 1)], [Endpoint(addresses: ["10.244.1.2"], hostname: "web-0")])
        moved.metadata.labels[EndpointSlice.serviceNameLabel] = "starting"
        fixture.model.sliceSeen(moved)
        #expect(try fixture.ask("db.default.svc.cluster.local", .a)?.code == .nameError)
        #expect(try fixture.ask("starting.default.svc.cluster.local", .a)?.answers.count == 1)
        let reverse = try fixture.ask("2.1.244.10.in-addr.arpa", .ptr)
        #expect(reverse?.answers.count == 1)
        #expect(reverse?.answers.first?.hasSuffix("web-0.starting.default.svc.cluster.local.") == true)
    }
}
