import API
import Glibc
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// Random Services in a real kernel, and random packets through it: what comes out is what the packet trace says.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct AgreementTests {
    let network: TunNetwork
    let applier: KernelApplier

    init() throws {
        let namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
        network = TunNetwork(namespace: namespace)
    }

    /// Sixteen, or as many as `SKIFF_PROXY_CASES` says.
    static var seeds: ClosedRange<UInt64> {
        let wanted = getenv("SKIFF_PROXY_CASES").flatMap { UInt64(String(cString: $0)) }
        return 1...max(wanted ?? 16, 1)
    }

    /// Draws that are tried until one leads where the kernel went: as many as the largest table of drawn slots has.
    static let drawsMax: UInt32 = 4096

    /// What the trace says for one draw, in the words of `TunNetwork`.
    func expectation(_ trace: PacketTrace, _ probe: TunNetwork.Probe, _ stage: Stage) -> String {
        switch trace.outcome {
        case .dropped: return probe.isOwn ? "refused" : "nothing"
        case .rejected(.tcpReset): return probe.isOwn ? "refused" : "reset"
        case .rejected(.portUnreachable): return probe.isOwn ? "refused" : "unreachable"
        case .undecided(let rule): return "undecided: \(rule)"
        case .accepted:
            if stage.nodeAddresses.contains(trace.packet.destination) {
                // Nobody listens there: the node itself refuses, to itself unseen.
                if probe.isOwn { return "nothing" }
                return switch probe.transport {
                case .tcp: "reset"
                case .udp: "unreachable"
                case .sctp: "unsupported"
                }
            }
            let from = trace.isMasqueraded ? "masqueraded" : "\(trace.packet.source)"
            return "\(trace.packet.destination) \(trace.packet.destinationPort) \(from)"
        }
    }

    /// The trace whose outcome is the answer; nil, and everything that would have been right, without one.
    func match(
        _ answer: String, to probe: TunNetwork.Probe, _ stage: Stage, _ ruleset: Ruleset
    ) -> (trace: PacketTrace?, expected: Set<String>) {
        var packet = Packet(
            probe.transport, from: stage.address(probe.source), sourcePort: probe.sourcePort,
            to: stage.address(probe.destination),
            port: probe.port)
        if !probe.isOwn {
            packet = Packet(
                probe.transport, from: packet.source, sourcePort: packet.sourcePort, to: packet.destination,
                port: packet.destinationPort, inputInterface: "tun0")
        }
        var expected: Set<String> = []
        for draw in 0..<Self.drawsMax {
            let trace = PacketTrace.follow(
                packet, from: probe.isOwn ? .thisMachine : .network, through: ruleset,
                in: PacketTrace.Surroundings(
                    localAddresses: stage.nodeAddresses, randomNumbers: [UInt32](repeating: draw, count: 20)))
            let outcome = expectation(trace, probe, stage)
            expected.insert(outcome)
            if outcome == answer { return (trace, expected) }
            if trace.randomNumbersUsed == 0 { break }
        }
        return (nil, expected)
    }

    @Test(arguments: Stage.both, seeds)
    func `the kernel does to random packets what the trace says`(family: IPFamily, seed: UInt64) async throws {
        var random = SeededRandom(seed: seed &* 2 &+ (family == .ipv4 ? 0 : 1))
        let stage = Stage.random(family, &random)
        var ruleset = stage.ruleset
        let identifier = StaticRuleset.identifier(family)
        let table = try #require(ruleset.tables[identifier])
        try await applier.apply(Difference.between(nil, table))
        let probes = (0..<200).map { TunNetwork.Probe.random(&random, sourcePort: Port(UInt16(20000 + $0))) }
        let answers = try network.answers(to: probes, on: stage)
        for (probe, answer) in zip(probes, answers) {
            let (trace, expected) = match(answer, to: probe, stage, ruleset)
            guard let trace else {
                Issue.record("seed \(seed) \(family): \(probe): \(answer), not one of \(expected.sorted())")
                continue
            }
            // A client that is remembered stays: what the packet wrote counts for the next one.
            for update in trace.updates {
                ruleset.tables[identifier]?.sets[update.map]?.elements[ElementKey(update.key)] = .fields(update.value)
            }
        }
        // Every client that the trace remembers is remembered by the kernel, and nobody else.
        for map in [ProxySet.affinity, .nodePortAffinity] {
            let standing = try await applier.elements(of: map.name, in: identifier)
            let remembered = ruleset.tables[identifier]?.sets[map.name]?.elements ?? [:]
            #expect(
                Dictionary(standing.map { ($0.key, $0.value) }) { first, _ in first } == remembered,
                "seed \(seed) \(family) \(map)")
        }
    }

    /// Counts, beside the chance that a right distribution fails: less than one in a hundred million for each number.
    @Test(arguments: Stage.both, [1, 2, 3, 5, 8, 33])
    func `every endpoint has its part of the connections`(family: IPFamily, count: Int) async throws {
        var stage = Stage(family)
        stage.service(type: "ClusterIP")
        let addresses = (0..<count).map { family == .ipv4 ? "10.244.2.\($0 + 1)" : "fd00:10:2::a:\($0 + 1)" }
        stage.slice(addresses.map { Endpoint.on("node2", $0) })
        try await expectShares(Dictionary(addresses.map { ("\(IPAddress.fixture($0))", 1) }) { first, _ in first }, stage)
    }

    @Test(arguments: Stage.both)
    func `weights and a part for another Service are met`(family: IPFamily) async throws {
        var stage = Stage(family)
        let weights = "\(stage.text("pod1"))=1,\(stage.text("pod2"))=3"
        stage.service(
            type: "ClusterIP", annotations: ["skiff.dev/weights": weights, "skiff.dev/traffic-split": "next=20"])
        stage.slice([stage.endpoint("pod1"), stage.endpoint("pod2")])
        stage.service(named: "next", ip: "vip2", type: "ClusterIP")
        stage.slice(of: "next", [stage.endpoint("remote")])
        let shares = ["pod1": 4, "pod2": 12, "remote": 4]
        try await expectShares(
            Dictionary(shares.map { ("\(stage.address($0.key))", $0.value) }) { first, _ in first }, stage)
    }

    func expectShares(_ shares: [String: Int], _ stage: Stage) async throws {
        let table = try #require(stage.ruleset.tables.values.first)
        try await applier.apply(Difference.between(nil, table))
        let packets = 250 * shares.count + 1000
        let probe = TunNetwork.Probe(transport: .tcp, source: "remote2", sourcePort: 10000, destination: "vip", port: 80)
        let answers = try network.answers(to: [probe], times: packets, on: stage)
        let counts = Dictionary(grouping: answers) { String($0.prefix { $0 != " " }) }.mapValues(\.count)
        #expect(Set(counts.keys) == Set(shares.keys))
        let whole = Double(shares.values.reduce(0, +))
        for (address, share) in shares {
            let part = Double(share) / whole
            let spread = (Double(packets) * part * (1 - part)).squareRoot()
            let distance = abs(Double(counts[address] ?? 0) - Double(packets) * part)
            #expect(distance <= 6 * spread, "\(address): \(counts[address] ?? 0) of \(packets), its part is \(part)")
        }
    }
}
