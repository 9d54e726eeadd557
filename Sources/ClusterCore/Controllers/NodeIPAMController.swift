package import API
package import ControlLoop
import JSON
package import NetworkTypes

/// Gives every node its range of pod addresses out of the cluster's.
///
/// Which ranges are taken is read from the nodes, so nothing is kept that could be lost. Run it with one worker: its next
/// decision must see the last one.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/nodeipam/ipam/range_allocator.go`.
package struct NodeIPAMController: Controller {
    package static let name = "node-ipam-controller"

    private let ranges: CIDR.Subnets

    /// - Parameters:
    ///   - clusterCIDR: `10.244.0.0/16`
    ///   - nodePrefixLength: 24 gives a node 256 addresses.
    package init(clusterCIDR: CIDR, nodePrefixLength: Int = 24) {
        ranges = clusterCIDR.subnets(prefixLength: nodePrefixLength)
    }

    package var triggers: [Trigger<NamespacedName>] { [.itself(Node.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let node = snapshot.get(Node.self, key), !node.metadata.isBeingDeleted, node.podCIDR.isEmpty else {
            return .settled
        }
        let taken = Set(snapshot.list(Node.self).flatMap { $0.podCIDRs + [$0.podCIDR] })
        guard let free = ranges.lazy.map(\.description).first(where: { !taken.contains($0) }) else {
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
                Node.resource, key, ["spec": ["podCIDR": .string(free), "podCIDRs": [.string(free)]]],
                revision: node.metadata.resourceVersion, tolerates: .notFound)
        ])
    }
}
