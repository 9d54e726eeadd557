package import JSON

/// Taints of nodes and the tolerations of pods.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateTolerations`, `validateNodeTaints`.
package enum TaintValidation {
    private static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    package static func tolerations(_ tolerations: [JSONValue], _ path: FieldPath) -> [FieldError] {
        tolerations.enumerated().flatMap { toleration($1, path[$0]) }
    }

    private static func toleration(_ toleration: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (key, operation) = (toleration.text("key"), toleration.text("operator"))
        let (value, effect) = (toleration.text("value"), toleration.text("effect"))
        var errors = FieldCheck.optionalText(key, path("key"), NameValidation.qualifiedName)
        if key.isEmpty, operation != "Exists" {
            errors.append(
                .invalid(
                    path("operator"), .string(operation),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
        }
        if toleration.has("tolerationSeconds"), effect != "NoExecute" {
            errors.append(
                .invalid(path("effect"), .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set"))
        }
        switch operation {
        case "Equal", "":
            let messages = NameValidation.labelValue(value)
            if !messages.isEmpty {
                errors.append(.invalid(path("operator"), .string(value), messages.joined(separator: ";")))
            }
        case "Exists":
            if !value.isEmpty {
                errors.append(
                    .invalid(path("operator"), .string(value), "value must be empty when `operator` is 'Exists'"))
            }
        default: errors.append(.notSupported(path("operator"), .string(operation), inOrder: ["Equal", "Exists"]))
        }
        if !effect.isEmpty { errors += FieldCheck.optionalChoice(effect, effects, path("effect")) }
        return errors
    }

    package static func taints(_ taints: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<[String]> = []
        for (index, taint) in taints.enumerated() {
            let at = path[index]
            let (key, value, effect) = (taint.text("key"), taint.text("value"), taint.text("effect"))
            errors += FieldCheck.text(key, at("key"), NameValidation.qualifiedName)
            let messages = NameValidation.labelValue(value)
            if !messages.isEmpty {
                errors.append(.invalid(at("value"), .string(value), messages.joined(separator: ";")))
            }
            errors += FieldCheck.choice(effect, effects, at("effect"))
            if !seen.insert([key, effect]).inserted {
                var error = FieldError.duplicate(at, GoValue.taint(taint))
                error.detail = "taints must be unique by key and effect pair"
                errors.append(error)
            }
        }
        return errors
    }
}
