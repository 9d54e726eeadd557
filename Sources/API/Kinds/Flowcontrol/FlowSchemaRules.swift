package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/flowcontrol/flowschema/strategy.go`, `pkg/apis/flowcontrol/v1/defaults.go`,
///   `pkg/apis/flowcontrol/validation/validation.go`.
package struct FlowSchemaRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    private static let precedenceMax: Int64 = 10_000
    private let path = FieldPath("spec")

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            if spec["matchingPrecedence"]?.int ?? 0 == 0 { spec["matchingPrecedence"] = 1000 }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let name = object["metadata"]?.text("name") ?? ""
        let spec = object["spec"] ?? [:]
        var errors = precedence(spec["matchingPrecedence"]?.int ?? 0, name)
        if let method = spec["distinguisherMethod"], !method.isNull,
            !["ByNamespace", "ByUser"].contains(method.text("type"))
        {
            errors.append(
                FieldError.notSupported(
                    path("distinguisherMethod")("type"), ["Type": .string(method.text("type"))],
                    inOrder: ["ByNamespace", "ByUser"]))
        }
        errors += FieldCheck.required(
            spec["priorityLevelConfiguration"], "name", path("priorityLevelConfiguration"),
            "must reference a priority level", NameValidation.dns1123Subdomain)
        for (index, rule) in spec.elements("rules").enumerated() { errors += FlowRuleChecks.rule(rule, path("rules")[index]) }
        if let fixed = FlowControlDefaults.mandatorySchemas.first(where: { $0["metadata"]?.text("name") == name }),
            fixed["spec"] != spec
        {
            errors.append(.invalid(path, spec, "spec of '\(name)' must equal the fixed value"))
        }
        return errors + FlowRuleChecks.conditions(object)
    }

    private func precedence(_ value: Int64, _ name: String) -> [FieldError] {
        let at = path("matchingPrecedence")
        var errors: [FieldError] = []
        if value <= 0 { errors.append(.invalid(at, .int(value), "must be a positive value")) }
        if value > Self.precedenceMax {
            errors.append(.invalid(at, .int(value), "must not be greater than \(Self.precedenceMax)"))
        }
        if value == 1, name != "exempt" {
            errors.append(
                .invalid(at, .int(value), "only the schema named 'exempt' may have matchingPrecedence 1"))
        }
        return errors
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { FlowRuleChecks.conditions(new) }

    package let columns: [Column] = [
        .objectName, Column("PriorityLevel", "Where its requests go."),
        Column("MatchingPrecedence", "Smaller is asked first."),
        Column("DistinguisherMethod", "What tells flows apart."), .age,
        Column("MissingPL", "Whether the priority level is missing."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let dangling = (object["status"]?.elements("conditions") ?? []).first { $0.text("type") == "Dangling" }
        return [
            Cells.name(object), .string(spec["priorityLevelConfiguration"]?.text("name") ?? ""),
            .int(spec["matchingPrecedence"]?.int ?? 0), Cells.text(spec["distinguisherMethod"]?["type"]),
            Cells.age(object, now: now), .string(dangling?.text("status") ?? "?"),
        ]
    }
}

/// Whose requests for what a schema takes.
enum FlowRuleChecks {
    private static let verbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
    ]
    private static let kinds = ["Group", "ServiceAccount", "User"]

    static func rule(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let subjects = rule.elements("subjects")
        if subjects.isEmpty {
            errors.append(.required(path("subjects"), "subjects must contain at least one value"))
        }
        for (index, subject) in subjects.enumerated() { errors += self.subject(subject, path("subjects")[index]) }
        let (resources, others) = (rule.elements("resourceRules"), rule.elements("nonResourceRules"))
        if resources.isEmpty, others.isEmpty {
            errors.append(
                .required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
        }
        for (index, entry) in resources.enumerated() { errors += resource(entry, path("resourceRules")[index]) }
        for (index, entry) in others.enumerated() { errors += nonResource(entry, path("nonResourceRules")[index]) }
        return errors
    }

    private static func subject(_ subject: JSONValue, _ path: FieldPath) -> [FieldError] {
        let members = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")]
        let kind = subject.text("kind")
        guard let own = members.first(where: { $0.0 == kind })?.1 else {
            return [FieldError.notSupported(path("kind"), .string(kind), inOrder: kinds)]
        }
        var errors: [FieldError] = []
        if let body = subject[own], !body.isNull {
            let at = path(own)
            if own == "serviceAccount" {
                errors += FieldCheck.required(body, "name", at, "") {
                    $0 == "*" ? [] : NameValidation.dns1123Subdomain($0)
                }
                errors += FieldCheck.required(
                    body, "namespace", at, "must specify namespace for service account", NameValidation.dns1123Label)
            } else {
                errors += FieldCheck.required(body, "name", at)
            }
        } else {
            errors.append(.required(path(own), "\(own) is required when subject kind is '\(kind)'"))
        }
        for (other, member) in members where other != kind && subject.has(member) {
            errors.append(
                .forbidden(path(member), "\(member) is forbidden when subject kind is not '\(other)'"))
        }
        return errors
    }

    private static func verbs(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        let given = rule.elements("verbs")
        let at = path("verbs")
        if given.isEmpty { return [.required(at, "verbs must contain at least one value")] }
        if given.contains("*") {
            return given.count == 1
                ? [] : [.invalid(at, .array(given), "if '*' is present, must not specify other verbs")]
        }
        let isFine = given.allSatisfy { verbs.contains($0.string ?? "") }
        return isFine ? [] : [FieldError.notSupported(at, .array(given), inOrder: verbs)]
    }

    private static func resource(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = verbs(rule, path)
        for (name, missing, others) in [
            ("apiGroups", "resource rules must supply at least one api group", "api groups"),
            ("resources", "resource rules must supply at least one resource", "resources"),
        ] {
            let values = rule.elements(name)
            if values.isEmpty {
                errors.append(.required(path(name), missing))
            } else if values.count > 1, values.contains("*") {
                errors.append(
                    .invalid(path(name), .array(values), "if '*' is present, must not specify other \(others)"))
            }
        }
        let namespaces = rule.elements("namespaces")
        let at = path("namespaces")
        if namespaces.isEmpty, !(rule["clusterScope"]?.bool ?? false) {
            errors.append(
                .required(
                    at, "resource rules that are not cluster scoped must supply at least one namespace"))
        } else if namespaces.contains("*") {
            if namespaces.count > 1 {
                errors.append(
                    .invalid(at, .array(namespaces), "if '*' is present, must not specify other namespaces"))
            }
        } else {
            for (index, namespace) in namespaces.map({ $0.string ?? "" }).enumerated() {
                errors += NameValidation.dns1123Label(namespace).map {
                    .invalid(
                        at[index], .string(namespace),
                        "each member of this list must be '*' or a DNS-1123 label; " + $0)
                }
            }
        }
        return errors
    }

    private static func nonResource(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = verbs(rule, path)
        let urls = rule.elements("nonResourceURLs")
        let at = path("nonResourceURLs")
        if urls.isEmpty {
            errors.append(.required(at, "nonResourceURLs must contain at least one value"))
        } else if urls.contains("*") {
            if urls.count > 1 {
                errors.append(
                    .invalid(at, .array(urls), "if '*' is present, must not specify other non-resource URLs"))
            }
        } else {
            for (index, url) in urls.map({ $0.string ?? "" }).enumerated() {
                if let problem = urlProblem(url) { errors.append(.invalid(at[index], .string(url), problem)) }
            }
        }
        return errors
    }

    private static func urlProblem(_ text: String) -> String? {
        if text.isEmpty { return "must not be empty" }
        if text == "/" { return nil }
        if !text.hasPrefix("/") { return "must start with slash" }
        if text.contains(" ") { return "must not contain white-space" }
        if text.contains("//") { return "must not contain double slash" }
        let stars = text.filter { $0 == "*" }.count
        return stars > 1 || (stars == 1 && !text.hasSuffix("/*")) ? "wildcard can only do suffix matching" : nil
    }

    static func conditions(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("status")("conditions")
        var errors: [FieldError] = []
        var types: Set<String> = []
        for (index, condition) in (object["status"]?.elements("conditions") ?? []).enumerated() {
            let type = condition.text("type")
            if !types.insert(type).inserted { errors.append(.duplicate(path[index]("type"), .string(type))) }
            if type.isEmpty { errors.append(.required(path[index]("type"))) }
        }
        return errors
    }
}
