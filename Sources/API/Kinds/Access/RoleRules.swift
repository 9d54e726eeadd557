package import JSON

/// Role and ClusterRole. Their names are any segment of a path, and their table shows when they were made.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/rbac/validation/validation.go`, `pkg/registry/rbac/role/strategy.go`.
package struct RoleRules: KindRules {
    let isNamespaced: Bool
    package let allowsCreateOnUpdate = true

    package func validateName(_ name: String) -> [String] { NameValidation.pathSegmentName(name) }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in object.elements("rules").enumerated() { errors += self.rule(rule, FieldPath("rules")[index]) }
        if !isNamespaced, let aggregation = object["aggregationRule"], !aggregation.isNull {
            let path = FieldPath("aggregationRule")("clusterRoleSelectors")
            let selectors = aggregation.elements("clusterRoleSelectors")
            if selectors.isEmpty {
                errors.append(
                    .required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
            }
            for (index, selector) in selectors.enumerated() { errors += LabelValidation.selector(selector, path[index]) }
        }
        return errors
    }

    private func rule(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if rule.elements("verbs").isEmpty {
            errors.append(.required(path("verbs"), "verbs must contain at least one value"))
        }
        let urls = rule.elements("nonResourceURLs")
        if !urls.isEmpty {
            let at = path("nonResourceURLs")
            if isNamespaced {
                errors.append(.invalid(at, .array(urls), "namespaced rules cannot apply to non-resource URLs"))
            }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule.elements($0).isEmpty }) {
                errors.append(
                    .invalid(at, .array(urls), "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return errors
        }
        if rule.elements("apiGroups").isEmpty {
            errors.append(.required(path("apiGroups"), "resource rules must supply at least one api group"))
        }
        if rule.elements("resources").isEmpty {
            errors.append(.required(path("resources"), "resource rules must supply at least one resource"))
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Created At", type: "date", "When the role was created.")]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["metadata"]?["creationTimestamp"] ?? .null]
    }
}

/// RoleBinding and ClusterRoleBinding.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/rbac/v1/defaults.go`, `pkg/apis/rbac/validation/validation.go`.
package struct RoleBindingRules: KindRules {
    let isNamespaced: Bool
    package let allowsCreateOnUpdate = true
    private static let group = "rbac.authorization.k8s.io"

    package func validateName(_ name: String) -> [String] { NameValidation.pathSegmentName(name) }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("roleRef") { if $0.text("apiGroup").isEmpty { $0["apiGroup"] = .string(Self.group) } }
        object.editEach("subjects") { subject in
            guard subject.text("apiGroup").isEmpty, ["User", "Group"].contains(subject.text("kind")) else { return }
            subject["apiGroup"] = .string(Self.group)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("roleRef")
        let role = object["roleRef"] ?? [:]
        var errors: [FieldError] = []
        if role.text("apiGroup") != Self.group {
            errors.append(FieldError.notSupported(path("apiGroup"), .string(role.text("apiGroup")), inOrder: [Self.group]))
        }
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        if !kinds.contains(role.text("kind")) {
            errors.append(FieldError.notSupported(path("kind"), .string(role.text("kind")), inOrder: kinds))
        }
        errors += FieldCheck.required(role, "name", path, "", NameValidation.pathSegmentName)
        for (index, subject) in object.elements("subjects").enumerated() {
            errors += self.subject(subject, FieldPath("subjects")[index])
        }
        return errors
    }

    private func subject(_ subject: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(subject, "name", path)
        let group = subject.text("apiGroup")
        switch subject.text("kind") {
        case "ServiceAccount":
            errors += FieldCheck.optional(subject, "name", path, NameValidation.dns1123Subdomain)
            if !group.isEmpty { errors.append(FieldError.notSupported(path("apiGroup"), .string(group), inOrder: [""])) }
            if !isNamespaced { errors += FieldCheck.required(subject, "namespace", path) }
        case "User", "Group":
            if group != Self.group {
                errors.append(FieldError.notSupported(path("apiGroup"), .string(group), inOrder: [Self.group]))
            }
        case let other:
            errors.append(
                FieldError.notSupported(path("kind"), .string(other), inOrder: ["ServiceAccount", "User", "Group"]))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        if new["roleRef"] == old["roleRef"] { return validate(new) }
        return validate(new) + [.invalid(FieldPath("roleRef"), new["roleRef"], "cannot change roleRef")]
    }

    package let columns: [Column] = [
        .objectName, Column("Role", "The role that is granted."), .age,
        Column("Users", wide: true, "Users who have it."), Column("Groups", wide: true, "Groups that have it."),
        Column("ServiceAccounts", wide: true, "Service accounts that have it."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        func names(_ kind: String) -> JSONValue {
            let subjects = object.elements("subjects").filter { $0.text("kind") == kind }
            let names = subjects.map { subject in
                kind == "ServiceAccount" ? "\(subject.text("namespace"))/\(subject.text("name"))" : subject.text("name")
            }
            return .string(names.joined(separator: ", "))
        }
        let role = object["roleRef"] ?? [:]
        return [
            Cells.name(object), .string("\(role.text("kind"))/\(role.text("name"))"), Cells.age(object, now: now),
            names("User"), names("Group"), names("ServiceAccount"),
        ]
    }
}
