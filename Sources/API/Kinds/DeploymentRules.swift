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
            spec.setDefault("strategy", .object([:]))
            spec.edit("strategy") { strategy in
                if strategy.text("type").isEmpty { strategy["type"] = "RollingUpdate" }
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.setDefault("rollingUpdate", .object([:]))
                strategy.edit("rollingUpdate") { rolling in
                    rolling.setDefault("maxUnavailable", "25%")
                    rolling.setDefault("maxSurge", "25%")
                }
            }
            spec.setDefault("revisionHistoryLimit", 10)
            spec.setDefault("progressDeadlineSeconds", 600)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = WorkloadValidation.replicas(spec, path)
        errors += WorkloadValidation.selectorAndTemplate(spec, path)
        errors += strategy(spec["strategy"] ?? [:], path("strategy"))
        for field in ["minReadySeconds", "revisionHistoryLimit"] {
            if let value = spec[field]?.int, value < 0 {
                errors.append(.invalid(path(field), .int(value), "must be greater than or equal to 0"))
            }
        }
        if let deadline = spec["progressDeadlineSeconds"]?.int {
            if deadline < 0 {
                errors.append(
                    .invalid(path("progressDeadlineSeconds"), .int(deadline), "must be greater than or equal to 0"))
            }
            if deadline <= spec["minReadySeconds"]?.int ?? 0 {
                errors.append(
                    .invalid(path("progressDeadlineSeconds"), .int(deadline), "must be greater than minReadySeconds"))
            }
        }
        return errors
    }

    private func strategy(_ strategy: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rolling = strategy["rollingUpdate"]
        switch strategy.text("type") {
        case "Recreate":
            guard strategy.has("rollingUpdate") else { return [] }
            return [.forbidden(path("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")]
        case "RollingUpdate":
            guard let rolling else {
                return [.required(path("rollingUpdate"), "this should be defaulted and never be nil")]
            }
            return WorkloadValidation.rolling(rolling, path("rollingUpdate"))
        case let other:
            return [.notSupported(path("type"), .string(other), supported: ["Recreate", "RollingUpdate"])]
        }
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + WorkloadValidation.immutableSelector(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        WorkloadValidation.status(new["status"] ?? [:], total: "replicas")
    }

    package let columns: [Column] = [
        .objectName,
        Column("Ready", "Pods that are ready, of the pods wanted."),
        Column("Up-to-date", type: "integer", "Pods made from the present template."),
        Column("Available", type: "integer", "Pods that have been ready long enough."),
        .age,
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let status = object["status"]
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let ready = status?["readyReplicas"]?.int ?? 0
        return [
            Cells.name(object), .string("\(ready)/\(object["spec"]?["replicas"]?.int ?? 0)"),
            Cells.count(status?["updatedReplicas"]), Cells.count(status?["availableReplicas"]), Cells.age(object, now: now),
            names, images, Cells.selector(object["spec"]?["selector"]),
        ]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/replicaset/strategy.go`.
package struct ReplicaSetRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let selectableFields = ["status.replicas"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["status"]?["replicas"]?.int ?? 0)
    }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            spec.setDefault("replicas", 1)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = WorkloadValidation.replicas(spec, path) + WorkloadValidation.selectorAndTemplate(spec, path)
        if let value = spec["minReadySeconds"]?.int, value < 0 {
            errors.append(.invalid(path("minReadySeconds"), .int(value), "must be greater than or equal to 0"))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + WorkloadValidation.immutableSelector(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        WorkloadValidation.status(new["status"] ?? [:], total: "replicas")
    }

    package let columns: [Column] = WorkloadColumns.replicaColumns

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        WorkloadColumns.replicaCells(object, now: now, selector: Cells.selector(object["spec"]?["selector"]))
    }
}

/// What ReplicaSet and ReplicationController print alike.
enum WorkloadColumns {
    static let replicaColumns: [Column] = [
        .objectName,
        Column("Desired", type: "integer", "Pods wanted."),
        Column("Current", type: "integer", "Pods that exist."),
        Column("Ready", type: "integer", "Pods that are ready."),
        .age,
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    static func replicaCells(_ object: JSONValue, now: Timestamp, selector: JSONValue) -> [JSONValue] {
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let status = object["status"]
        return [
            Cells.name(object), Cells.count(object["spec"]?["replicas"]), Cells.count(status?["replicas"]),
            Cells.count(status?["readyReplicas"]), Cells.age(object, now: now), names, images, selector,
        ]
    }
}
