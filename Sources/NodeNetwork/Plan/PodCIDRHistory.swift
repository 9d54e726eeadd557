package import NetworkTypes

/// Remembers every node's ranges, so that a change does not pass in silence: pods keep the addresses that they have.
package struct PodCIDRHistory: Sendable {
    private var known: [String: [CIDR]] = [:]

    package struct Change: Hashable, Sendable, CustomStringConvertible {
        package var node: String
        package var old: [CIDR]
        package var new: [CIDR]

        package var description: String {
            func text(_ list: [CIDR]) -> String { list.map(\.description).joined(separator: ",") }
            return "node \(node): podCIDRs changed from \(text(old)) to \(text(new)); pods that have addresses of the old ones "
                + "are not reached any more until they are started again"
        }
    }

    package init() {}

    /// What an earlier process left behind for this node.
    package mutating func remember(_ node: String, _ podCIDRs: [CIDR]) { known[node] = podCIDRs }

    /// Ranges that were given, taken away or exchanged; a node's first ones are no change. Nodes that are gone are remembered:
    /// one that comes back with others must be told about.
    package mutating func listed(_ nodes: [NodeView]) -> [Change] {
        var changes: [Change] = []
        for node in nodes where !node.podCIDRs.isEmpty {
            let old = known.updateValue(node.podCIDRs, forKey: node.name)
            guard let old, !old.isEmpty, !old.allSatisfy(node.podCIDRs.contains) else { continue }
            changes.append(Change(node: node.name, old: old, new: node.podCIDRs))
        }
        // Names of nodes that will not come back must not pile up.
        if known.count > 2 * nodes.count + Self.goneMax {
            let names = Set(nodes.map(\.name))
            known = known.filter { names.contains($0.key) }
        }
        return changes
    }

    /// Nodes that are gone and still remembered.
    static let goneMax = 1000
}
