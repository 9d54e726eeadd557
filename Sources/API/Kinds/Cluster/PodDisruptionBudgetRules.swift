package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/policy/poddisruptionbudget/strategy.go`, `ValidatePodDisruptionBudget`.
package struct PodDisruptionBudgetRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let allowsUnconditionalUpdate = false

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        if spec.has("minAvailable"), spec.has("maxUnavailable") {
            errors.append(.invalid(path, spec, "minAvailable and maxUnavailable cannot be both set"))
        }
        for name in ["minAvailable", "maxUnavailable"] {
            errors += PercentChecks.positive(spec[name], path(name)) + PercentChecks.notAboveHundred(spec[name], path(name))
        }
        errors += LabelValidation.selector(spec["selector"], path("selector"))
        return errors
            + FieldCheck.oneOf(spec, "unhealthyPodEvictionPolicy", ["AlwaysAllow", "IfHealthyBudget"], path)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        return ConditionChecks.validate(new["status"]?.elements("conditions") ?? [], path("conditions"))
            + FieldCheck.nonNegative(
                new["status"], ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"], path)
    }

    package let columns: [Column] = [
        .objectName, Column("Min Available", "Pods that must stay."), Column("Max Unavailable", "Pods that may go."),
        Column("Allowed Disruptions", type: "integer", "Pods that may go now."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        func count(_ field: String) -> JSONValue {
            .string(IntOrString(json: object["spec"]?[field])?.description ?? "N/A")
        }
        return [
            Cells.name(object), count("minAvailable"), count("maxUnavailable"),
            Cells.count(object["status"]?["disruptionsAllowed"]), Cells.age(object, now: now),
        ]
    }
}
