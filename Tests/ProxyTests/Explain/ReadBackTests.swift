import API
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// Rules as the kernel runs them, decoded instruction by instruction, against the statements that they were made from.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct ReadBackTests {
    private func standing(_ desired: Table) async throws -> Table {
        let namespace = try #require(ScratchNamespace())
        let socket = try #require(namespace.perform { try? NetfilterSocket() })
        try await KernelApplier(socket: socket, logger: Logger(label: "test")).apply(Difference.between(nil, desired))
        var inspector = KernelInspector(socket: try #require(namespace.perform { try? NetfilterSocket() }))
        #expect(
            try inspector.hookedChains().map(\.name).sorted()
                == desired.chains.values.filter { $0.base != nil }.map(\.name).sorted())
        return try #require(try inspector.table(desired.identifier))
    }

    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `every rule of ours can be read`(family: IPFamily) async throws {
        let configuration = ProxyConfiguration.fixture(family: family)
        var sticky = Demo.web
        sticky.spec.sessionAffinity = "ClientIP"
        let desired =
            family == .ipv4
            ? table([sticky] + Demo.services.dropFirst(), Demo.slices, .ipv4, configuration)
            : table(
                [.fixture("web", ip: "fd00:96::1", externalPolicy: "Local", affinitySeconds: 60)],
                [.fixture("web", [.on("node1", "fd00:10:1::2"), .on("node2", "fd00:10:2::2")], family: "IPv6")], .ipv6,
                configuration)
        let found = try await standing(desired)
        #expect(found.sets.keys == desired.sets.keys)
        for (name, chain) in desired.chains {
            let read = try #require(found.chains[name], "chain \(name)")
            #expect(
                read.rules.map { Lowering.lower($0, in: desired.identifier.family) }
                    == chain.rules.map { Lowering.lower($0, in: desired.identifier.family) }, "chain \(name)")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `packets go the same way through what was read back`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let desired = table(Demo.services, Demo.slices, .ipv4, .fixture())
        let found = Ruleset([try await standing(desired)])
        let model = Ruleset([desired])
        let sources = ["10.244.1.2", "10.244.1.9", "10.244.2.2", "192.168.1.1", "203.0.113.9"]
        let targets = [
            "10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.4", "10.96.0.10", "10.96.9.9", "172.16.9.1", "172.16.9.2",
            "192.168.1.1",
        ]
        for _ in 0..<400 {
            let packet = Packet(
                [.tcp, .udp].randomElement(using: &random) ?? .tcp, from: .fixture(sources.randomElement(using: &random) ?? ""),
                to: .fixture(targets.randomElement(using: &random) ?? ""),
                port: [80, 53, 81, 30080, 30081, 30082].randomElement(using: &random) ?? 80)
            let origin: PacketTrace.Origin = Bool.random(using: &random) ? .network : .thisMachine
            let surroundings = PacketTrace.Surroundings(
                localAddresses: [.fixture("192.168.1.1")], randomNumbers: (0..<4).map { _ in .random(in: 0..<8, using: &random) })
            let expected = PacketTrace.follow(packet, from: origin, through: model, in: surroundings)
            let seen = PacketTrace.follow(packet, from: origin, through: found, in: surroundings)
            #expect(seen.outcome == expected.outcome, "seed \(seed): \(packet)")
            #expect(seen.packet == expected.packet, "seed \(seed): \(packet)")
            #expect(seen.chains == expected.chains, "seed \(seed): \(packet)")
            #expect(seen.isMasqueraded == expected.isMasqueraded, "seed \(seed): \(packet)")
        }
    }

    @Test func `a rule of a stranger is told as such`() async throws {
        let namespace = try #require(ScratchNamespace())
        let (status, output) = namespace.shell(
            """
            nft -f - <<'N'
            table ip skiff-proxy {
                chain nat-prerouting { type nat hook prerouting priority -100; limit rate 1/second accept; }
            }
            N
            """
        )
        #expect(status == 0, "\(output)")
        var inspector = KernelInspector(socket: try #require(namespace.perform { try? NetfilterSocket() }))
        let table = try #require(try inspector.table(StaticRuleset.identifier(.ipv4)))
        let trace = PacketTrace.follow(
            Packet(.tcp, from: .fixture("10.244.1.2"), to: .fixture("10.96.0.1"), port: 80), from: .network,
            through: Ruleset([table]))
        guard case .undecided(let rule) = trace.outcome else { return #expect(Bool(false), "\(trace.outcome)") }
        #expect(rule.hasPrefix("[ limit rate 1/second"))
    }
}
