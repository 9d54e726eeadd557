import API
import Netlink
import NetworkTypes
import Testing

@testable import NodeNetwork

@Suite struct TunnelPlanTests {
    let underlay = Underlay(links: [
        Underlay.Link(
            index: InterfaceIndex(rawValue: 3), name: "eth0", mtu: 1500,
            addresses: ["172.18.0.11/24", "fd18::11/64"].compactMap { InterfaceAddress(parsing: $0) })
    ])
    let own = RoutePlanTests.node("node1", ["172.18.0.11", "fd18::11"], ["10.244.0.0/24", "fd00:0::/64"])
    let near = RoutePlanTests.node("node2", ["172.18.0.12", "fd18::12"], ["10.244.1.0/24", "fd00:1::/64"])
    let far = RoutePlanTests.node("node3", ["172.19.0.13", "fd19::13"], ["10.244.2.0/24", "fd00:2::/64"])

    private func plan(_ nodes: [NodeView], mode: TunnelSettings.Mode = .auto, as name: String = "node1") -> RoutePlan {
        RoutePlan.compute(nodes: nodes, nodeName: name, underlay: underlay, settings: TunnelSettings(mode: mode))
    }

    @Test func `chooses for each pair: the link where there is one, one tunnel for both families where there is none`() throws {
        let plan = plan([own, near, far])
        #expect(plan.routes.filter { $0.kind == .unicast }.map(\.gateway).count == 2)
        #expect(plan.tunnels.map(\.name) == ["skiff-vx4"])
        let tunnel = try #require(plan.tunnels.first)
        #expect(tunnel.peers.map(\.node) == ["node3"])
        #expect(tunnel.peers[0].podCIDRs == far.podCIDRs)
        #expect(tunnel.addresses == own.podCIDRs.map(\.first))
        #expect(tunnel.mtu == 1450)
        #expect(plan.podMTU == 1450)
        #expect(plan.problems.isEmpty)
        let index = InterfaceIndex(rawValue: 9)
        #expect(tunnel.routes(on: index).map(\.destination) == far.podCIDRs)
        #expect(tunnel.routes(on: index).map(\.gateway) == far.podCIDRs.map(\.first))
        #expect(tunnel.routes(on: index).allSatisfy { $0.onLink && $0.index == index && $0.preferredSource != nil })
        #expect(tunnel.forwarding(on: index).map(\.destination) == [far.address(.ipv4)])
    }

    @Test func `makes no tunnel that nobody needs, and keeps the link's MTU`() {
        let plan = plan([own, near])
        #expect(plan.tunnels.isEmpty)
        #expect(plan.podMTU == 1500)
    }

    @Test func `takes everybody by tunnel when told to, and pods begin with its MTU`() {
        #expect(plan([own, near], mode: .vxlan).tunnels.first?.peers.map(\.node) == ["node2"])
        #expect(plan([own], mode: .vxlan).podMTU == 1450)
    }

    @Test func `goes by IPv6 to a node that has no IPv4, with pods of both families inside`() throws {
        let other = RoutePlanTests.node("node4", ["fd20::14"], ["10.244.3.0/24", "fd00:3::/64"])
        let plan = plan([own, far, other])
        #expect(plan.tunnels.map(\.name) == ["skiff-vx4", "skiff-vx6"])
        #expect(plan.tunnels.map(\.mtu) == [1450, 1430])
        #expect(plan.podMTU == 1430)
        #expect(plan.tunnels[1].peers.map(\.podCIDRs) == [other.podCIDRs])
    }

    @Test func `reports what no tunnel reaches`() {
        let plan = plan([own, RoutePlanTests.node("node2", [], ["10.244.1.0/24"])])
        #expect(plan.problems == [.noAddress(node: "node2", .ipv4)])
        // Not a node: it has no address that others could send to.
        #expect(self.plan([far], as: "").problems.count == 2)
        let stranger = RoutePlanTests.node("node1", ["192.0.2.1"], ["10.244.0.0/24"])
        let lost = self.plan([stranger, far]).problems.map(\.reason)
        #expect(lost.contains("NodeAddressNotLocal"))
    }

    @Test func `two nodes of one address are reported, and the first keeps it`() {
        let twin = RoutePlanTests.node("node9", ["172.19.0.13"], ["10.244.9.0/24"])
        let plan = plan([own, far, twin])
        #expect(plan.tunnels.first?.peers.map(\.node) == ["node3"])
        #expect(plan.problems.map(\.reason) == ["TunnelAddressTaken"])
    }

    @Test(arguments: ["172.18.0.11", "fd18::11"])
    func `the link address is unicast, local, and follows from the node's address`(text: String) throws {
        let address: IPAddress = try #require(IPAddress(parsing: text))
        let other: IPAddress = try #require(IPAddress(parsing: text.dropLast() + "2"))
        let link = TunnelPlan.linkAddress(of: address)
        #expect(link.isLocallyAdministered && !link.isMulticast)
        #expect(link == TunnelPlan.linkAddress(of: address))
        #expect(link != TunnelPlan.linkAddress(of: other))
    }

