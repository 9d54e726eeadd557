import API
import JSON

/// What a server does with a policy before it keeps it: strict decoding, defaults, validation.
enum PolicyAdmission {
    /// - Returns: The object with its defaults, nil when it would be refused; and every reason, worded as kubectl prints it.
    static func admit(_ object: ManifestObject) -> (policy: ManifestObject?, problems: [InputProblem]) {
        let isClusterWide = object.kind == "ClusterNetworkPolicy"
        let known = isClusterWide ? "policy.networking.k8s.io/v1alpha2" : "networking.k8s.io/v1"
        guard object.apiVersion == known else {
            let text = "no matches for kind \"\(object.kind)\" in version \"\(object.apiVersion)\": use \(known)"
            return (nil, [InputProblem(text, at: object.place(of: "apiVersion"))])
        }
        let shape = isClusterWide ? FieldShape.clusterNetworkPolicy : .networkPolicy
        let strict = shape.problems(in: object.value).map { problem in
            InputProblem(
                "\(object.kind) in version \"\(version(object))\" cannot be handled: strict decoding error: \(problem.message)",
                at: object.place(of: problem.field))
        }
        guard strict.isEmpty else { return (nil, strict) }
        var admitted = object
        if !isClusterWide { NetworkPolicyRules().applyDefaults(&admitted.value) }
        let errors = metadata(object, isClusterWide) + (isClusterWide ? cluster(admitted.value) : network(admitted.value))
        let problems = errors.map { error in
            InputProblem("The \(object.kind) \"\(object.name)\" is invalid: \(error)", at: object.place(of: error.field))
        }
        return problems.isEmpty ? (admitted, []) : (nil, problems)
    }

    private static func network(_ value: JSONValue) -> [FieldError] { NetworkPolicyRules().validate(value) }

    private static func cluster(_ value: JSONValue) -> [FieldError] { ClusterPolicyValidation.validate(value) }

    private static func version(_ object: ManifestObject) -> String {
        object.apiVersion.split(separator: "/").last.map(String.init) ?? ""
    }

    private static func metadata(_ object: ManifestObject, _ isClusterWide: Bool) -> [FieldError] {
        let path = FieldPath("metadata")
        var errors: [FieldError] = []
        if object.name.isEmpty {
            errors.append(.required(path("name"), "name or generateName is required"))
        } else {
            errors += FieldCheck.text(object.name, path("name"), NameValidation.dns1123Subdomain)
        }
        if isClusterWide {
            if !object.namespace.isEmpty { errors.append(.forbidden(path("namespace"), "not allowed on this type")) }
        } else {
            errors += FieldCheck.text(object.namespace, path("namespace"), NameValidation.dns1123Label)
        }
        return errors
    }
}

/// The rules that the CustomResourceDefinition of ClusterNetworkPolicy holds.
///
/// - SeeAlso: network-policy-api 0.2.0 `config/crd/standard/policy.networking.k8s.io_clusternetworkpolicies.yaml`.
enum ClusterPolicyValidation {
    static func validate(_ value: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = value["spec"] ?? [:]
        var errors: [FieldError] = []
        switch spec["tier"]?.string {
        case "Admin", "Baseline": break
        case nil: errors.append(.required(path("tier")))
        case let tier?: errors.append(.notSupported(path("tier"), .string(tier), inOrder: ["Admin", "Baseline"]))
        }
        if let priority = spec["priority"]?.int {
            if priority < 0 {
                errors.append(.invalid(path("priority"), .int(priority), "should be greater than or equal to 0"))
            } else if priority > 1000 {
                errors.append(.invalid(path("priority"), .int(priority), "should be less than or equal to 1000"))
            }
        } else {
            errors.append(.required(path("priority")))
        }
        let subject = spec["subject"]
        if ["namespaces", "pods"].filter({ subject?[$0] != nil }).count != 1 {
            errors.append(.invalid(path("subject"), subject ?? [:], "exactly one of namespaces and pods must be set"))
        }
        for (member, peers) in [("ingress", "from"), ("egress", "to")] {
            let rules = spec[member]?.array ?? []
            if rules.count > 25 { errors.append(.tooMany(path(member), count: rules.count, max: 25)) }
            for (index, rule) in rules.enumerated() { errors += self.rule(rule, path(member)[index], peers) }
        }
        return errors
    }

    private static func rule(_ rule: JSONValue, _ path: FieldPath, _ peers: String) -> [FieldError] {
        var errors: [FieldError] = []
        switch rule["action"]?.string {
        case "Accept", "Deny", "Pass": break
        case nil: errors.append(.required(path("action")))
        case let action?:
            errors.append(.notSupported(path("action"), .string(action), inOrder: ["Accept", "Deny", "Pass"]))
        }
        if let name = rule["name"]?.string, name.utf8.count > 100 { errors.append(.tooLong(path("name"), bytesMax: 100)) }
        let count = rule[peers]?.array?.count ?? 0
        if count == 0 {
            errors.append(.required(path(peers)))
        } else if count > 25 {
            errors.append(.tooMany(path(peers), count: count, max: 25))
        }
        return errors
    }
}
