import API
import JSON
import Policy

/// Which rules, peers and ports a set of probes makes use of.
package struct Coverage: Sendable {
    /// One part of one policy.
    package struct Item: Hashable, Sendable {
        /// `shop/web ingress[0].from[1]`.
        package var name: String
        package var place: SourcePlace
        /// Allowed (ClusterNetworkPolicy: decided) connections that match it.
        package var uses: Int
        /// A rule as a whole, not one of its peers or ports.
        package var isRule: Bool
    }

    package let items: [Item]
    /// Policies that isolate nobody in any of the connections.
    package let idlePolicies: [LabPolicy]

    package var usedCount: Int { items.count { $0.uses > 0 } }

    package init(_ oracle: LabOracle, _ probes: [Probe]) {
        var uses: [String: Int] = [:]
        var busy: Set<PolicyReference> = []
        for probe in probes {
            guard let verdict = oracle.verdict(probe) else { continue }
            for side in [verdict.egress, verdict.ingress] {
                busy.formUnion(side.isolatedBy)
                var rules = side.allowedBy + side.passedBy
                if case .rule(let rule) = side.reason, !rules.contains(rule) { rules.append(rule) }
                for rule in rules {
                    busy.insert(rule.policy)
                    let key = Self.key(rule.policy, rule.direction.rawValue, rule.index)
                    uses[key, default: 0] += 1
                    let peers = rule.direction == .ingress ? "from" : "to"
                    if let peer = rule.peer { uses["\(key).\(peers)[\(peer)]", default: 0] += 1 }
                    if let port = rule.port { uses["\(key).ports[\(port)]", default: 0] += 1 }
                }
            }
        }
        items = oracle.model.policies.flatMap { Self.items(of: $0, uses) }
        idlePolicies = oracle.model.policies.filter { !busy.contains($0.reference) }
    }

    private static func key(_ policy: PolicyReference, _ direction: String, _ index: Int) -> String {
        "\(policy) \(direction)[\(index)]"
    }

    private static func items(of policy: LabPolicy, _ uses: [String: Int]) -> [Item] {
        RuleEdit.places(of: policy).flatMap { place -> [Item] in
            let key = key(policy.reference, place.direction, place.index)
            let field = "spec.\(place.direction)[\(place.index)]"
            let name = policy.isClusterWide ? policy.name : policy.key.description
            func item(_ below: String) -> Item {
                Item(
                    name: "\(name) \(place.direction)[\(place.index)]\(below)", place: policy.object.place(of: field + below),
                    uses: uses[key + below] ?? 0, isRule: below.isEmpty)
            }
            var items = [item("")]
            // Peers of a ClusterNetworkPolicy that hold several networks are several in the engine: the rule alone counts.
            guard !policy.isClusterWide else { return items }
            for list in ["from", "to", "ports"] {
                let count = place.rule[list]?.array?.count ?? 0
                for index in 0..<count { items.append(item(".\(list)[\(index)]")) }
            }
            return items
        }
    }
}
