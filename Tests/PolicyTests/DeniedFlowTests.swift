import JSON
import NetworkTypes
import Support
import Testing

@testable import Policy

@Suite struct DeniedFlowTests {
    static func packet(_ source: IPAddress, _ destination: IPAddress, _ number: UInt8, _ port: UInt16) -> [UInt8] {
        let ports: [UInt8] = [0x9c, 0x40, UInt8(port >> 8), UInt8(port & 255)]
        if source.family == .ipv4 {
            return [0x45] + [UInt8](repeating: 0, count: 8) + [number, 0, 0] + source.bytes + destination.bytes + ports
        }
        return [0x60, 0, 0, 0, 0, 8, number, 64] + source.bytes + destination.bytes + ports
    }

    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `reads a packet's ends`(family: IPFamily) throws {
        let (a, b) = (Model.pod("x", "a"), Model.pod("y", "b"))
        let source = try #require(a.address(family))
        let destination = try #require(b.address(family))
        let summary = try #require(PacketSummary(Self.packet(source, destination, 6, 5432)))
        #expect((summary.source, summary.destination) == (source, destination))
        #expect((summary.transport, summary.destinationPort) == (.tcp, 5432))
        #expect(PacketSummary(Self.packet(source, destination, 1, 5432))?.destinationPort == 0)
        #expect(PacketSummary([]) == nil && PacketSummary([0x45, 1]) == nil)
    }

    @Test func `survives any bytes`() {
        var random = SeededRandom(seed: 7)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = PacketSummary(bytes)
            _ = PacketSummary([0x60] + bytes)
        }
    }

    @Test func `says who, whom, which policies and what comes closest`() throws {
        let policy = Model.policy([
            "podSelector": [:], "ingress": [["from": [["podSelector": [:]]], "ports": [["port": 80]]]],
        ])
        let engine = PolicyEngine(Model.world([policy]))
        let (a, b) = (Model.pod("y", "a").addresses[0], Model.pod("x", "b").addresses[0])
        let summary = try #require(PacketSummary(Self.packet(a, b, 6, 80)))
        let flow = try #require(engine.deniedFlow(summary, prefix: "skiff deny ingress-0123456789ab"))
        #expect(
            flow.description
                == "ingress y/a -> x/b:80/tcp denied by NetworkPolicy x/p; nearest rule: NetworkPolicy x/p ingress[0], which does not name this peer"
        )
        #expect(engine.deniedFlow(summary, prefix: "somebody else's") == nil)
    }

    @Test func `writes a flow once, and of many flows a few`() {
        var journal = DeniedFlowJournal<ManualInstant>(now: ManualInstant(offset: .zero))
        func flow(_ port: UInt16) -> DeniedFlow {
            DeniedFlow(
                source: .pod(name("x", "a")), destination: .pod(name("x", "b")), transport: "tcp", port: port,
                direction: .ingress,
                isStaged: false, policies: [.network(name("x", "p"))])
        }
        func at(_ seconds: Int) -> ManualInstant { ManualInstant(offset: .seconds(seconds)) }
        #expect(journal.reported(flow(80), at: at(0)) == 1)
        for _ in 0..<9 { #expect(journal.reported(flow(80), at: at(1)) == nil) }
        #expect(journal.reported(flow(80), at: at(31)) == 10)
        let written = (0..<1000).filter { journal.reported(flow(UInt16(1000 + $0)), at: at(100)) != nil }
        #expect(written.count == 30)
        #expect(journal.counts.values.reduce(0, +) == 1011)
    }
}
