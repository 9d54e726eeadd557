package import API
package import ControlLoop
import JSON
package import NetworkTypes

/// Gives every node its ranges of pod addresses out of the cluster's, one of each family.
///
/// Which ranges are taken is read from the nodes, so nothing is kept that could be lost. Run it with one worker: its next
/// decision must see the last one.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/nodeipam/ipam/range_allocator.go`.
package struct NodeIPAMController: Controller {
    package static let name = "node-ipam-controller"

    /// The parts of a cluster's range that a node can get.
    private let ranges: [CIDR.Subnets]

    /// - Parameters:
    ///   - clusterCIDRs: `10.244.0.0/16`, and one of the other family behind it where there are two.
    ///   - nodePrefixLengths: 24 gives a node 256 addresses of IPv4.
    package init(clusterCIDRs: [CIDR], nodePrefixLengths: NodePrefixLengths = NodePrefixLengths()) {
        ranges = clusterCIDRs.map { $0.subnets(prefixLength: nodePrefixLengths[$0.family]) }
    }

    package init(clusterCIDR: CIDR) { self.init(clusterCIDRs: [clusterCIDR]) }

    package var triggers: [Trigger<NamespacedName>] { [.itself(Node.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        // What a node has stays, also when the cluster has got a second family since: pods have the addresses.
        guard let node = snapshot.get(Node.self, key), !node.metadata.isBeingDeleted, node.podCIDR.isEmpty else {
            return .settled
        }
        let texts = Set(snapshot.list(Node.self).flatMap { $0.podCIDRs + [$0.podCIDR] })
        // Nodes may have brought ranges of another size: a part that holds or lies in one of them is taken too.
        let foreign = texts.compactMap { CIDR(parsing: $0) }.filter { taken in ranges.allSatisfy { $0.index(of: taken) == nil } }
        let free = ranges.compactMap { parts in
            parts.lazy.first { part in !texts.contains(part.description) && !foreign.contains { $0.overlaps(part) } }
        }
        // A node gets one of each family or none.
        guard free.count == ranges.count, let first = free.first else {
            return Plan(
                notices: [
                    Plan.Notice(
                        ObjectReference(to: node), type: "Normal", reason: "CIDRNotAvailable",
                        message: "Node \(node.metadata.name) status is now: CIDRNotAvailable")
                ],
                lookAgainAfter: .seconds(30))
        }
        return Plan([
            .merge(
                Node.resource, key,
                ["spec": ["podCIDR": .string(first.description), "podCIDRs": JSONValue(free.map(\.description))]],
                revision: node.metadata.resourceVersion, tolerates: .notFound)
        ])
    }
}

/// How long the prefix of one node is, by family: `--node-cidr-mask-size-ipv4` and `-ipv6`.
package struct NodePrefixLengths: Hashable, Sendable {
    package var ipv4: Int
    package var ipv6: Int

    /// Upstream's defaults.
    package init(ipv4: Int = 24, ipv6: Int = 64) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    package subscript(family: IPFamily) -> Int { family == .ipv4 ? ipv4 : ipv6 }
}
