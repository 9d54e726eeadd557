import JSON

/// Defaults that every kind with a pod template shares.
enum WorkloadDefaults {
    /// Defaults of `spec.template`.
    static func template(_ spec: inout JSONValue) {
        spec.edit("template") { template in
            template.setDefault("spec", .object([:]))
            template.edit("spec", PodDefaults.apply)
        }
    }
}

/// Rules that every kind with a pod template shares.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/apps/validation/validation.go`.
enum WorkloadValidation {
    static func replicas(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let replicas = spec["replicas"]?.int, replicas < 0 else { return [] }
        return [.invalid(path("replicas"), .int(replicas), "must be greater than or equal to 0")]
    }

    static func selectorAndTemplate(
        _ spec: JSONValue, _ path: FieldPath, restartPolicies: [String] = ["Always"]
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !spec.has("selector") {
            errors.append(.required(path("selector")))
        } else {
            errors += LabelValidation.selector(spec["selector"], path("selector"))
            if LabelSelector(json: spec["selector"]).isEverything {
                errors.append(
                    .invalid(path("selector"), spec["selector"], "empty selector is invalid for deployment"))
            }
        }
        let labels = spec["template"]?["metadata"]?["labels"]
        let selector = LabelSelector(json: spec["selector"])
        if spec.has("selector"), !selector.isEverything, !selector.matches(labels?.object?.strings ?? [:]) {
            errors.append(
                .invalid(
                    path("template")("metadata")("labels"), labels ?? .object([:]),
                    "`selector` does not match template `labels`"))
        }
        return errors + PodValidation.template(spec["template"], path("template"), restartPolicies: restartPolicies)
    }

    static func immutableSelector(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let (now, was) = (new["spec"]?["selector"] ?? .null, old["spec"]?["selector"] ?? .null)
        return now == was ? [] : [.invalid(FieldPath("spec")("selector"), now, "field is immutable")]
    }

    static func rolling(_ rolling: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var zeros = 0
        for field in ["maxUnavailable", "maxSurge"] {
            switch IntOrString(json: rolling[field]) {
            case .int(let number):
                if number < 0 {
                    errors.append(.invalid(path(field), .int(Int64(number)), "must be greater than or equal to 0"))
                }
                if number == 0 { zeros += 1 }
            case .string(let text):
                guard text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 else {
                    errors.append(
                        .invalid(
                            path(field), .string(text),
                            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                                + "regex used for validation is '[0-9]+%')"))
                    continue
                }
                if percent == 0 { zeros += 1 }
                if field == "maxUnavailable", percent > 100 {
                    errors.append(.invalid(path(field), .string(text), "must not be greater than 100%"))
                }
            case nil: break
            }
        }
        if zeros == 2 {
            errors.append(
                .invalid(path("maxUnavailable"), rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0"))
        }
        return errors
    }

    static func status(_ status: JSONValue, total: String) -> [FieldError] {
        let path = FieldPath("status")
        var errors: [FieldError] = []
        let all = status[total]?.int ?? 0
        let parts = [
            "replicas", "updatedReplicas", "readyReplicas", "fullyLabeledReplicas", "availableReplicas", "observedGeneration",
        ]
        for field in parts {
            let value = status[field]?.int ?? 0
            if value < 0 { errors.append(.invalid(path(field), .int(value), "must be greater than or equal to 0")) }
            if field != "observedGeneration", value > all {
                errors.append(.invalid(path(field), .int(value), "cannot be greater than status.replicas"))
            }
        }
        if (status["availableReplicas"]?.int ?? 0) > (status["readyReplicas"]?.int ?? 0) {
            errors.append(
                .invalid(path("availableReplicas"), status["availableReplicas"], "cannot be greater than readyReplicas"))
        }
        return errors
    }
}
