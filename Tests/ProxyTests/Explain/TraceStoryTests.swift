import JSON
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct TraceStoryTests {
    private func begin(_ packet: UInt32, port: Port) -> KernelTraceEvent {
        KernelTraceEvent(
            packet: packet, family: "ip", table: "skiff-trace", chain: "prerouting", kind: .rule(handle: 3), verdict: nil,
            sourcePort: port, isBegin: true)
    }

    private func rule(_ packet: UInt32, _ table: String, _ chain: String, _ verdict: Verdict?, rule: String = "")
        -> KernelTraceEvent
    {
        var event = KernelTraceEvent(
            packet: packet, family: "ip", table: table, chain: chain, kind: .rule(handle: 1), verdict: verdict)
        event.rule = rule
        event.ruleIndex = 0
        return event
    }

    @Test func `packets are told apart, also where the kernel uses a number again`() {
        let stories = TraceStory.stories([
            rule(9, "skiff-proxy", "dispatch", .drop),
            begin(1, port: 4000), rule(1, "skiff-proxy", "nat-prerouting", .jump("dispatch")), begin(2, port: 4001),
            rule(1, "skiff-proxy", "dispatch", .goto("lb")), begin(1, port: 4000), rule(7, "firewall", "forward", .accept),
        ])
        #expect(stories.last?.lines == ["ip firewall forward rule 0: accept"])
        #expect(stories.map(\.sourcePort) == [4000, 4001, 4000])
        #expect(
            stories.first?.lines == [
                "ip skiff-proxy nat-prerouting rule 0: jump dispatch", "ip skiff-proxy dispatch rule 0: goto lb",
            ])
    }

    @Test func `a packet that a stranger drops is told with the stranger's rule`() throws {
        let story = try #require(
            TraceStory([begin(1, port: 4000), rule(1, "firewall", "forward", .drop, rule: "[ immediate reg 0 drop ]")]))
        #expect(story.ending == .ended(table: "ip firewall", chain: "forward", rule: 0, isRejected: false))
        let finding = try #require(story.findings(flow: nil, expected: nil).last)
        #expect(finding.verdict == .blocks)
        #expect(finding.summary == "dropped by ip firewall forward rule 0: the client waits until it gives up")
        #expect(finding.remedy == "the table is not ours: nft list table ip firewall")
    }

    @Test func `a refusal is told from a drop`() throws {
        let story = try #require(
            TraceStory([begin(1, port: 4000), rule(1, "skiff-proxy", "refuse", .drop, rule: "[ reject type 1 code 0 ]")]))
        #expect(story.ending == .ended(table: "ip skiff-proxy", chain: "refuse", rule: 0, isRejected: true))
    }

    @Test func `where a packet went is held against where it may go`() throws {
        let story = try #require(TraceStory([begin(1, port: 4000), rule(1, "skiff-proxy", "lb", .accept)]))
        let question = ConnectionQuestion(
            source: .outside, sourceAddress: .fixture("10.244.1.9"), way: .clusterIP, address: .fixture("10.96.0.1"),
            transport: .tcp, port: 80)
        let outcomes = RuleOutcomes(
            question,
            through: NodeRuleset(
                nodeName: "node1", origin: .model(""), ruleset: Demo.ruleset, localAddresses: []))
        #expect(outcomes.destinations.count == 3)
        #expect(story.agrees(with: outcomes, destination: Backend(.fixture("10.244.1.2"), 8080)))
        #expect(!story.agrees(with: outcomes, destination: Backend(.fixture("10.244.1.77"), 8080)))
    }
}

@Suite struct TableDumpTests {
    @Test func `rows carry the Service behind their elements`() throws {
        let dump = TableDump(try #require(Demo.ruleset.tables.values.first), services: Demo.services)
        let rows = Dictionary(dump.cells.map { ($0[0], $0) }) { first, _ in first }
        #expect(rows["10.96.0.1:80/TCP"]?[1] == "default/web")
        #expect(rows["10.96.0.10:53/UDP"]?[1...4] == ["default/dns:dns", "cluster-ip-1", "-", "10.244.1.2:5353"])
        #expect(rows["node:30080/TCP"]?[1] == "default/web")
        #expect(rows["10.96.0.2:80/TCP"]?[2...4] == ["refuse", "-", ""])
        #expect(Set(rows["172.16.9.1:80/TCP"]?[4].split(separator: ", ").map(String.init) ?? []).count == 3)
        #expect(dump.others.keys.sorted() == ["cluster-ips", "hairpins"])
        #expect(dump.rows.map(\.frontend) == dump.rows.map(\.frontend).sorted())
    }

    @Test func `a row has the count of its frontend`() throws {
        let table = try #require(Demo.ruleset.tables.values.first)
        var key = KeyBytes(IPAddress.fixture("10.96.0.1"))
        key.append(TransportProtocol.tcp)
        key.append(80 as Port)
        let counts = ["services": [ElementKey(key): ElementCount(packets: 12, bytes: 720)]]
        let dump = TableDump(table, services: Demo.services, counts: counts)
        #expect(dump.cells.first { $0[0] == "10.96.0.1:80/TCP" }?[3] == "12")
        #expect(dump.json["frontends"]?.array?.first { $0["frontend"] == "10.96.0.1:80/TCP" }?["connections"] == 12)
    }

    @Test func `elements that no Service owns are shown as such`() throws {
        let dump = TableDump(try #require(Demo.ruleset.tables.values.first), services: [])
        #expect(dump.rows.allSatisfy { $0.owner == nil })
        #expect(dump.cells.allSatisfy { $0[1] == "(no Service)" })
        #expect(dump.json["frontends"]?[0]?["service"]?.isNull == true)
    }
}
