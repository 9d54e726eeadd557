import API
import JSON
import Store
import Synchronization

/// Decides what a user may do: from the Roles and bindings in the store, and a few rules that need none.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/rbac/rbac.go`.
package final class RBACAuthorizer: Sendable {
    private struct Binding: Sendable {
        /// Nil: the whole cluster.
        var namespace: String?
        var subjects: [Subject]
        /// Namespace is empty for a ClusterRole.
        var role: NamespacedName
    }

    private enum Subject: Hashable, Sendable {
        case user(String)
        case group(String)
    }

    /// Bindings and roles as values; rebuilt when one of them changes.
    private struct Index: Sendable {
        var positions: [Revision]
        var roles: [NamespacedName: [PolicyRule]] = [:]
        var bindings: [Binding] = []
    }

    private let caches: CacheSet
    private let index = Mutex<Index?>(nil)

    package init(caches: CacheSet) { self.caches = caches }

    package func allows(_ request: AccessRequest) -> Bool {
        if request.user.isMaster { return true }
        if request.user.nodeName != nil, !NodeRestriction.allows(request) { return false }
        return !matching(request.user, namespace: request.namespace) { $0.allows(request) }.isEmpty
    }

    /// Every rule that holds for a user in a namespace, for `kubectl auth can-i --list`.
    package func rules(for user: User, namespace: String) -> [PolicyRule] {
        var rules = matching(user, namespace: namespace) { _ in true }
        if user.isMaster { rules.insert(contentsOf: BuiltInRoles.everything, at: 0) }
        return rules
    }

    private func matching(_ user: User, namespace: String, _ accept: (PolicyRule) -> Bool) -> [PolicyRule] {
        let index = currentIndex()
        var result: [PolicyRule] = []
        for binding in index.bindings where binding.namespace == nil || binding.namespace == namespace {
            let concerned = binding.subjects.contains { subject in
                switch subject {
                case .user(let name): name == user.name
                case .group(let name): user.groups.contains(name)
                }
            }
            if concerned { result += (index.roles[binding.role] ?? []).filter(accept) }
        }
        return result
    }

    private static func resource(_ name: String) -> GroupVersionResource {
        GroupVersionResource(group: "rbac.authorization.k8s.io", version: "v1", resource: name)
    }

    private static let resources = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"].map(resource)

    private func currentIndex() -> Index {
        let positions = Self.resources.map { caches[$0]?.lastRevision ?? Revision(0) }
        if let known = index.withLock({ $0 }), known.positions == positions { return known }
        var fresh = Index(positions: positions)
        for name in ["clusterroles", "roles"] {
            for role in caches[Self.resource(name)]?.all() ?? [] {
                fresh.roles[role.key] = role.object["rules"]?.array?.map(PolicyRule.init(json:)) ?? []
            }
        }
        for name in ["clusterrolebindings", "rolebindings"] {
            for binding in caches[Self.resource(name)]?.all() ?? [] {
                fresh.bindings.append(Self.binding(binding.object, in: binding.key.namespace))
            }
        }
        index.withLock { $0 = fresh }
        return fresh
    }

    private static func binding(_ object: JSONValue, in namespace: String) -> Binding {
        let reference = object["roleRef"] ?? .null
        let isClusterRole = reference["kind"]?.string == "ClusterRole"
        let subjects = (object["subjects"]?.array ?? []).compactMap { subject -> Subject? in
            guard let name = subject["name"]?.string else { return nil }
            switch subject["kind"]?.string {
            case "User": return .user(name)
            case "Group": return .group(name)
            case "ServiceAccount":
                let home = subject["namespace"]?.string ?? namespace
                return .user("system:serviceaccount:\(home):\(name)")
            default: return nil
            }
        }
        return Binding(
            namespace: namespace.isEmpty ? nil : namespace, subjects: subjects,
            role: NamespacedName(
                namespace: isClusterRole ? "" : namespace, name: reference["name"]?.string ?? ""))
    }
}

/// What a kubelet may write: its own node and lease, not another's.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/noderestriction`; the part that needs no look at pods.
enum NodeRestriction {
    static func allows(_ request: AccessRequest) -> Bool {
        guard let node = request.user.nodeName, !request.name.isEmpty else { return true }
        let writes = ["update", "patch", "delete"].contains(request.verb)
        switch request.resource {
        case "nodes": return !writes || request.name == node
        case "leases": return !writes || request.namespace != "kube-node-lease" || request.name == node
        default: return true
        }
    }
}
