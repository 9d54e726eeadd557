package import API
package import JSON

/// The roles and bindings that every cluster begins with: 71 ClusterRoles, 52 ClusterRoleBindings, 7 Roles, 7 RoleBindings.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`.
package enum BootstrapPolicy {
    /// One object and the place where it belongs.
    package struct Entry: Sendable {
        package var resource: GroupVersionResource
        package var key: NamespacedName
        package var object: JSONValue
    }

    package static let group = "rbac.authorization.k8s.io"
    /// `"true"` on an object: the server may bring it back to what it should be.
    package static let autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"

    package static let entries: [Entry] =
        clusterRoles + controllers + clusterRoleBindings + parseRoles(BootstrapTables.roles, kind: "Role") + roleBindings

    /// What the Node authorizer lets every kubelet do: the rules of `system:node`.
    static let nodeRules: [PolicyRule] = rules(of: "system:node")

    private static func rules(of name: String) -> [PolicyRule] {
        let role = clusterRoles.first { $0.key.name == name }
        return role?.object["rules"]?.array?.map(PolicyRule.init(json:)) ?? []
    }

    package static func resource(_ name: String) -> GroupVersionResource {
        GroupVersionResource(group: group, version: "v1", resource: name)
    }

    private static let clusterRoles = parseRoles(BootstrapTables.clusterRoles, kind: "ClusterRole")
    private static let controllerPrefix = "system:controller:"

    private static let controllers: [Entry] = parseRoles(
        BootstrapTables.controllers, kind: "ClusterRole", namePrefix: controllerPrefix
    ).flatMap { role in
        let account = String(role.key.name.dropFirst(controllerPrefix.count))
        return [role, binding(role.key, role: role.key.name, ["S:kube-system/\(account)"])]
    }

    private static let clusterRoleBindings = lines(BootstrapTables.clusterRoleBindings).map { words in
        binding(NamespacedName(name: words[0]), role: words[0], Array(words.dropFirst()))
    }

    private static let roleBindings = lines(BootstrapTables.roleBindings).map { words in
        let names = words[0].split(separator: "=").map(String.init)
        let key = key(names[0])
        return binding(key, role: names.count > 1 ? names[1] : key.name, Array(words.dropFirst()))
    }

    private static func lines(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private static func key(_ text: String) -> NamespacedName {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        return parts.count == 2 ? NamespacedName(namespace: parts[0], name: parts[1]) : NamespacedName(name: text)
    }

    private static func parseRoles(_ text: String, kind: String, namePrefix: String = "") -> [Entry] {
        var result: [Entry] = []
        var rules: [PolicyRule] = []
        func finish() {
            guard let last = result.indices.last, result[last].object["aggregationRule"] == nil else { return }
            result[last].object["rules"] = .array(rules.map(\.json))
            rules = []
        }
        for line in text.split(separator: "\n") {
            if line.hasPrefix(" ") {
                rules.append(rule(line))
                continue
            }
            finish()
            let words = line.split(separator: " ").map(String.init)
            let key = kind == "Role" ? key(words[0]) : NamespacedName(name: namePrefix + words[0])
            result.append(role(key, kind: kind, marks: words.dropFirst()))
        }
        finish()
        return result
    }

    private static func role(_ key: NamespacedName, kind: String, marks: some Sequence<String>) -> Entry {
        var object: JSONValue = ["kind": .string(kind), "apiVersion": "\(group)/v1", "metadata": metadata(key)]
        for mark in marks {
            let label = "\(group)/aggregate-to-\(mark.dropFirst())"
            if mark.hasPrefix("+") {
                object[path: ["metadata", "labels", label]] = "true"
            } else {
                object["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": [label: "true"]]]]
            }
        }
        return Entry(resource: resource(kind == "Role" ? "roles" : "clusterroles"), key: key, object: object)
    }

    private static func rule(_ line: Substring) -> PolicyRule {
        let parts = line.split(separator: ";").map { $0.split(separator: " ").map(String.init) }
        if parts.count == 1 {
            return PolicyRule(verbs: ["create", "patch", "update"], groups: ["", "events.k8s.io"], resources: ["events"])
        }
        precondition(parts.count >= 3, "policy table: \(line)")
        let verbs = parts[0].flatMap { verbSets[$0] ?? [$0] }
        if parts[1] == ["url"] { return PolicyRule(verbs: verbs, paths: parts[2]) }
        return PolicyRule(
            verbs: verbs, groups: parts[1].map { $0 == "core" ? "" : $0 }, resources: parts[2],
            names: parts.count > 3 ? parts[3] : [])
    }

    private static let verbSets = [
        "read": ["get", "list", "watch"], "write": ["create", "delete", "deletecollection", "patch", "update"],
        "all": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    ]

    private static func metadata(_ key: NamespacedName) -> JSONValue {
        var result: JSONValue = ["name": .string(key.name)]
        if !key.namespace.isEmpty { result["namespace"] = .string(key.namespace) }
        result["labels"] = ["kubernetes.io/bootstrapping": "rbac-defaults"]
        result["annotations"] = [autoUpdate: "true"]
        return result
    }

    private static func binding(_ key: NamespacedName, role: String, _ subjects: [String]) -> Entry {
        let isCluster = key.namespace.isEmpty
        var object: JSONValue = [
            "kind": isCluster ? "ClusterRoleBinding" : "RoleBinding", "apiVersion": "\(group)/v1", "metadata": metadata(key),
            "roleRef": ["apiGroup": .string(group), "kind": isCluster ? "ClusterRole" : "Role", "name": .string(role)],
        ]
        if !subjects.isEmpty { object["subjects"] = .array(subjects.map(subject)) }
        return Entry(resource: resource(isCluster ? "clusterrolebindings" : "rolebindings"), key: key, object: object)
    }

    private static func subject(_ text: String) -> JSONValue {
        let name = String(text.dropFirst(2))
        switch text.first {
        case "U": return ["kind": "User", "apiGroup": .string(group), "name": .string(name)]
        case "G": return ["kind": "Group", "apiGroup": .string(group), "name": .string(name)]
        default:
            let account = key(name)
            return ["kind": "ServiceAccount", "name": .string(account.name), "namespace": .string(account.namespace)]
        }
    }
}
