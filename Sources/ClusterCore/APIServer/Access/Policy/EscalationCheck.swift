import API
import JSON
import Machinery

/// Nobody gives away rights that they do not hold, unless they may `escalate` roles or `bind` them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go`,
///   `pkg/registry/rbac/escalation_check.go`.
struct EscalationCheck {
    let authorizer: Authorizer
    let user: User
    let kind: KindDefinition

    private static let everything = [
        PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], paths: ["*"]),
    ]

    private var isRole: Bool { kind.resource == "roles" || kind.resource == "clusterroles" }

    func create(_ object: JSONValue) throws(Status) {
        guard !user.isMaster else { return }
        guard isRole else { return try checkBinding(object) }
        guard !mayEscalate(object) else { return }
        try confirm(rules(object), object)
        if object["aggregationRule"] != nil { try confirmAggregation(object) }
    }

    func update(_ new: JSONValue, old: JSONValue) throws(Status) {
        guard !user.isMaster, !changesOnlyLifetime(new, old) else { return }
        guard isRole else { return try checkBinding(new) }
        guard !mayEscalate(old) else { return }
        try confirm(rules(new), new)
        if new["aggregationRule"] != old["aggregationRule"] { try confirmAggregation(new) }
    }

    private func rules(_ role: JSONValue) -> [PolicyRule] { (role["rules"]?.array ?? []).map(PolicyRule.init(json:)) }

    private func text(_ object: JSONValue, _ field: String) -> String { object["metadata"]?[field]?.string ?? "" }

    private func mayEscalate(_ role: JSONValue) -> Bool {
        authorizer.allows(
            AccessRequest(
                user: user, verb: "escalate", namespace: text(role, "namespace"), group: kind.gvr.group,
                version: kind.gvr.version, resource: kind.resource, name: text(role, "name")))
    }

    private func checkBinding(_ binding: JSONValue) throws(Status) {
        let reference = RBACAuthorizer.RoleReference(json: binding["roleRef"])
        let namespace = text(binding, "namespace")
        let resource = reference.kind == "Role" ? "roles" : "clusterroles"
        let mayBind = authorizer.allows(
            AccessRequest(
                user: user, verb: "bind", namespace: namespace, group: kind.gvr.group, version: "*", resource: resource,
                name: reference.name))
        guard !mayBind else { return }
        guard let rules = authorizer.roles.rules(of: reference, in: namespace) else {
            throw APIErrors.notFound(BootstrapPolicy.resource(resource), reference.name)
        }
        try confirm(rules, binding)
    }

    /// The collector of dependents must be able to take its marks off.
    private func changesOnlyLifetime(_ new: JSONValue, _ old: JSONValue) -> Bool {
        func comparable(_ object: JSONValue) -> JSONValue {
            var object = object
            for name in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
                object[path: ["metadata", name]] = nil
            }
            return object
        }
        return comparable(new) == comparable(old)
    }

    private func confirm(_ wanted: [PolicyRule], _ object: JSONValue) throws(Status) {
        let (owned, missingRoles) = authorizer.roles.rules(for: user, namespace: text(object, "namespace"))
        let missing = PolicyRule.missing(from: owned, of: wanted)
        guard !missing.isEmpty else { return }
        let list = Set(missing.map(\.compactDescription)).sorted().joined(separator: "\n")
        var why =
            "user \"\(user.name)\" (groups=\(PolicyRule.quoted(user.groups))) is attempting to grant RBAC permissions not "
            + "currently held:\n\(list)"
        if !missingRoles.isEmpty { why += "; resolution errors: [\(RBACAuthorizer.listed(missingRoles))]" }
        throw APIErrors.forbidden(kind.gvr, text(object, "name"), why)
    }

    private func confirmAggregation(_ role: JSONValue) throws(Status) {
        let owned = authorizer.roles.rules(for: user, namespace: "").rules
        guard !PolicyRule.missing(from: owned, of: Self.everything).isEmpty else { return }
        throw APIErrors.forbidden(
            kind.gvr, text(role, "name"), "must have cluster-admin privileges to use the aggregationRule")
    }
}