    @Test func `ten thousand nodes are compared in the time of a sort`() {
        let nodes = (0..<10_000).map { number in
            RoutePlanTests.node("node\(number)", ["172.18.0.12"], ["10.\(number / 256).\(number % 256).0/24"])
        }
        #expect(plan(nodes).routes.count == 10_000)
    }
}

@Suite struct TunnelDifferenceTests {
    let index = InterfaceIndex(rawValue: 9)

    private func plan() throws -> TunnelPlan {
        let local: IPAddress = try #require(IPAddress(parsing: "172.18.0.11"))
        let remote: IPAddress = try #require(IPAddress(parsing: "172.19.0.13"))
        return TunnelPlan(
            settings: VXLANSettings(identifier: 75433, local: local, port: 4789), mtu: 1450,
            addresses: [try #require(IPAddress(parsing: "10.244.0.0"))],
            peers: [
                TunnelPlan.Peer(node: "node3", address: remote, podCIDRs: [try #require(CIDR(parsing: "10.244.2.0/24"))])
            ])
    }

    private func settled(_ plan: TunnelPlan) throws -> TunnelState {
        var link = TunnelDifference.creation(of: plan)
        link.setUp()
        return TunnelState(
            link: link,
            addresses: try plan.addresses.map {
                AddressMessage(try #require(InterfaceAddress($0, prefixLength: 32)), on: index, flags: .permanent)
            },
            neighbors: plan.neighbors(on: index), forwarding: plan.forwarding(on: index))
    }

    @Test func `is empty between a plan and what the kernel makes of it`() throws {
        let plan = try plan()
        let state = try settled(plan)
        #expect(TunnelDifference.requests(from: state, to: plan, on: index).isEmpty)
        #expect(TunnelDifference.device(state.link, plan) == .keep)
    }

    @Test func `makes the address, the neighbour and the entry of a new device`() throws {
        let plan = try plan()
        let requests = TunnelDifference.requests(from: TunnelState(link: LinkMessage(name: plan.name)), to: plan, on: index)
        #expect(requests.map(\.type) == [.newLink, .newAddress, .newNeighbor, .newNeighbor])
    }

    @Test func `puts right an entry that leads elsewhere, and takes away those that nobody wants`() throws {
        let plan = try plan()
        var state = try settled(plan)
        let elsewhere: IPAddress = try #require(IPAddress(parsing: "192.0.2.1"))
        state.forwarding = [
            TunnelEntryMessage(plan.peers[0].linkAddress, to: elsewhere, on: index),
            TunnelEntryMessage(MACAddress(0), to: elsewhere, on: index),
        ]
        state.neighbors.append(NeighborMessage(elsewhere, at: MACAddress(7), on: index))
        let requests = TunnelDifference.requests(from: state, to: plan, on: index)
        #expect(requests.map(\.type) == [.deleteNeighbor, .newNeighbor, .deleteNeighbor, .deleteNeighbor])
    }

    @Test func `a device with other settings is made anew`() throws {
        let plan = try plan()
        var link = TunnelDifference.creation(of: plan)
        link.kind = .vxlan(VXLANSettings(identifier: 1, local: plan.settings.local, port: 4789))
        #expect(TunnelDifference.device(link, plan) == .recreate)
        #expect(TunnelDifference.device(nil, plan) == .create)
    }
}

@Suite struct MovedRouteTests {
    @Test(arguments: [("fd00:3::/64", [RoutePlanTests.index(3)]), ("10.244.3.0/24", [])])
    func `a route of IPv6 that moves into a tunnel is not there when the new one comes`(
        prefix: String, deleted: [InterfaceIndex]
    ) throws {
        let range = try #require(CIDR(parsing: prefix))
        let old = RouteMessage(range, via: range.first, on: RoutePlanTests.index(3), origin: .node)
        let new = RouteMessage(range, via: range.first, on: RoutePlanTests.index(9), origin: .node, onLink: true)
        let difference = RouteDifference(actual: [old], desired: [new])
        #expect(difference.delete.compactMap(\.index) == deleted)
        #expect(difference.replace == [new])
        #expect(RouteDifference(actual: [new], desired: [new]).isEmpty)
    }
}

@Suite struct PodCIDRHistoryTests {
    @Test func `reports a change once, and none for what a node gets first or beside`() throws {
        var history = PodCIDRHistory()
        let first = RoutePlanTests.node("node2", [], ["10.244.1.0/24"])
        #expect(history.listed([first]).isEmpty)
        #expect(history.listed([]).isEmpty)
        #expect(history.listed([RoutePlanTests.node("node2", [], ["10.244.1.0/24", "fd00:1::/64"])]).isEmpty)
        let moved = RoutePlanTests.node("node2", [], ["10.244.7.0/24"])
        #expect(history.listed([moved]).map(\.node) == ["node2"])
        #expect(history.listed([moved]).isEmpty)
    }

    @Test func `hears of what an earlier process left`() throws {
        var history = PodCIDRHistory()
        history.remember("node1", [try #require(CIDR(parsing: "10.244.5.0/24"))])
        #expect(history.listed([RoutePlanTests.node("node1", [], ["10.244.0.0/24"])]).count == 1)
    }
}
