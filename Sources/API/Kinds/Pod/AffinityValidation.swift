package import JSON

/// Node and pod affinity, and the node selectors that volumes share.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateAffinity`, `ValidateNodeSelector`.
package enum AffinityValidation {
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    static func validate(_ affinity: JSONValue?, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        guard let affinity, !affinity.isNull else { return [] }
        var errors: [FieldError] = []
        if let node = affinity["nodeAffinity"] {
            errors += nodeAffinity(node, path("nodeAffinity"), options)
        }
        for name in ["podAffinity", "podAntiAffinity"] {
            guard let pods = affinity[name], !pods.isNull else { continue }
            for (index, term) in pods.elements(required).enumerated() {
                errors += podTerm(term, path(name)(required)[index], options)
            }
            for (index, weighted) in pods.elements(preferred).enumerated() {
                let at = path(name)(preferred)[index]
                errors += weight(weighted, at)
                errors += podTerm(weighted["podAffinityTerm"] ?? [:], at("podAffinityTerm"), options)
            }
        }
        return errors
    }

    /// Every term about other pods.
    static func podTerms(_ affinity: JSONValue?) -> [JSONValue] {
        ["podAffinity", "podAntiAffinity"].compactMap { affinity?[$0] }.flatMap { pods in
            pods.elements(required) + pods.elements(preferred).compactMap { $0["podAffinityTerm"] }
        }
    }

    private static func nodeAffinity(_ node: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        var errors: [FieldError] = []
        if node.has(required) {
            errors += nodeSelector(
                node[required] ?? [:], path(required), allowsInvalidValues: options.allowsInvalidNodeLabelValues)
        }
        for (index, term) in node.elements(preferred).enumerated() {
            let at = path(preferred)[index]
            errors += weight(term, at)
            errors += nodeTerm(term["preference"] ?? [:], at("preference"), allowsInvalidValues: true)
        }
        return errors
    }

    private static func weight(_ term: JSONValue, _ path: FieldPath) -> [FieldError] {
        let weight = term["weight"]?.int ?? 0
        return (1...100).contains(weight)
            ? [] : [.invalid(path("weight"), .int(weight), "must be in the range 1-100")]
    }

    /// A `NodeSelector`: at least one term.
    package static func nodeSelector(
        _ selector: JSONValue, _ path: FieldPath, allowsInvalidValues: Bool = false
    ) -> [FieldError] {
        let terms = selector.elements("nodeSelectorTerms")
        if terms.isEmpty {
            return [.required(path("nodeSelectorTerms"), "must have at least one node selector term")]
        }
        return terms.enumerated().flatMap {
            nodeTerm($1, path("nodeSelectorTerms")[$0], allowsInvalidValues: allowsInvalidValues)
        }
    }

    private static func nodeTerm(_ term: JSONValue, _ path: FieldPath, allowsInvalidValues: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, expression) in term.elements("matchExpressions").enumerated() {
            errors += nodeExpression(expression, path("matchExpressions")[index], allowsInvalidValues: allowsInvalidValues)
        }
        for (index, expression) in term.elements("matchFields").enumerated() {
            errors += nodeField(expression, path("matchFields")[index])
        }
        return errors
    }

    private static func nodeExpression(
        _ expression: JSONValue, _ path: FieldPath, allowsInvalidValues: Bool
    ) -> [FieldError] {
        let values = expression.elements("values")
        let key = expression.text("key")
        var errors = NodeRequirementCheck.values(expression, path)
        errors += FieldCheck.text(key, path("key"), NameValidation.qualifiedName)
        if allowsInvalidValues { return errors }
        for (index, value) in values.enumerated() {
            errors += FieldCheck.text(value.string ?? "", path("values")[index], NameValidation.labelValue)
        }
        return errors
    }

    private static func nodeField(_ expression: JSONValue, _ path: FieldPath) -> [FieldError] {
        let values = expression.elements("values")
        let key = expression.text("key")
        var errors: [FieldError] = []
        switch expression.text("operator") {
        case "In", "NotIn":
            if values.count != 1 {
                errors.append(
                    .required(
                        path("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
            }
        case let other: errors.append(.invalid(path("operator"), .string(other), "not a valid selector operator"))
        }
        guard key == "metadata.name" else {
            return errors + [.invalid(path("key"), .string(key), "not a valid field selector key")]
        }
        for (index, value) in values.enumerated() {
            errors += FieldCheck.text(value.string ?? "", path("values")[index], NameValidation.dns1123Subdomain)
        }
        return errors
    }

    private static func podTerm(_ term: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["labelSelector", "namespaceSelector"] {
            errors += LabelValidation.selector(
                term[field], path(field), allowsInvalidValues: options.allowsInvalidLabelValues)
        }
        for name in term.elements("namespaces").compactMap(\.string) {
            errors += FieldCheck.text(name, path("namespace"), NameValidation.dns1123Label)
        }
        errors += labelKeys(term, path)
        let key = term.text("topologyKey")
        if key.isEmpty { errors.append(.required(path("topologyKey"), "can not be empty")) }
        return errors + FieldCheck.text(key, path("topologyKey"), NameValidation.qualifiedName)
    }

    private static func labelKeys(_ term: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let hasSelector = term.has("labelSelector")
        for field in ["matchLabelKeys", "mismatchLabelKeys"] {
            let keys = term.elements(field)
            if !keys.isEmpty, !hasSelector {
                errors.append(.forbidden(path(field), "must not be specified when labelSelector is not set"))
                continue
            }
            for (index, key) in keys.enumerated() {
                errors += FieldCheck.text(key.string ?? "", path(field)[index], NameValidation.qualifiedName)
            }
        }
        let matching = term.elements("matchLabelKeys").compactMap(\.string)
        var seen = Set(term["labelSelector"]?["matchLabels"]?.object?.keys ?? [])
        for expression in term["labelSelector"]?.elements("matchExpressions") ?? [] {
            let key = expression.text("key")
            if let index = matching.firstIndex(of: key), seen.contains(key) {
                errors.append(.invalid(path[index], .string(key), "exists in both matchLabelKeys and labelSelector"))
            }
            seen.insert(key)
        }
        let mismatching = Set(term.elements("mismatchLabelKeys").compactMap(\.string))
        for (index, key) in matching.enumerated() where mismatching.contains(key) {
            errors.append(
                .invalid(
                    path("matchLabelKeys")[index], .string(key), "exists in both matchLabelKeys and mismatchLabelKeys"))
        }
        return errors
    }
}
