import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

/// What becomes of single packets, computed from the ruleset that the proxy would commit.
@Suite struct BehaviourTests {
    let node: Set<IPAddress> = [.fixture("192.168.60.1"), .fixture("10.244.1.1")]

    func follow(
        _ transport: TransportProtocol = .tcp, from source: String, to destination: String, _ port: Port,
        _ origin: PacketTrace.Origin = .network, draws: [UInt32] = [], in ruleset: Ruleset = Demo.ruleset
    ) -> PacketTrace {
        PacketTrace.follow(
            Packet(transport, from: .fixture(source), to: .fixture(destination), port: port), from: origin, through: ruleset,
            in: PacketTrace.Surroundings(localAddresses: node, randomNumbers: draws))
    }

    /// `address:port`, with ` masqueraded` where the source is replaced.
    func summary(_ trace: PacketTrace) -> String {
        switch trace.outcome {
        case .accepted:
            "\(trace.packet.destination):\(trace.packet.destinationPort)" + (trace.isMasqueraded ? " masqueraded" : "")
        case .dropped: "dropped"
        case .undecided(let rule): "undecided: \(rule)"
        case .rejected(.tcpReset): "reset"
        case .rejected(.portUnreachable): "unreachable"
        }
    }

    @Test func `a pod reaches each endpoint by some draw, with its own source`() {
        let seen = Set((0..<4).map { summary(follow(from: "10.244.1.9", to: "10.96.0.1", 80, draws: [$0])) })
        #expect(seen == ["10.244.1.2:8080", "10.244.1.3:8080", "10.244.2.2:8080"])
    }

    @Test func `a draw that finds an empty slot draws again`() throws {
        let table = try #require(Demo.ruleset.tables[StaticRuleset.identifier(.ipv4)])
        let filled = SlotTable([
            Backend(.fixture("10.244.1.2"), 8080), Backend(.fixture("10.244.1.3"), 8080), Backend(.fixture("10.244.2.2"), 8080),
        ]).slots.map(\.slot)
        let empty = try #require((0..<4).first { !filled.contains($0) })
        #expect(table.chains["balance-4"] != nil)
        let missed = follow(from: "10.244.1.9", to: "10.96.0.1", 80, draws: [UInt32](repeating: UInt32(empty), count: 8))
        #expect(missed.isDestinationTranslated)
        #expect(missed.randomNumbersUsed == 9)
    }

    /// Source, destination, port, whether the node itself sends, and what becomes of it.
    @Test(
        arguments: [
            ("10.244.1.9", "10.96.0.10", 53, false, "10.244.1.2:5354"),  // the TCP port of a Service with both
            ("10.244.1.2", "10.96.0.10", 53, false, "10.244.1.2:5354 masqueraded"),  // hairpin
            ("192.168.60.9", "10.96.0.10", 53, false, "10.244.1.2:5354 masqueraded"),  // not from a pod
            ("192.168.60.1", "10.96.0.10", 53, true, "10.244.1.2:5354 masqueraded"),  // from the node
            ("10.244.1.9", "10.96.0.2", 80, false, "reset"),  // no endpoints
            ("10.244.1.9", "10.96.0.1", 81, false, "reset"),  // no such port
            ("10.244.1.9", "10.96.7.7", 80, false, "dropped"),  // no such Service
            ("192.168.60.9", "192.168.60.1", 30099, false, "192.168.60.1:30099"),  // not a node port
            ("192.168.60.1", "127.0.0.1", 30080, true, "127.0.0.1:30080"),  // loopback is left alone
            ("192.168.60.9", "192.168.60.1", 30081, false, "10.244.1.2:8080"),  // policy Local keeps the source
            ("192.168.60.9", "172.16.9.2", 80, false, "10.244.1.2:8080"),
            ("192.168.60.9", "192.168.60.1", 30082, false, "dropped"),  // policy Local, nothing here
            ("10.244.1.9", "192.168.60.1", 30082, false, "10.244.2.2:8080"),  // pods take the short cut
            ("192.168.60.1", "192.168.60.1", 30082, true, "10.244.2.2:8080 masqueraded"),  // so does the node
            ("10.244.1.9", "10.96.0.4", 80, false, "dropped"),  // internal policy Local, nothing here
            ("10.244.1.9", "8.8.8.8", 80, false, "8.8.8.8:80"),  // nothing of ours
        ] as [(String, String, UInt16, Bool, String)])
    func `packets go where the Service says`(source: String, destination: String, port: UInt16, own: Bool, expected: String) {
        #expect(summary(follow(from: source, to: destination, Port(port), own ? .thisMachine : .network)) == expected)
    }

    @Test func `UDP and TCP on one address and port have their own endpoints`() {
        #expect(summary(follow(.udp, from: "10.244.1.9", to: "10.96.0.10", 53)) == "10.244.1.2:5353")
        #expect(summary(follow(.tcp, from: "10.244.1.9", to: "10.96.0.10", 53)) == "10.244.1.2:5354")
        #expect(summary(follow(.udp, from: "10.244.1.9", to: "10.96.0.2", 53)) == "unreachable")
        #expect(summary(follow(.sctp, from: "10.244.1.9", to: "10.96.0.10", 53)) == "unreachable")
    }

    @Test func `a node port answers on every address of the node and is masqueraded`() {
        for address in ["192.168.60.1", "10.244.1.1"] {
            let trace = follow(from: "192.168.60.9", to: address, 30080)
            #expect(trace.isDestinationTranslated && trace.isMasqueraded)
            #expect(trace.packet.mark == 0)
        }
    }

    @Test func `an external address works like a node port`() {
        let trace = follow(from: "192.168.60.9", to: "172.16.9.1", 80)
        #expect(trace.isDestinationTranslated && trace.isMasqueraded)
    }

    @Test func `IPv6 has a table of its own`() {
        let configuration = ProxyConfiguration.fixture(family: .ipv6)
        let ruleset = ruleset(
            [.fixture("web", ip: "fd00:96::1"), .fixture("empty", ip: "fd00:96::2")],
            [.fixture("web", [.on("node1", "fd00:10::2")], family: "IPv6")], configuration)
        #expect(summary(follow(from: "fd00:10::9", to: "fd00:96::1", 80, in: ruleset)) == "fd00:10::2:8080")
        #expect(summary(follow(from: "fd00:10::2", to: "fd00:96::1", 80, in: ruleset)) == "fd00:10::2:8080 masqueraded")
        #expect(summary(follow(from: "fd00:10::9", to: "fd00:96::2", 80, in: ruleset)) == "reset")
        #expect(summary(follow(from: "fd00:10::9", to: "fd00:96::9", 80, in: ruleset)) == "dropped")
    }
}
