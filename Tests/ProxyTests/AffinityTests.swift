import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct AffinityTests {
    let web = Service.fixture(
        "web", ip: "10.96.0.1", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)], type: "NodePort",
        affinitySeconds: 600)
    let slices: [EndpointSlice] = [
        .fixture("web", [.on("node1", "10.244.1.2"), .on("node1", "10.244.1.3"), .on("node2", "10.244.2.2")])
    ]

    func follow(_ packet: Packet, in ruleset: Ruleset, draws: [UInt32] = [0]) -> PacketTrace {
        PacketTrace.follow(
            packet, from: .network, through: ruleset,
            in: PacketTrace.Surroundings(localAddresses: [.fixture("192.168.60.1")], randomNumbers: draws))
    }

    func remember(_ trace: PacketTrace, in ruleset: inout Ruleset) throws {
        let table = StaticRuleset.identifier(.ipv4)
        let update = try #require(trace.updates.first)
        #expect(trace.updates.count == 1)
        ruleset.tables[table]?.sets[update.map]?.elements[ElementKey(update.key)] = .fields(update.value)
    }

    @Test(arguments: [("10.96.0.1", 80), ("192.168.60.1", 30080)] as [(String, Port)])
    func `a client stays with the endpoint of its first connection`(destination: String, port: Port) throws {
        var rules = ruleset([web], slices)
        let packet = Packet(.tcp, from: .fixture("10.244.1.9"), to: .fixture(destination), port: port)
        let first = follow(packet, in: rules, draws: [2, 1, 3])
        try remember(first, in: &rules)
        for draw in 0..<4 as Range<UInt32> {
            let next = follow(packet, in: rules, draws: [draw])
            #expect(next.packet == first.packet)
            #expect(next.randomNumbersUsed == 0)
            #expect(next.updates == first.updates, "its time begins again")
        }
        let other = Packet(.tcp, from: .fixture("10.244.1.10"), to: .fixture(destination), port: port)
        #expect(follow(other, in: rules).randomNumbersUsed > 0)
    }

    @Test func `a Service without affinity remembers nobody, and needs no chain for it`() {
        let plain = ruleset([.fixture("web", ip: "10.96.0.1")], slices)
        let trace = follow(Packet(.tcp, from: .fixture("10.244.1.9"), to: .fixture("10.96.0.1"), port: 80), in: plain)
        #expect(trace.updates.isEmpty)
        #expect(plain.tables[StaticRuleset.identifier(.ipv4)]?.chains.keys.contains { $0.contains("sticky") } == false)
    }

    @Test func `the masquerade of a remembered node port still happens`() {
        let trace = follow(
            Packet(.tcp, from: .fixture("192.168.60.9"), to: .fixture("192.168.60.1"), port: 30080), in: ruleset([web], slices))
        #expect(trace.isMasqueraded)
        #expect(trace.updates.map(\.map) == ["node-port-affinity"])
    }

    @Test func `clients of an endpoint that left draw anew, others stay`() throws {
        let configuration = ProxyConfiguration.fixture()
        var tracker = ServiceChangeTracker()
        tracker.servicesListed([web])
        tracker.slicesListed(slices)
        var model = ProxyModel(family: .ipv4, configuration: configuration)
        _ = model.update(tracker.takeChanges())
        var rules = Ruleset([model.desired()])
        _ = model.takeLapse()
        for client in ["10.244.1.9", "10.244.1.10"] {
            let packet = Packet(.tcp, from: .fixture(client), to: .fixture("10.96.0.1"), port: 80)
            try remember(follow(packet, in: rules, draws: [client.hasSuffix("9") ? 0 : 1, 2, 3]), in: &rules)
        }
        let remembered = try #require(rules.tables[model.table]?.sets["affinity"]?.elements.map { Element($0.key, $0.value) })
        #expect(remembered.count == 2)
        #expect(model.lapsed(remembered, in: .affinity).isEmpty)
        let gone = try #require(remembered.first)
        guard case .fields(let backend) = gone.value, let address = IPAddress(bytes: backend.bytes.prefix(4)) else { return }
        let left = ["10.244.1.2", "10.244.1.3", "10.244.2.2"].filter { $0 != address.description }
        tracker.sliceSeen(.fixture("web", left.map { .on("node1", $0) }))
        _ = model.update(tracker.takeChanges())
        let (first, second) = (model.takeLapse(), model.takeLapse())
        #expect(first && !second)
        let expected = remembered.filter { $0.value == gone.value }.map(\.key).sorted()
        #expect(model.lapsed(remembered, in: .affinity) == expected)
    }

    @Test func `a new time to remember asks for a full sync once`() {
        var model = ProxyModel(family: .ipv4, configuration: .fixture())
        var tracker = ServiceChangeTracker()
        tracker.servicesListed([web])
        tracker.slicesListed(slices)
        _ = model.update(tracker.takeChanges())
        #expect(model.needsChains)
        let chains = model.desired().chains
        #expect(chains["record-600"] != nil)
        #expect(chains["nat-input"] != nil)
        #expect(!model.needsChains)
        tracker.serviceSeen(.fixture("other", ip: "10.96.0.2", affinitySeconds: 600))
        _ = model.update(tracker.takeChanges())
        #expect(!model.needsChains)
    }
}
