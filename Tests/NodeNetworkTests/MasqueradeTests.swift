import NFTables
import NetworkTypes
import Testing

@testable import NodeNetwork

@Suite struct MasqueradeTableTests {
    private func prefixes(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR(parsing: $0) } }

    @Test func `drops prefixes that lie in others, which nf_tables would refuse`() {
        let all = prefixes("172.18.0.0/24", "10.244.0.0/16", "172.18.0.11/32", "10.244.1.0/24", "10.244.0.0/16")
        #expect(MasqueradeTable.outermost(all) == prefixes("10.244.0.0/16", "172.18.0.0/24"))
    }

    @Test func `nodes come and go as elements alone`() async throws {
        let kernel = MemoryKernel()
        let applier = MasqueradeApplier(rules: kernel)
        let own = prefixes("10.244.1.0/24", "fd00:1::/64")
        let inside = prefixes("10.244.0.0/16", "fd00::/48")
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: inside)) > 0)
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: inside)) == 0)
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: inside + prefixes("172.18.0.12/32"))) == 1)
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: inside)) == 1)
        // Off: every trace goes.
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: nil)) == 2)
    }

    @Test func `a table that somebody deleted comes back`() async throws {
        let kernel = MemoryKernel()
        let applier = MasqueradeApplier(rules: kernel)
        let own = prefixes("10.244.1.0/24")
        _ = try await applier.apply(MasqueradePlan(own: own, inside: own))
        try await kernel.apply(Transaction([.deleteTable(MasqueradeTable.identifier(.ipv4))]))
        #expect(try await applier.apply(MasqueradePlan(own: own, inside: own)) > 0)
    }

    @Test(arguments: [
        (IPFamily.ipv4, "ip saddr != 10.244.1.0/24"), (.ipv6, "ip6 saddr != fd00:1::/64"),
    ])
    func `what the node itself sends into a tunnel gets the tunnel's address, whatever pods get`(
        family: IPFamily, condition: String
    ) throws {
        let own = prefixes("10.244.1.0/24", "fd00:1::/64")
        let plan = MasqueradePlan(own: own, inside: nil, tunnels: ["skiff-vx4", "skiff-vx6"])
        let table = try #require(MasqueradeTable.table(family, plan))
        let rules = table.chains.values.flatMap(\.rules).map { Printer.print($0, family: family) }
        #expect(
            rules
                == ["skiff-vx4", "skiff-vx6"].map {
                    "oifname \"\($0)\" fib saddr type local \(condition) masquerade fully-random"
                })
        #expect(table.sets.isEmpty)
        #expect(MasqueradeTable.table(family, MasqueradePlan(own: own, inside: nil)) == nil)
    }

    @Test(arguments: [
        (TunnelSettings.Mode.auto, ["172.18.0.11", "172.18.0.12"]), (.vxlan, ["172.18.0.11"]),
        (.direct, ["172.18.0.11", "172.18.0.12", "172.18.9.13"]),
    ])
    func `nodes that pods reach by their own addresses are this one and those on its links`(
        mode: TunnelSettings.Mode, expected: [String]
    ) {
        let nodes = [
            RoutePlanTests.node("node1", ["172.18.0.11"], ["10.244.1.0/24"]),
            RoutePlanTests.node("node2", ["172.18.0.12"], ["10.244.2.0/24"]),
            RoutePlanTests.node("node3", ["172.18.9.13"], ["10.244.3.0/24"]),
        ]
        let routes = RoutePlan.compute(
            nodes: nodes, nodeName: "node1", underlay: RoutePlanTests().underlay, settings: TunnelSettings(mode: mode))
        #expect(routes.directNodeAddresses.map(\.description) == expected)
        let plan = MasqueradePlan(routes, nodes: nodes, except: prefixes("192.0.2.0/24"))
        let pods = ["10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24"]
        #expect(Set((plan.inside ?? []).map(\.description)) == Set(["192.0.2.0/24"] + pods + expected.map { "\($0)/32" }))
    }
}
