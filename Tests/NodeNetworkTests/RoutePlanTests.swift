import API
import JSON
import Netlink
import NetworkTypes
import Testing

@testable import NodeNetwork

@Suite struct RoutePlanTests {
    let underlay = Underlay(links: [
        Underlay.Link(
            index: InterfaceIndex(rawValue: 3), name: "eth0", mtu: 1500,
            addresses: ["172.18.0.11/24", "fd18::11/64"].compactMap { InterfaceAddress(parsing: $0) }),
        Underlay.Link(
            index: InterfaceIndex(rawValue: 4), name: "eth1", mtu: 9000, isUp: false,
            addresses: ["192.0.2.11/24"].compactMap { InterfaceAddress(parsing: $0) }),
    ])

    static func node(_ name: String, _ addresses: [String], _ podCIDRs: [String]) -> NodeView {
        NodeView(
            name: name, addresses: addresses.compactMap { IPAddress(parsing: $0) },
            podCIDRs: podCIDRs.compactMap { CIDR(parsing: $0) })
    }

    static func index(_ number: Int32) -> InterfaceIndex { InterfaceIndex(rawValue: number) }

    let own = node("node1", ["172.18.0.11", "fd18::11"], ["10.244.0.0/24", "fd00:0::/64"])

    private func plan(_ nodes: NodeView...) -> RoutePlan {
        RoutePlan.compute(nodes: nodes, nodeName: "node1", underlay: underlay)
    }

    private func lines(_ plan: RoutePlan) -> [String] {
        plan.routes.map { route in
            "\(route.kind == .unicast ? "" : "\(route.kind) ")\(route.destination)"
                + (route.gateway.map { " via \($0)" } ?? "") + (route.index.map { " on \($0)" } ?? "")
        }
    }

    @Test func `routes every other node's pods by its address, and refuses what is left of its own`() {
        let plan = plan(
            Self.node("node3", ["172.18.0.13"], ["10.244.2.0/24"]), own,
            Self.node("node2", ["172.18.0.12", "fd18::12"], ["10.244.1.0/24", "fd00:1::/64"]))
        #expect(
            lines(plan) == [
                "unreachable 10.244.0.0/24", "10.244.1.0/24 via 172.18.0.12 on 3", "10.244.2.0/24 via 172.18.0.13 on 3",
                "unreachable fd00::/64", "fd00:1::/64 via fd18::12 on 3",
            ])
        #expect(plan.problems.isEmpty)
        #expect(plan.ownPodCIDRs == own.podCIDRs)
        #expect(plan.routes.allSatisfy { $0.origin == .node })
    }

    @Test func `does not depend on the order of the nodes`() {
        let nodes = (2...9).map { Self.node("node\($0)", ["172.18.0.1\($0)"], ["10.244.\($0).0/24"]) } + [own]
        let plan = RoutePlan.compute(nodes: nodes, nodeName: "node1", underlay: underlay)
        #expect(RoutePlan.compute(nodes: nodes.reversed(), nodeName: "node1", underlay: underlay) == plan)
    }

    @Test func `leaves pods that two nodes claim to the older one, and reports the other`() throws {
        var newcomer = Self.node("node2", ["172.18.0.12"], ["10.244.0.0/16"])
        newcomer.created = Timestamp(seconds: 1000)
        let third = Self.node("node3", ["172.18.0.13"], ["10.244.2.0/24"])
        let plan = plan(newcomer, third, own)
        #expect(lines(plan) == ["unreachable 10.244.0.0/24", "10.244.2.0/24 via 172.18.0.13 on 3", "unreachable fd00::/64"])
        let wide = try #require(CIDR(parsing: "10.244.0.0/16"))
        #expect(plan.problems == [.overlap(node: "node2", wide, other: "node1", own.podCIDRs[0])])
    }

    @Test func `gives out no addresses that an older node has`() {
        var own = own
        own.created = Timestamp(seconds: 1000)
        let plan = plan(own, Self.node("node2", ["172.18.0.12"], ["10.244.0.0/16"]))
        #expect(plan.ownPodCIDRs.map(\.description) == ["fd00::/64"])
        #expect(lines(plan) == ["10.244.0.0/16 via 172.18.0.12 on 3", "unreachable fd00::/64"])
    }

    @Test(arguments: ["172.18.0.0/16", "172.16.0.0/12", "172.18.0.12/32", "192.0.2.0/25"])
    func `never routes a prefix that covers a network of this node's links`(cidr: String) {
        let plan = plan(own, Self.node("node2", ["172.18.0.12"], [cidr]))
        #expect(plan.routes.count == 2)
        #expect(plan.problems.count == 1)
    }

    @Test(arguments: [[], ["203.0.113.5"], ["192.0.2.12"], ["fd18::12"]])
    func `reports a node that cannot be reached directly when tunnels are off`(addresses: [String]) {
        let plan = RoutePlan.compute(
            nodes: [own, Self.node("node2", addresses, ["10.244.1.0/24"])], nodeName: "node1", underlay: underlay,
            settings: TunnelSettings(mode: .direct))
        #expect(plan.routes.count == 2)
        #expect(plan.problems.count == 1)
    }

    @Test func `reads podCIDRs, an old single podCIDR, and reports what is no prefix`() {
        var node = Node(metadata: ObjectMeta(name: "node2"))
        node.podCIDR = "10.244.1.0/24"
        #expect(NodeView(node).podCIDRs.map(\.description) == ["10.244.1.0/24"])
        node.podCIDRs = ["10.244.2.0/24", "nonsense"]
        #expect(NodeView(node).podCIDRs.map(\.description) == ["10.244.2.0/24"])
        #expect(NodeView(node).unreadable == ["nonsense"])
    }

    @Test func `takes the MTU of the link that has the node's address`() {
        #expect(plan(Self.node("node1", ["192.0.2.11"], ["10.244.0.0/24"])).podMTU == 9000)
        #expect(plan().podMTU == 1500)
        #expect(RoutePlan.compute(nodes: [], nodeName: "node1", underlay: Underlay(links: [])).podMTU == nil)
    }
}

