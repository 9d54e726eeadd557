import API
package import JSON

/// Brings a bootstrap role or binding back to what it should be, keeping what people added.
///
/// - SeeAlso: Kubernetes 1.36 `component-helpers/auth/rbac/reconciliation/reconcile_role.go`, `reconcile_rolebindings.go`.
package enum PolicyReconciliation {
    package enum Action: Hashable, Sendable {
        case keep
        case update(JSONValue)
        /// The role reference cannot be changed: the binding is deleted and made anew.
        case recreate(JSONValue)
    }

    /// - Parameter found: As it is in the store; an object that opted out of updates is kept as it is.
    package static func plan(expected: JSONValue, found: JSONValue) -> Action {
        guard found["metadata"]?["annotations"]?[BootstrapPolicy.autoUpdate]?.string != "false" else { return .keep }
        var new = found
        mergeMetadata(expected, into: &new)
        if let reference = expected["roleRef"] {
            guard normalized(reference) == normalized(found["roleRef"] ?? .null) else { return .recreate(expected) }
            mergeSubjects(expected, into: &new)
        } else if let aggregation = expected["aggregationRule"] {
            mergeAggregation(aggregation, into: &new)
        } else {
            mergeRules(expected, into: &new)
        }
        return new == found ? .keep : .update(new)
    }

    private static func normalized(_ reference: JSONValue) -> [String] {
        let group = reference["apiGroup"]?.string ?? ""
        return [group.isEmpty ? BootstrapPolicy.group : group, reference["kind"]?.string ?? "", reference["name"]?.string ?? ""]
    }

    /// What is written on the object stays; what is missing is added.
    private static func mergeMetadata(_ expected: JSONValue, into new: inout JSONValue) {
        for field in ["labels", "annotations"] {
            for (key, value) in expected["metadata"]?[field]?.object?.strings ?? [:]
            where new["metadata"]?[field]?[key] == nil {
                new[path: ["metadata", field, key]] = .string(value)
            }
        }
    }

    private static func mergeRules(_ expected: JSONValue, into new: inout JSONValue) {
        let owned = (new["rules"]?.array ?? []).map(PolicyRule.init(json:))
        let missing = (expected["rules"]?.array ?? []).map(PolicyRule.init(json:)).filter { rule in
            !rule.simple.allSatisfy { part in owned.contains { $0.covers(part) } }
        }
        guard !missing.isEmpty else { return }
        new["rules"] = .array((new["rules"]?.array ?? []) + missing.map(\.json))
    }

    private static func mergeAggregation(_ expected: JSONValue, into new: inout JSONValue) {
        let found = new["aggregationRule"]?["clusterRoleSelectors"]?.array ?? []
        let missing = (expected["clusterRoleSelectors"]?.array ?? []).filter { !found.contains($0) }
        guard !missing.isEmpty else { return }
        new["aggregationRule"] = ["clusterRoleSelectors": .array(found + missing)]
    }

    private static func mergeSubjects(_ expected: JSONValue, into new: inout JSONValue) {
        let found = new["subjects"]?.array ?? []
        let missing = (expected["subjects"]?.array ?? []).filter { subject in
            !found.contains { other in
                ["kind", "name", "namespace"].allSatisfy { (other[$0]?.string ?? "") == (subject[$0]?.string ?? "") }
            }
        }
        guard !missing.isEmpty else { return }
        new["subjects"] = .array(found + missing)
    }
}
