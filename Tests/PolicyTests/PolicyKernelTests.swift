import API
import Glibc
import JSON
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Support
import Testing

@testable import Policy

/// The tables in a real kernel, each test in a network namespace of its own.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct PolicyKernelTests {
    let namespace: ScratchNamespace
    let applier: KernelApplier
    let configuration = PolicyConfiguration(nodeName: "node1", podKey: .address)

    init() throws {
        namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `the kernel gives back what it was given`(seed: UInt64) async throws {
        var source = RandomWorld(seed: seed)
        var model = PolicyModel(configuration, source.world())
        for family in configuration.families {
            let desired = model.desired(family)
            try await applier.apply(Difference.between(nil, desired))
            let found = try #require(try await applier.read(desired.identifier, expecting: desired))
            for (name, set) in desired.sets { #expect(found.sets[name] == set, "seed \(seed) set \(name)") }
            for (name, chain) in desired.chains { #expect(found.chains[name] == chain, "seed \(seed) chain \(name)") }
            #expect(Difference.between(found, desired).isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `nft lists the tables and loads its own listing`(seed: UInt64) async throws {
        var source = RandomWorld(seed: seed)
        var model = PolicyModel(configuration, source.world())
        for family in configuration.families { try await applier.apply(Difference.between(nil, model.desired(family))) }
        let script =
            "nft list ruleset > /tmp/skiff-$$.nft && nft flush ruleset && nft -f /tmp/skiff-$$.nft; s=$?; rm -f /tmp/skiff-$$.nft; exit $s"
        let (status, output) = namespace.shell(script)
        #expect(status == 0, "seed \(seed): \(output.prefix(2000))")
        for family in configuration.families {
            let desired = model.desired(family)
            let found = try #require(try await applier.read(desired.identifier, expecting: desired))
            #expect(found.sets == desired.sets, "seed \(seed)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `small changes leave the kernel with the tables made from scratch`(seed: UInt64) async throws {
        var source = RandomWorld(seed: seed)
        var model = PolicyModel(configuration, source.world())
        for family in configuration.families { try await applier.apply(Difference.between(nil, model.desired(family))) }
        model.forgetChanges()
        for _ in 0..<60 {
            source.change(&model)
            try await applier.apply(model.takeTransaction())
        }
        var fresh = PolicyModel(configuration, model.world)
        for family in configuration.families {
            let desired = fresh.desired(family)
            let found = try #require(try await applier.read(desired.identifier, expecting: desired))
            #expect(found == desired, "seed \(seed)")
        }
    }

    @Test func `a map from ranges of ports is taken, found again, listed and loaded`() async throws {
        let rules = (0..<9).map { (number: Int) -> PolicyRule in
            let peer = Peer.pods(.matching(selector(["ns": "n\(number)"])), .everything)
            let start = UInt16(number * 50 + 1)
            return PolicyRule(peers: [peer], ports: [.range(.tcp, start...(start + 99))])
        }
        var single = configuration
        single.families = [.ipv4]
        var model = PolicyModel(single, Model.world([NetworkPolicy(name("x", "wide"), ingress: rules)]))
        let desired = model.desired(.ipv4)
        #expect(desired.sets.values.contains { $0.isInterval && $0.value == .verdict && $0.elements.count > 9 })
        try await applier.apply(Difference.between(nil, desired))
        var found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found == desired)
        let script =
            "nft list ruleset > /tmp/skiff-$$.nft && nft flush ruleset && nft -f /tmp/skiff-$$.nft; s=$?; rm -f /tmp/skiff-$$.nft; exit $s"
        let (status, output) = namespace.shell(script)
        #expect(status == 0, "\(output.prefix(2000))")
        found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        // The policy goes, with its map and the chains that the map led to.
        model.forgetChanges()
        model.policyGone(name("x", "wide"))
        try await applier.apply(Difference.between(found, desired))
        try await applier.apply(model.takeTransaction())
        let empty = model.desired(.ipv4)
        #expect(try await applier.read(empty.identifier, expecting: empty) == empty)
    }

    @Test func `a list of fifty thousand prefixes is taken and found again`() async throws {
        let prefixes = (0..<50_000).map { number in
            Peer.block(CIDR(host: .v4(IPv4Address(UInt32(0x0b00_0000 + number * 3)))), except: [])
        }
        let policy = NetworkPolicy(name("x", "many"), ingress: [PolicyRule(peers: prefixes)])
        var model = PolicyModel(configuration, Model.world([policy]))
        let desired = model.desired(.ipv4)
        try await applier.apply(Difference.between(nil, desired))
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        #expect(found.sets.values.contains { $0.elements.count == 50_000 })
    }
}
