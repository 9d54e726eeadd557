import API
package import JSON

/// One rule of a Role or ClusterRole.
///
/// - SeeAlso: Kubernetes 1.36 `component-helpers/auth/rbac/validation/policy_comparator.go`, `pkg/apis/rbac/v1/evaluation_helpers.go`.
package struct PolicyRule: Hashable, Sendable {
    package var verbs: [String]
    package var groups: [String]
    package var resources: [String]
    package var names: [String]
    package var paths: [String]

    package init(
        verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], paths: [String] = []
    ) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.paths = paths
    }

    package init(json: JSONValue) {
        func strings(_ name: String) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }
        self.init(
            verbs: strings("verbs"), groups: strings("apiGroups"), resources: strings("resources"),
            names: strings("resourceNames"), paths: strings("nonResourceURLs"))
    }

    package var json: JSONValue {
        var result: JSONValue = [:]
        if !groups.isEmpty { result["apiGroups"] = JSONValue(groups) }
        if !resources.isEmpty { result["resources"] = JSONValue(resources) }
        if !names.isEmpty { result["resourceNames"] = JSONValue(names) }
        if !paths.isEmpty { result["nonResourceURLs"] = JSONValue(paths) }
        result["verbs"] = JSONValue(verbs)
        return result
    }

    package func allows(_ request: AccessRequest) -> Bool {
        guard verbs.contains("*") || verbs.contains(request.verb) else { return false }
        if let path = request.nonResourcePath { return paths.contains { Self.path($0, covers: path) } }
        guard groups.contains("*") || groups.contains(request.group) else { return false }
        let combined = request.combinedResource
        let resourceAllowed = resources.contains { rule in
            rule == "*" || rule == combined || (!request.subresource.isEmpty && rule == "*/\(request.subresource)")
        }
        guard resourceAllowed else { return false }
        return names.isEmpty || names.contains(request.name)
    }

    /// A trailing star stands for anything.
    private static func path(_ rule: String, covers path: String) -> Bool {
        if rule == "*" || rule == path { return true }
        guard rule.hasSuffix("*") else { return false }
        var stem = rule[...]
        while stem.last == "*" { stem = stem.dropLast() }
        return path.hasPrefix(stem)
    }
}

// Comparing rules: whoever grants rights must hold them.
extension PolicyRule {
    /// The same rights as rules with one verb, one group, one resource and at most one name each.
    var simple: [PolicyRule] {
        var result: [PolicyRule] = []
        for group in groups {
            for resource in resources {
                for verb in verbs {
                    let names = self.names.isEmpty ? [[]] : self.names.map { [$0] }
                    result += names.map { PolicyRule(verbs: [verb], groups: [group], resources: [resource], names: $0) }
                }
            }
        }
        for path in paths { result += verbs.map { PolicyRule(verbs: [$0], paths: [path]) } }
        return result
    }

    /// Whether whoever holds this rule holds the other one.
    ///
    /// - SeeAlso: Kubernetes 1.36 `component-helpers/auth/rbac/validation/policy_comparator.go`, `ruleCovers`.
    func covers(_ other: PolicyRule) -> Bool {
        func holds(_ own: [String], _ wanted: [String]) -> Bool { own.contains("*") || wanted.allSatisfy(own.contains) }
        guard holds(verbs, other.verbs), holds(groups, other.groups) else { return false }
        let resourcesHeld =
            resources.contains("*")
            || other.resources.allSatisfy { wanted in
                if resources.contains(wanted) { return true }
                guard let slash = wanted.firstIndex(of: "/") else { return false }
                return resources.contains("*" + wanted[slash...])
            }
        guard resourcesHeld else { return false }
        guard other.paths.allSatisfy({ wanted in paths.contains { Self.path($0, covers: wanted) } }) else { return false }
        return names.isEmpty || (!other.names.isEmpty && other.names.allSatisfy(names.contains))
    }

    /// The part of `wanted` that nobody who holds `owned` has; rules about the same thing are joined.
    static func missing(from owned: [PolicyRule], of wanted: [PolicyRule]) -> [PolicyRule] {
        var result: [PolicyRule] = []
        for part in wanted.flatMap(\.simple) where !owned.contains(where: { $0.covers(part) }) {
            let same = result.firstIndex {
                $0.paths.isEmpty && part.paths.isEmpty && $0.groups == part.groups && $0.resources == part.resources
                    && $0.names == part.names
            }
            if let same { result[same].verbs += part.verbs } else { result.append(part) }
        }
        return result
    }

    /// `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`, as upstream prints a rule in a refusal.
    var compactDescription: String {
        var parts: [String] = []
        for (title, values) in [
            ("APIGroups", groups), ("Resources", resources), ("NonResourceURLs", paths), ("ResourceNames", names),
            ("Verbs", verbs),
        ] where !values.isEmpty {
            parts.append("\(title):\(Self.quoted(values))")
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// `["a" "b"]`.
    static func quoted(_ values: [String]) -> String { "[\(values.map { "\"\($0)\"" }.joined(separator: " "))]" }
}
