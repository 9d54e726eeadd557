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
            try await applier.apply(model.takeTransaction())
        }
        let desired = model.desired()
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found == desired, "seed \(seed)")
    }

    @Test func `our text, loaded by nft, is our netlink`() async throws {
        let desired = table(Demo.services, Demo.slices, .ipv4, .fixture())
        let text = Printer.print(desired)
        let (status, output) = namespace.shell("nft -f - <<'END'\n\(text)\nEND")
        try #require(status == 0, "\(output.prefix(2000))")
        let found = try #require(try await applier.read(desired.identifier, expecting: desired))
        #expect(found.sets == desired.sets)
        for (name, chain) in desired.chains { #expect(found.chains[name] == chain, "chain \(name)") }
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
