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
        model.servicesListed([])
        model.slicesListed([])
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
        model.servicesListed([])
        model.slicesListed([])
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

    @Test func `a table of names keeps what is in it`() {
        var random = SeededRandom(seed: 3)
        var table = NameTable()
        var keys: [Int32: [UInt8]] = [:]
        func hash(_ value: Int32) -> UInt64 { NameTable.hash((keys[value] ?? [])[...]) }
        for value in 0..<3000 as Range<Int32> {
            keys[value] = Array("name-\(value)".utf8)
            table.insert(hash(value), value, rehash: hash)
            if Bool.random(using: &random), let victim = keys.keys.sorted().randomElement(using: &random) {
                table.remove(hash(victim), victim)
                keys[victim] = nil
            }
        }
        for value in 0..<3000 as Range<Int32> {
            let key = Array("name-\(value)".utf8)
            #expect(table.find(NameTable.hash(key[...])) { keys[$0] == key } == (keys[value] == nil ? nil : value))
        }
        #expect(table.count == keys.count)
    }
}
