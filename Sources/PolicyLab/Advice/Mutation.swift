import API
import JSON
package import Policy

/// A policy changed in one place, to see whether the expectations notice.
package struct Mutant: Sendable {
    /// `drop shop/web ingress[0]`.
    package var title: String
    package var place: SourcePlace
    package var policies: [LabPolicy]
}

/// What became of a mutant.
package struct MutantOutcome: Sendable {
    package enum Fate: Hashable, Sendable {
        /// These expectations fail with it.
        case killed(by: String)
        /// No expectation notices, and the pods' reachability differs in this connection.
        case survived(String)
        /// No connection between the input's pods and hosts differs: there is nothing to notice.
        case equivalent
    }

    package var mutant: Mutant
    package var fate: Fate
}

/// Makes mutants and judges them with the engine.
package enum Mutation {
    /// Every mutant with one part dropped or opened.
    package static func mutants(_ model: LabModel) -> [Mutant] {
        var result: [Mutant] = []
        for (position, policy) in model.policies.enumerated() {
            let name = policy.isClusterWide ? policy.name : policy.key.description
            func add(_ title: String, _ field: String, _ changed: LabPolicy?) {
                var policies = model.policies
                if let changed { policies[position] = changed } else { policies.remove(at: position) }
                result.append(Mutant(title: title, place: policy.object.place(of: field), policies: policies))
            }
            add("drop policy \(name)", "metadata", nil)
            for place in RuleEdit.places(of: policy) {
                let field = "spec.\(place.direction)[\(place.index)]"
                add("drop \(name) \(place.direction)[\(place.index)]", field, RuleEdit.removing(place, from: policy))
                for (title, below, rule) in changes(of: place.rule) {
                    var rules = policy.value["spec"]?[place.direction]?.array ?? []
                    rules[place.index] = rule
                    add(
                        "\(title) of \(name) \(place.direction)[\(place.index)]", field + below,
                        RuleEdit.replacing(policy, ["spec", place.direction], .array(rules)))
                }
            }
        }
        return result
    }

    /// A rule without one of its peers or ports, without all of them, and with wider selectors.
    private static func changes(of rule: JSONValue) -> [(title: String, below: String, rule: JSONValue)] {
        var result: [(title: String, below: String, rule: JSONValue)] = []
        for list in ["from", "to", "ports", "protocols"] {
            guard let items = rule[list]?.array, !items.isEmpty else { continue }
            if list == "ports" || list == "protocols" {
                var changed = rule
                changed[list] = nil as JSONValue?
                result.append(("open every port", ".\(list)", changed))
            } else {
                for (index, peer) in items.enumerated() {
                    for (title, wider) in widened(peer) {
                        var others = items
                        others[index] = wider
                        var changed = rule
                        changed[list] = .array(others)
                        result.append(("\(title) in \(list)[\(index)]", ".\(list)[\(index)]", changed))
                    }
                }
            }
            guard items.count > 1 else { continue }
            for index in items.indices {
                var others = items
                others.remove(at: index)
                var changed = rule
                changed[list] = .array(others)
                result.append(("drop \(list)[\(index)]", ".\(list)[\(index)]", changed))
            }
        }
        return result
    }

    private static func widened(_ peer: JSONValue) -> [(String, JSONValue)] {
        var result: [(String, JSONValue)] = []
        for selector in ["podSelector", "namespaceSelector"] {
            guard let object = peer[selector]?.object, !object.isEmpty else { continue }
            var wider = peer
            wider[selector] = [:]
            result.append(("widen \(selector)", wider))
        }
        if peer["ipBlock"]?["except"]?.array?.isEmpty == false {
            var wider = peer
            wider[path: ["ipBlock", "except"]] = []
            result.append(("drop except", wider))
        }
        return result
    }

    /// Asks the expectations, then every pair of pods and every probe of the expectations.
    package static func judge(
        _ mutant: Mutant, _ plan: ExpectationPlan, pairs: [Probe], original: [Bool], options: PolicyOptions, model: LabModel
    ) -> MutantOutcome {
        let oracle = LabOracle(model, policies: mutant.policies, options: options)
        let run = LabRun(oracle, plan.plan.probes)
        if let failed = TestOutcome(plan, run).failed.first {
            return MutantOutcome(mutant: mutant, fate: .killed(by: failed.title))
        }
        let changed = LabRun(oracle, pairs)
        for index in pairs.indices where changed.marks[index].isAllowed != original[index] {
            let word = original[index] ? "now denied" : "now allowed"
            return MutantOutcome(mutant: mutant, fate: .survived("\(oracle.name(pairs[index])) is \(word)"))
        }
        return MutantOutcome(mutant: mutant, fate: .equivalent)
    }
}
