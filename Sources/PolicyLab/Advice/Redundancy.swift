import JSON
import NetworkTypes
import Policy

/// Rules that could go: the same pods would reach each other without them.
enum Redundancy {
    /// Larger inputs are not tried: every rule costs a new matrix for each port.
    private static let workMax = 40_000_000

    static func findings(_ oracle: LabOracle, _ options: ProbeOptions) -> [LintFinding] {
        let model = oracle.model
        let ports = Set(model.networkedPods.flatMap { options.ports(of: $0) }).sorted()
        let rules = model.policies.reduce(0) { $0 + RuleEdit.places(of: $1).count }
        guard rules * ports.count * model.networkedPods.count * model.networkedPods.count <= workMax else { return [] }
        let today = picture(oracle, ports, options.families)
        var findings: [LintFinding] = []
        for (position, policy) in model.policies.enumerated() where !policy.isClusterWide {
            for place in RuleEdit.places(of: policy) where !speaksOfAddresses(place.rule) {
                var changed = model.policies
                changed[position] = RuleEdit.removing(place, from: policy)
                let without = LabOracle(model, policies: changed, options: oracle.engine.options)
                guard picture(without, ports, options.families) == today else { continue }
                findings.append(
                    LintFinding(
                        rule: .redundantRule,
                        message:
                            "\(policy.key) \(place.direction)[\(place.index)]: without it the same pods of the input reach each other",
                        place: policy.object.place(of: "spec.\(place.direction)[\(place.index)]")))
            }
        }
        return findings
    }

    private static func picture(_ oracle: LabOracle, _ ports: [ListeningPort], _ families: [IPFamily]) -> [ReachabilityMatrix] {
        families.flatMap { family in
            let reachability = Reachability(oracle.engine, family: family)
            return ports.map { reachability.matrix($0.transport, $0.number.rawValue) }
        }
    }

    /// What lies outside the input cannot be judged: addresses, and rules without peers.
    private static func speaksOfAddresses(_ rule: JSONValue) -> Bool {
        let peers = (rule["from"]?.array ?? []) + (rule["to"]?.array ?? [])
        return peers.isEmpty || peers.contains { $0["ipBlock"] != nil || $0["networks"] != nil || $0["nodes"] != nil }
    }
}

/// Where a rule stands in a policy, and policies without one.
struct RuleEdit {
    struct Place: Hashable {
        /// `ingress` or `egress`.
        var direction: String
        var index: Int
        var rule: JSONValue
    }

    static func places(of policy: LabPolicy) -> [Place] {
        ["ingress", "egress"].flatMap { direction in
            (policy.value["spec"]?[direction]?.array ?? []).enumerated().map {
                Place(direction: direction, index: $0, rule: $1)
            }
        }
    }

    static func removing(_ place: Place, from policy: LabPolicy) -> LabPolicy {
        var rules = policy.value["spec"]?[place.direction]?.array ?? []
        rules.remove(at: place.index)
        return replacing(policy, ["spec", place.direction], .array(rules))
    }

    static func replacing(_ policy: LabPolicy, _ path: [String], _ value: JSONValue?) -> LabPolicy {
        var changed = policy
        changed.object.value[path: path] = value
        return changed
    }
}
