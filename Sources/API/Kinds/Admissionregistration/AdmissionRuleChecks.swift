import JSON

/// What webhooks and policies match by.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/admissionregistration/validation/validation.go`.
enum AdmissionRuleChecks {
    static let failurePolicies = ["Fail", "Ignore"]
    static let matchPolicies = ["Equivalent", "Exact"]
    private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
    private static let scopes = ["*", "Cluster", "Namespaced"]
    private static let matchConditionsMax = 64

    static func rule(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        let given = rule.elements("operations")
        var errors: [FieldError] = []
        if given.isEmpty { errors.append(.required(path("operations"))) }
        if given.count > 1, given.contains("*") {
            errors.append(
                .invalid(
                    path("operations"), .array(given), "if '*' is present, must not specify other operations"))
        }
        for (index, operation) in given.enumerated() where !operations.contains(operation.string ?? "") {
            errors.append(FieldError.notSupported(path("operations")[index], operation, inOrder: operations))
        }
        for (name, words) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
            let values = rule.elements(name)
            if values.isEmpty { errors.append(.required(path(name))) }
            if values.count > 1, values.contains("*") {
                errors.append(
                    .invalid(path(name), .array(values), "if '*' is present, must not specify other \(words)"))
            }
        }
        for (index, version) in rule.elements("apiVersions").enumerated() where version == "" {
            errors.append(.required(path("apiVersions")[index]))
        }
        errors += resources(rule.elements("resources"), path("resources"))
        return errors + FieldCheck.oneOf(rule, "scope", scopes, path)
    }

    private static func resources(_ values: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = values.isEmpty ? [.required(path)] : []
        var wildSubresources: Set<String> = []
        var wildResources: Set<String> = []
        var hasPlain = false
        let texts = values.map { $0.string ?? "" }
        for (index, text) in texts.enumerated() {
            if text.isEmpty {
                errors.append(.required(path[index]))
                continue
            }
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 1 {
                hasPlain = text != "*"
                continue
            }
            let (resource, subresource) = (parts[0], parts[1])
            if wildSubresources.contains(resource) {
                errors.append(
                    .invalid(
                        path[index], .string(text), "if '\(resource)/*' is present, must not specify \(text)"))
            }
            if wildResources.contains(subresource) {
                errors.append(
                    .invalid(
                        path[index], .string(text), "if '*/\(subresource)' is present, must not specify \(text)"))
            }
            if subresource == "*" { wildSubresources.insert(resource) }
            if resource == "*" { wildResources.insert(subresource) }
        }
        if texts.count > 1, texts.contains("*/*") {
            errors.append(
                .invalid(path, .array(values), "if '*/*' is present, must not specify other resources"))
        }
        if texts.contains("*"), hasPlain {
            errors.append(
                .invalid(
                    path, .array(values),
                    "if '*' is present, must not specify other resources without subresources"))
        }
        return errors
    }

    /// Conditions by name and expression; the expressions themselves are not compiled here.
    static func matchConditions(_ conditions: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if conditions.count > matchConditionsMax {
            errors.append(.tooMany(path, count: conditions.count, max: matchConditionsMax))
        }
        var names: Set<String> = []
        for (index, condition) in conditions.enumerated() {
            let at = path[index]
            if isBlank(condition.text("expression")) { errors.append(.required(at("expression"))) }
            errors += FieldCheck.required(condition, "name", at, "", NameValidation.qualifiedName)
            let name = condition.text("name")
            if !name.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
        }
        return errors
    }

    static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    static func matchResources(_ match: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.requiredOneOf(match, "matchPolicy", matchPolicies, path)
        for name in ["namespaceSelector", "objectSelector"] {
            if match.has(name) {
                errors += LabelValidation.selector(match[name], path(name))
            } else {
                errors.append(.required(path(name)))
            }
        }
        for list in ["resourceRules", "excludeResourceRules"] {
            for (index, rule) in match.elements(list).enumerated() { errors += namedRule(rule, path(list)[index]) }
        }
        return errors
    }

    private static func namedRule(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, name) in rule.elements("resourceNames").map({ $0.string ?? "" }).enumerated() {
            let at = path("resourceNames")[index]
            errors += FieldCheck.invalid(at, name, NameValidation.pathSegmentName(name))
            if !names.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
        }
        return errors + self.rule(rule, path)
    }

    static func applyMatchDefaults(_ match: inout JSONValue) {
        match.setDefault("matchPolicy", "Equivalent")
        match.setDefault("namespaceSelector", .object([:]))
        match.setDefault("objectSelector", .object([:]))
        for list in ["resourceRules", "excludeResourceRules"] { match.editEach(list) { $0.setDefault("scope", "*") } }
    }
}
