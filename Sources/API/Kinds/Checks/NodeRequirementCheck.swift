import JSON

/// How many values the operator of a `NodeSelectorRequirement` takes.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateNodeSelectorRequirement`.
enum NodeRequirementCheck {
    static func values(_ requirement: JSONValue, _ path: FieldPath) -> [FieldError] {
        let values = requirement.elements("values")
        var errors: [FieldError] = []
        switch requirement.text("operator") {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required(path("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(
                    .forbidden(path("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
            }
        case "Gt", "Lt":
            if values.count != 1 {
                errors.append(.required(path("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'"))
            }
        case let other: errors.append(.invalid(path("operator"), .string(other), "not a valid selector operator"))
        }
        return errors
    }
}
