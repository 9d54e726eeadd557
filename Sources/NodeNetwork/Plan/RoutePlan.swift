package import Netlink
package import NetworkTypes

/// Which routes lead from this node to the pods of all nodes, and which cannot be made.
package struct RoutePlan: Hashable, Sendable {
    /// By links that this node shares with others, and the one that refuses what is left of its own range. Sorted by
    /// destination.
    package var routes: [RouteMessage]
    /// By family, IPv4 first; only those that some node needs.
    package var tunnels: [TunnelPlan]
    /// Of all nodes, those that pods here reach by their own addresses: this node's, and those on a link of ours. Behind a router,
    /// or where everything goes by tunnel, packets with pods' addresses may be dropped on the way to the node itself.
    package var directNodeAddresses: [IPAddress]
    package var problems: [RoutingProblem]
    /// This node's own prefixes, but for those in a problem.
    package var ownPodCIDRs: [CIDR]
    /// What pods may send in one packet: the least of all ways that lead to other nodes, in bytes; nil without any link.
    package var podMTU: UInt32?

    /// - Parameters:
    ///   - nodes: Every Node of the cluster, in any order.
    ///   - nodeName: This node; a name that no Node has: routes only, no tunnel and no range of its own.
    package static func compute(
        nodes: [NodeView], nodeName: String, underlay: Underlay, settings: TunnelSettings = TunnelSettings()
    ) -> RoutePlan {
        var builder = RoutePlanBuilder(
            own: nodes.first { $0.name == nodeName }, nodeName: nodeName, underlay: underlay, settings: settings)
        for node in nodes.sorted(by: { ($0.created, $0.name) < ($1.created, $1.name) }) { builder.add(node) }
        return builder.finish()
    }
}

/// Why pods of a node are not routed, or not as somebody might expect. Each is reported once, until it changes.
package enum RoutingProblem: Hashable, Sendable, CustomStringConvertible {
    case unreadable(node: String, text: String)
    /// An older node has these pods already; routing them elsewhere would take them from it.
    case overlap(node: String, CIDR, other: String, CIDR)
    /// The prefix covers an address of this node's own links: routing it would cut the node off.
    case coversUnderlay(node: String, CIDR, link: String)
    case noAddress(node: String, IPFamily)
    /// Reached through a router only, and tunnels are off or this process has none.
    case notOnLink(node: String, IPAddress)
    /// No link of this machine has the address that the Node object names, so nothing could come from it.
    case foreignAddress(node: String, IPAddress)
    /// Two nodes with one address, or a hash that is the same by chance.
    case sameLinkAddress(node: String, other: String, MACAddress)

    /// The node that it is about.
    package var node: String {
        switch self {
        case .unreadable(let node, _), .overlap(let node, _, _, _), .coversUnderlay(let node, _, _), .noAddress(let node, _),
            .notOnLink(let node, _), .foreignAddress(let node, _), .sameLinkAddress(let node, _, _):
            node
        }
    }

    /// In the manner of an event's reason.
    package var reason: String {
        switch self {
        case .unreadable: "PodCIDRUnreadable"
        case .overlap: "PodCIDROverlap"
        case .coversUnderlay: "PodCIDRCoversNodeNetwork"
        case .noAddress: "NodeWithoutAddress"
        case .notOnLink: "NodeNotOnLink"
        case .foreignAddress: "NodeAddressNotLocal"
        case .sameLinkAddress: "TunnelAddressTaken"
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let node, let text): "node \(node): podCIDR \"\(text)\" is no prefix"
        case .overlap(let node, let cidr, let other, let otherCIDR):
            "node \(node): podCIDR \(cidr) overlaps \(otherCIDR) of node \(other)"
        case .coversUnderlay(let node, let cidr, let link): "node \(node): podCIDR \(cidr) covers the network of link \(link)"
        case .noAddress(let node, let family): "node \(node): no \(family.kubernetesName) InternalIP"
        case .notOnLink(let node, let address): "node \(node): \(address) is not on a link of this node"
        case .foreignAddress(let node, let address): "node \(node): no link of this machine has its InternalIP \(address)"
        case .sameLinkAddress(let node, let other, let address):
            "node \(node): its tunnel has the link address \(address) of node \(other)"
        }
    }
}
