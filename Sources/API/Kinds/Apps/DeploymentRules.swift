package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/deployment/strategy.go`, `pkg/apis/apps/v1/defaults.go`,
///   `pkg/apis/apps/validation/validation.go`.
package struct DeploymentRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            spec.setDefault("replicas", 1)
            WorkloadDefaults.rollingUpdate(&spec, "strategy", ["maxUnavailable": "25%", "maxSurge": "25%"])
            spec.setDefault("revisionHistoryLimit", 10)
            spec.setDefault("progressDeadlineSeconds", 600)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = FieldCheck.nonNegative(spec, ["replicas"], path)
        errors += TemplateOwner.selector(spec, path, kind: "deployment")
        errors += TemplateOwner.template(spec, path, kind: "ReplicaSet", old: old?["spec"])
        errors += strategy(spec["strategy"] ?? [:], path("strategy"))
        errors += FieldCheck.nonNegative(spec, ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], path)
        if let deadline = spec["progressDeadlineSeconds"]?.int, deadline <= spec["minReadySeconds"]?.int ?? 0 {
            errors.append(
                .invalid(path("progressDeadlineSeconds"), .int(deadline), "must be greater than minReadySeconds"))
        }
        return errors
    }

    private func strategy(_ strategy: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rolling = strategy["rollingUpdate"] ?? .null
        switch strategy.text("type") {
        case "Recreate":
            guard strategy.has("rollingUpdate") else { return [] }
            return [.forbidden(path("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")]
        case "RollingUpdate":
            guard !rolling.isNull else {
                return [.required(path("rollingUpdate"), "this should be defaulted and never be nil")]
            }
            return rollingUpdate(rolling, path("rollingUpdate"))
        case let other:
            return [
                FieldError.notSupported(
                    path, ["Type": .string(other), "RollingUpdate": rolling], inOrder: ["Recreate", "RollingUpdate"])
            ]
        }
    }

    private func rollingUpdate(_ rolling: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (unavailable, surge) = (rolling["maxUnavailable"], rolling["maxSurge"])
        var errors = PercentChecks.positive(unavailable, path("maxUnavailable"))
        errors += PercentChecks.positive(surge, path("maxSurge"))
        if PercentChecks.number(unavailable) == 0, PercentChecks.number(surge) == 0 {
            errors.append(.invalid(path("maxUnavailable"), unavailable ?? 0, "may not be 0 when `maxSurge` is 0"))
        }
        return errors + PercentChecks.notAboveHundred(unavailable, path("maxUnavailable"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + TemplateOwner.immutableSelector(new, old)
    }

    /// Unlike other kinds', a Deployment's labels stay as they were.
    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/deployment/strategy.go`, `deploymentStatusStrategy.PrepareForUpdate`.
    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdate(&new, old)
        new[path: ["metadata", "labels"]] = old["metadata"]?["labels"]
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        let names = [
            "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
            "terminatingReplicas", "collisionCount",
        ]
        return TemplateOwner.replicaStatus(new["status"], names, parts: ["updatedReplicas", "readyReplicas"], path)
            + FieldCheck.notDecremented(new, old, "collisionCount", path)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        isNew ? WorkloadWarnings.name(object) + WorkloadWarnings.template(object) : []
    }

    package let columns: [Column] = [
        .objectName,
        Column("Ready", "Pods that are ready, of the pods wanted."),
        Column("Up-to-date", type: "integer", "Pods made from the present template."),
        Column("Available", type: "integer", "Pods that have been ready long enough."),
        .age,
        .containers, .images,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let status = object["status"]
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let ready = status?["readyReplicas"]?.int ?? 0
        return [
            Cells.name(object), .string("\(ready)/\(object["spec"]?["replicas"]?.int ?? 0)"),
            Cells.count(status?["updatedReplicas"]), Cells.count(status?["availableReplicas"]), Cells.age(object, now: now),
            names, images, .string(LabelSelector(json: object["spec"]?["selector"]).description),
        ]
    }
}
