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
        if let path = request.nonResourcePath {
            return paths.contains { $0 == path || ($0.hasSuffix("*") && path.hasPrefix($0.dropLast())) }
        }
        guard groups.contains("*") || groups.contains(request.group) else { return false }
        let combined = request.combinedResource
        let resourceAllowed = resources.contains { rule in
            rule == "*" || rule == combined || (!request.subresource.isEmpty && rule == "*/\(request.subresource)")
        }
        guard resourceAllowed else { return false }
        return names.isEmpty || names.contains(request.name)
    }
}