@Suite struct RouteDifferenceTests {
    private let index = InterfaceIndex(rawValue: 3)

    private func route(_ destination: String, via gateway: String, origin: RouteMessage.Origin = .node) throws -> RouteMessage {
        let address: IPAddress = try #require(IPAddress(parsing: gateway))
        return RouteMessage(try #require(CIDR(parsing: destination)), via: address, on: index, origin: origin)
    }

    @Test func `is empty between a plan and what the kernel makes of it`() throws {
        var actual = try route("fd00:1::/64", via: "fd18::12")
        let desired = actual
        actual.priority = 1024
        let refused = RouteMessage(
            try #require(CIDR(parsing: "10.0.0.0/24")), on: nil, origin: .node, scope: .universe, kind: .unreachable)
        var kernelRefused = refused
        kernelRefused.index = .loopback
        #expect(RouteDifference(actual: [actual, kernelRefused], desired: [desired, refused]).isEmpty)
    }

    @Test func `makes what is missing, overwrites what differs, deletes what is stale, and leaves others' routes alone`() throws {
        let missing = try route("10.244.1.0/24", via: "172.18.0.12")
        let moved = try route("10.244.2.0/24", via: "172.18.0.13")
        let stale = try route("10.244.9.0/24", via: "172.18.0.19")
        let difference = RouteDifference(
            actual: [
                try route("10.244.2.0/24", via: "172.18.0.99"), stale,
                try route("192.0.2.0/24", via: "172.18.0.1", origin: .boot),
                try route("10.244.0.7/32", via: "172.18.0.1", origin: .pod),
            ], desired: [missing, moved])
        #expect(difference.replace == [missing, moved])
        #expect(difference.delete == [stale])
        #expect(difference.requests.map(\.type) == [.deleteRoute, .newRoute, .newRoute])
    }
}

@Suite struct ConflistTests {
    @Test func `is readable for runtimes that know 1.0.0 only, and for newer ones`() throws {
        let conflist = Conflist(podCIDRs: [try #require(CIDR(parsing: "10.244.1.0/24"))], mtu: 1450)
        #expect(
            JSONWriter.text(conflist.json) == """
                {"cniVersion":"1.0.0","cniVersions":["0.4.0","1.0.0","1.1.0"],"name":"skiff",\
                "plugins":[{"type":"skiff-cni","podCIDRs":["10.244.1.0/24"],"mtu":1450,\
                "capabilities":{"portMappings":true,"bandwidth":true}}]}
                """)
    }

    @Test func `forwards for the families that pods have`() {
        #expect(NodeSysctls.settings(families: [.ipv6]).map(\.key) == ["net/ipv6/conf/all/forwarding"])
        #expect(NodeSysctls.settings(families: [.ipv4]).map(\.key).contains("net/ipv4/ip_forward"))
        #expect(NodeSysctls.settings(families: []).isEmpty)
    }
}
