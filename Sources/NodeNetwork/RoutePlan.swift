package import Netlink
package import NetworkTypes

/// Which routes lead from this node to the pods of all nodes, and which cannot be made.
package struct RoutePlan: Hashable, Sendable {
    package enum Problem: Hashable, Sendable, CustomStringConvertible {
        case unreadable(node: String, text: String)
        /// An older node has these pods already; routing them elsewhere would take them from it.
        case overlap(node: String, CIDR, other: String, CIDR)
        /// The prefix covers an address of this node's own links: routing it would cut the node off.
        case coversUnderlay(node: String, CIDR, link: String)
        case noAddress(node: String, IPFamily)
        /// Reached through a router only; direct routes need a shared link.
        case notOnLink(node: String, IPAddress)

        package var description: String {
            switch self {
            case .unreadable(let node, let text): "node \(node): podCIDR \"\(text)\" is no prefix"
            case .overlap(let node, let cidr, let other, let otherCIDR):
                "node \(node): podCIDR \(cidr) overlaps \(otherCIDR) of node \(other)"
            case .coversUnderlay(let node, let cidr, let link): "node \(node): podCIDR \(cidr) covers the network of link \(link)"
            case .noAddress(let node, let family): "node \(node): no \(family.kubernetesName) InternalIP"
            case .notOnLink(let node, let address): "node \(node): \(address) is not on a link of this node"
            }
        }
    }

    /// Sorted by destination.
    package var routes: [RouteMessage]
    package var problems: [Problem]
    /// This node's own prefixes, but for those in a problem.
    package var ownPodCIDRs: [CIDR]

    /// - Parameters:
    ///   - nodes: Every Node of the cluster, in any order.
    ///   - nodeName: This node.
    package static func compute(nodes: [NodeView], nodeName: String, underlay: Underlay) -> RoutePlan {
        var plan = RoutePlan(routes: [], problems: [], ownPodCIDRs: [])
        var accepted: [(node: String, cidr: CIDR)] = []
        for node in nodes.sorted(by: { ($0.created, $0.name) < ($1.created, $1.name) }) {
            plan.problems += node.unreadable.map { .unreadable(node: node.name, text: $0) }
            for cidr in node.podCIDRs {
                if let other = accepted.first(where: { $0.cidr.overlaps(cidr) }) {
                    plan.problems.append(.overlap(node: node.name, cidr, other: other.node, other.cidr))
                    continue
                }
                if let link = underlay.links.first(where: { $0.addresses.contains { $0.network.overlaps(cidr) } }) {
                    plan.problems.append(.coversUnderlay(node: node.name, cidr, link: link.name))
                    continue
                }
                accepted.append((node.name, cidr))
                if node.name == nodeName {
                    plan.ownPodCIDRs.append(cidr)
                    plan.routes.append(Self.ownRange(cidr))
                } else {
                    plan.add(cidr, of: node, underlay)
                }
            }
        }
        plan.routes.sort { $0.destination < $1.destination }
        return plan
    }

    private mutating func add(_ cidr: CIDR, of node: NodeView, _ underlay: Underlay) {
        guard let address = node.address(cidr.family) else {
            problems.append(.noAddress(node: node.name, cidr.family))
            return
        }
        guard let link = underlay.link(reaching: address) else {
            problems.append(.notOnLink(node: node.name, address))
            return
        }
        routes.append(RouteMessage(cidr, via: address, on: link.index, origin: .node))
    }

    /// Pods' own routes are longer and win. What is left, addresses that no pod has, is refused here: by the default route it
    /// would travel to a router that may send it straight back.
    private static func ownRange(_ cidr: CIDR) -> RouteMessage {
        RouteMessage(cidr, on: nil, origin: .node, scope: .universe, kind: .unreachable)
    }
}
