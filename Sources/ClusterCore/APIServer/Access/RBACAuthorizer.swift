import API
import JSON
import Store
import Synchronization

/// Decides what a user may do from the roles and bindings in the store.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/rbac/rbac.go`, `pkg/registry/rbac/validation/rule.go`.
package final class RBACAuthorizer: Sendable {
    private struct Binding: Sendable {
        /// Empty: the whole cluster.
        var namespace: String
        var name: String
        var subjects: [Subject]
        var reference: RoleReference
    }

    private struct Subject: Hashable, Sendable {
        var kind: String
        var name: String
        /// Of a service account.
        var namespace: String

        /// `Group "system:masters"`.
        var description: String {
            "\(kind) \"\(name)\(kind == "ServiceAccount" ? "/\(namespace)" : "")\""
        }

        func concerns(_ user: User) -> Bool {
            switch kind {
            case "User": name == user.name
            case "Group": user.groups.contains(name)
            case "ServiceAccount": !namespace.isEmpty && user.name == "system:serviceaccount:\(namespace):\(name)"
            default: false
            }
        }
    }

    /// The role that a binding names.
    struct RoleReference: Hashable, Sendable {
        var kind: String
        var name: String

        init(kind: String, name: String) {
            self.kind = kind
            self.name = name
        }

        init(json: JSONValue?) {
            kind = json?["kind"]?.string ?? ""
            name = json?["name"]?.string ?? ""
        }

        /// Where the role lies when its binding lies in `namespace`.
        func key(in namespace: String) -> NamespacedName {
            NamespacedName(namespace: kind == "ClusterRole" ? "" : namespace, name: name)
        }
    }

    /// Bindings and roles as values; rebuilt when one of them changes.
    private struct Index: Sendable {
        var positions: [Revision]
        /// Cluster roles lie in the empty namespace.
        var roles: [NamespacedName: [PolicyRule]] = [:]
        /// By namespace, in the order of their names; bindings of the whole cluster under the empty name.
        var bindings: [String: [Binding]] = [:]
    }

    private let caches: CacheSet
    private let index = Mutex<Index?>(nil)

    package init(caches: CacheSet) { self.caches = caches }

    package func decide(_ request: AccessRequest) -> AccessDecision {
        var missing: [String] = []
        var allowed: String?
        visit(request.user, namespace: request.namespace, missing: &missing) { binding, subject, rules in
            guard rules.contains(where: { $0.allows(request) }) else { return true }
            allowed = Self.describe(binding, subject)
            return false
        }
        if let allowed { return .allowed("RBAC: allowed by \(allowed)") }
        return .noOpinion(missing.isEmpty ? "" : "RBAC: \(Self.listed(missing))")
    }

    /// Every rule that holds for a user in a namespace; `missing` are complaints about roles that are not there.
    func rules(for user: User, namespace: String) -> (rules: [PolicyRule], missing: [String]) {
        var missing: [String] = []
        var result: [PolicyRule] = []
        visit(user, namespace: namespace, missing: &missing) { _, _, rules in
            result += rules
            return true
        }
        return (result, missing)
    }

    /// The rules of the role that a binding in `namespace` names; nil when there is no such role.
    func rules(of reference: RoleReference, in namespace: String) -> [PolicyRule]? {
        currentIndex().roles[reference.key(in: namespace)]
    }

    /// One complaint as it is, several in brackets, each once.
    static func listed(_ complaints: [String]) -> String {
        var seen: Set<String> = []
        let distinct = complaints.filter { seen.insert($0).inserted }
        return distinct.count == 1 ? distinct[0] : "[\(distinct.joined(separator: ", "))]"
    }

    private func visit(
        _ user: User, namespace: String, missing: inout [String],
        _ body: (Binding, Subject, [PolicyRule]) -> Bool
    ) {
        let index = currentIndex()
        for place in namespace.isEmpty ? [""] : ["", namespace] {
            for binding in index.bindings[place] ?? [] {
                guard let subject = binding.subjects.first(where: { $0.concerns(user) }) else { continue }
                guard let rules = index.roles[binding.reference.key(in: place)] else {
                    missing.append(Self.complaint(binding.reference))
                    continue
                }
                if !body(binding, subject, rules) { return }
            }
        }
    }

    private static func complaint(_ reference: RoleReference) -> String {
        guard reference.kind == "Role" || reference.kind == "ClusterRole" else {
            return "unsupported role reference kind: \"\(reference.kind)\""
        }
        return "\(reference.kind.lowercased()).\(BootstrapPolicy.group) \"\(reference.name)\" not found"
    }

    private static func describe(_ binding: Binding, _ subject: Subject) -> String {
        let isCluster = binding.namespace.isEmpty
        let name = isCluster ? binding.name : "\(binding.name)/\(binding.namespace)"
        return "\(isCluster ? "ClusterRoleBinding" : "RoleBinding") \"\(name)\" of \(binding.reference.kind) "
            + "\"\(binding.reference.name)\" to \(subject.description)"
    }

    private static let resources = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"]
        .map(BootstrapPolicy.resource)

    private func currentIndex() -> Index {
        let positions = Self.resources.map { caches[$0]?.lastRevision ?? Revision(0) }
        if let known = index.withLock({ $0 }), known.positions == positions { return known }
        var fresh = Index(positions: positions)
        for name in ["clusterroles", "roles"] {
            for role in caches[BootstrapPolicy.resource(name)]?.all() ?? [] {
                fresh.roles[role.key] = role.object["rules"]?.array?.map(PolicyRule.init(json:)) ?? []
            }
        }
        for name in ["clusterrolebindings", "rolebindings"] {
            for binding in caches[BootstrapPolicy.resource(name)]?.all() ?? [] {
                fresh.bindings[binding.key.namespace, default: []].append(Self.binding(binding.object, binding.key))
            }
        }
        index.withLock { $0 = fresh }
        return fresh
    }

    private static func binding(_ object: JSONValue, _ key: NamespacedName) -> Binding {
        let subjects = (object["subjects"]?.array ?? []).map { subject in
            let namespace = subject["namespace"]?.string ?? ""
            return Subject(
                kind: subject["kind"]?.string ?? "", name: subject["name"]?.string ?? "",
                namespace: namespace.isEmpty ? key.namespace : namespace)
        }
        return Binding(
            namespace: key.namespace, name: key.name, subjects: subjects, reference: RoleReference(json: object["roleRef"]))
    }
}
