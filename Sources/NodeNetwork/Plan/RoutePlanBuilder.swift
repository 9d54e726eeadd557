import Netlink
import NetworkTypes

/// Takes nodes one after another, the oldest first, and decides by which way each is reached.
struct RoutePlanBuilder {
    private let own: NodeView?
    private let nodeName: String
    private let underlay: Underlay
    private let settings: TunnelSettings
    private var plan = RoutePlan(routes: [], tunnels: [], directNodeAddresses: [], problems: [], ownPodCIDRs: [])
    private var accepted = PrefixRegistry()
    /// By name.
    private var peers: [IPFamily: [String: TunnelPlan.Peer]] = [:]
    /// Links that direct routes use.
    private var usedLinks: Set<InterfaceIndex> = []

    init(own: NodeView?, nodeName: String, underlay: Underlay, settings: TunnelSettings) {
        self.own = own
        self.nodeName = nodeName
        self.underlay = underlay
        self.settings = settings
    }

    mutating func add(_ node: NodeView) {
        plan.problems += node.unreadable.map { .unreadable(node: node.name, text: $0) }
        plan.directNodeAddresses += node.addresses.filter { node.name == nodeName || isDirect($0) }
        for cidr in node.podCIDRs {
            if let other = accepted.holder(of: cidr) {
                plan.problems.append(.overlap(node: node.name, cidr, other: other.owner, other.prefix))
                continue
            }
            if let link = underlay.links.first(where: { $0.addresses.contains { $0.network.overlaps(cidr) } }) {
                plan.problems.append(.coversUnderlay(node: node.name, cidr, link: link.name))
                continue
            }
            accepted.insert(cidr, owner: node.name)
            if node.name == nodeName {
                plan.ownPodCIDRs.append(cidr)
                plan.routes.append(Self.ownRange(cidr))
            } else {
                route(cidr, of: node)
            }
        }
    }

    /// A shared link of the pods' own family, else a tunnel by whatever family both nodes have.
    private mutating func route(_ cidr: CIDR, of node: NodeView) {
        let address = node.address(cidr.family)
        if settings.mode != .vxlan, let address, let link = underlay.link(reaching: address) {
            plan.routes.append(RouteMessage(cidr, via: address, on: link.index, origin: .node))
            usedLinks.insert(link.index)
            return
        }
        if settings.mode != .direct, let own {
            let common = IPFamily.allCases.first { own.address($0) != nil && node.address($0) != nil }
            if let common, let other = node.address(common) {
                addPeer(cidr, of: node.name, at: other)
                return
            }
        }
        plan.problems.append(
            address.map { .notOnLink(node: node.name, $0) } ?? .noAddress(node: node.name, cidr.family))
    }

    private func isDirect(_ address: IPAddress) -> Bool {
        switch settings.mode {
        case .auto: underlay.link(reaching: address) != nil
        case .direct: true
        case .vxlan: false
        }
    }

    private mutating func addPeer(_ cidr: CIDR, of node: String, at address: IPAddress) {
        let new = TunnelPlan.Peer(node: node, address: address, podCIDRs: [])
        peers[address.family, default: [:]][node, default: new].podCIDRs.append(cidr)
    }

    mutating func finish() -> RoutePlan {
        for family in IPFamily.allCases {
            guard let peers = peers[family]?.values.sorted(by: { $0.node < $1.node }), let local = own?.address(family) else {
                continue
            }
            guard let link = underlay.links.first(where: { $0.addresses.contains { $0.address == local } }) else {
                plan.problems.append(.foreignAddress(node: nodeName, local))
                continue
            }
            plan.tunnels.append(
                TunnelPlan(
                    settings: VXLANSettings(identifier: settings.identifier, local: local, port: settings.port),
                    mtu: settings.mtu(family, over: link.mtu), addresses: tunnelAddresses,
                    peers: distinct(peers, local)))
        }
        plan.routes.sort { $0.destination < $1.destination }
        plan.podMTU = podMTU
        return plan
    }

    private var tunnelAddresses: [IPAddress] {
        IPFamily.allCases.compactMap { family in plan.ownPodCIDRs.first { $0.family == family }?.first }
    }

    private mutating func distinct(_ peers: [TunnelPlan.Peer], _ local: IPAddress) -> [TunnelPlan.Peer] {
        var owners = [TunnelPlan.linkAddress(of: local): nodeName]
        return peers.filter { peer in
            guard let other = owners.updateValue(peer.node, forKey: peer.linkAddress) else { return true }
            owners[peer.linkAddress] = other
            plan.problems.append(.sameLinkAddress(node: peer.node, other: other, peer.linkAddress))
            return false
        }
    }

    /// The link that has the node's address counts also while no other node is known: pods that start now stay.
    private var podMTU: UInt32? {
        let home = underlay.link(having: own?.addresses ?? [])
        var ways = underlay.links.filter { usedLinks.contains($0.index) }.map(\.mtu) + plan.tunnels.map(\.mtu)
        if let home, let family = own?.addresses.first?.family {
            ways.append(settings.mode == .vxlan ? settings.mtu(family, over: home.mtu) : home.mtu)
        }
        return ways.min() ?? underlay.links.map(\.mtu).min()
    }

    /// Pods' own routes are longer and win. What is left, addresses that no pod has, is refused here: by the default route it
    /// would travel to a router that may send it straight back.
    private static func ownRange(_ cidr: CIDR) -> RouteMessage {
        RouteMessage(cidr, on: nil, origin: .node, scope: .universe, kind: .unreachable)
    }
}
