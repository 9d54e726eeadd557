import API
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// The proxy's table in a real kernel, each test in a network namespace of its own.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct KernelTests {
    let namespace: ScratchNamespace
    let applier: KernelApplier

    init() throws {
        namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    func commit(_ table: Table) async throws {
        try await applier.apply(Difference.between(nil, table))
    }

    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `the kernel gives back what it was given`(family: IPFamily) async throws {
        let configuration = ProxyConfiguration.fixture(family: family)
        let desired =
            family == .ipv4
            ? table(Demo.services, Demo.slices, .ipv4, configuration) : table(v6Services, v6Slices, .ipv6, configuration)
        try await commit(desired)
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        for (name, chain) in desired.chains { #expect(found.chains[name] == chain, "chain \(name)") }
        #expect(Difference.between(found, desired).isEmpty)
    }

    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `nft lists the table and loads its own listing`(family: IPFamily) async throws {
        let configuration = ProxyConfiguration.fixture(family: family)
        let desired =
            family == .ipv4
            ? table(Demo.services, Demo.slices, .ipv4, configuration) : table(v6Services, v6Slices, .ipv6, configuration)
        try await commit(desired)
        let script =
            "nft list ruleset > /tmp/skiff-$$.nft && nft flush ruleset && nft -f /tmp/skiff-$$.nft; s=$?; rm -f /tmp/skiff-$$.nft; exit $s"
        let (status, output) = namespace.shell(script)
        #expect(status == 0, "\(output.prefix(2000))")
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `incremental commits leave the kernel with the table made from scratch`(seed: UInt64) async throws {
        var source = EventSource(random: SeededRandom(seed: seed))
        let configuration = ProxyConfiguration.fixture()
        var tracker = ServiceChangeTracker()
        var model = ProxyModel(family: .ipv4, configuration: configuration)
        try await commit(model.desired())
        for _ in 0..<80 {
            let index = source.pick(6)
            switch source.pick(4) {
            case 0: tracker.serviceSeen(source.service(index))
            case 1: tracker.serviceGone(NamespacedName(namespace: "default", name: "s\(index)"))
            default: tracker.sliceSeen(source.slice(index, suffix: source.pick(2)))
            }
            _ = model.update(tracker.takeChanges())
            if model.needsChains {
                let desired = model.desired()
                let standing = try await applier.read(desired.identifier, expecting: desired)
                try await applier.apply(Difference.between(standing, desired))
            } else {
                try await applier.apply(model.takeTransaction())
            }
        }
        let desired = model.desired()
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found == desired, "seed \(seed)")
    }

    var stickyService: API.Service {
        .fixture(
            "sticky", ip: "10.96.0.7", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30087)],
            type: "LoadBalancer", balancers: ["172.16.9.7"], sourceRanges: ["192.168.60.0/24", "10.0.0.0/9"], affinitySeconds: 90)
    }
    var stickyV6: API.Service {
        .fixture(
            "web", ip: "fd00:96::7", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30087)],
            type: "LoadBalancer", balancers: ["fd00:9::7"], sourceRanges: ["fd00::/8"], affinitySeconds: 90)
    }

    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `affinity and source ranges come back as they were given`(family: IPFamily) async throws {
        let configuration = ProxyConfiguration.fixture(family: family)
        let slice = EndpointSlice.fixture("sticky", [.on("node1", "10.244.1.2"), .on("node2", "10.244.2.2")])
        let desired =
            family == .ipv4
            ? table([stickyService], [slice], .ipv4, configuration) : table([stickyV6], v6Slices, .ipv6, configuration)
        try await commit(desired)
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        for (name, chain) in desired.chains { #expect(found.chains[name] == chain, "chain \(name)") }
        #expect(try await applier.elements(of: "affinity", in: desired.identifier).isEmpty)
        let (status, output) = namespace.shell("nft list ruleset")
        #expect(status == 0, "\(output.suffix(2000))")
    }

    /// nft 1.0.6 lists the table of IPv6 too, but has not enough registers to load the rule that remembers a client.
    @Test func `nft loads its own listing of affinity and source ranges`() async throws {
        let slice = EndpointSlice.fixture("sticky", [.on("node1", "10.244.1.2"), .on("node2", "10.244.2.2")])
        let desired = table([stickyService], [slice], .ipv4, .fixture())
        let text = Printer.print(desired)
        let (status, output) = namespace.shell("nft -f - <<'END'\n\(text)\nEND")
        try #require(status == 0, "\(output.prefix(2000))")
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        for (name, chain) in desired.chains where name != StaticRuleset.firewall {
            #expect(found.chains[name] == chain, "chain \(name)")
        }
        let listing = "f=$(mktemp) && nft list ruleset > $f && nft flush ruleset && nft -f $f; s=$?; rm -f $f; exit $s"
        let (again, message) = namespace.shell(listing)
        #expect(again == 0, "\(message.prefix(2000))")
    }

    /// Everything that Services can ask for at once: hashed clients, interfaces, prefixes of node ports.
    @Test(arguments: Stage.both)
    func `options come back as they were given, and nft loads its own listing of them`(family: IPFamily) async throws {
        var stage = Stage(family) {
            $0.localTraffic = .interfacePrefix("veth")
            $0.nodePortAddresses = .prefixes([CIDR(parsing: "10.244.0.0/16"), CIDR(parsing: "fd00:10::/32")].compactMap(\.self))
        }
        stage.service(annotations: ["skiff.dev/load-balancing": "source-hash", "skiff.dev/weights": "node2=3"])
        stage.slice([stage.endpoint("pod1"), stage.endpoint("remote")])
        let desired = try #require(stage.ruleset.tables.values.first)
        try await commit(desired)
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(Difference.between(found, desired).isEmpty)
        let listing = "f=$(mktemp) && nft list ruleset > $f && nft flush ruleset && nft -f $f; s=$?; rm -f $f; exit $s"
        let (status, output) = namespace.shell(listing)
        #expect(status == 0, "\(output.prefix(2000))")
        #expect(try await applier.read(desired.identifier, expecting: desired)?.sets == desired.sets)
    }

    @Test func `our text, loaded by nft, is our netlink`() async throws {
        let desired = table(Demo.services, Demo.slices, .ipv4, .fixture())
        let text = Printer.print(desired)
        let (status, output) = namespace.shell("nft -f - <<'END'\n\(text)\nEND")
        try #require(status == 0, "\(output.prefix(2000))")
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        // nft turns the protocol's only byte around before it looks into a set of ranges.
        for (name, chain) in desired.chains where name != StaticRuleset.firewall {
            #expect(found.chains[name] == chain, "chain \(name)")
        }
    }

    var v6Services: [API.Service] {
        [
            .fixture(
                "web", ip: "fd00:96::1", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)],
                type: "NodePort"),
            .fixture("empty", ip: "fd00:96::2"),
        ]
    }
    var v6Slices: [API.EndpointSlice] {
        [
            .fixture(
                "web", [.on("node1", "fd00:10::2"), .on("node2", "fd00:10:1::2"), .on("node2", "fd00:10:1::3")], family: "IPv6")
        ]
    }
}
