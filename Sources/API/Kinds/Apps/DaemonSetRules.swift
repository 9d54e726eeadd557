package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/daemonset/strategy.go`, `SetDefaults_DaemonSet`, `ValidateDaemonSet`.
package struct DaemonSetRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            WorkloadDefaults.rollingUpdate(&spec, "updateStrategy", ["maxUnavailable": 1, "maxSurge": 0])
            spec.setDefault("revisionHistoryLimit", 10)
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        StatusSeparation.create(&object, self)
        Self.countTemplates(&object, 1)
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.update(&new, old, self)
        let before = old["metadata"]?["annotations"]?[DaemonSet.generationAnnotation]?.string.flatMap(Int64.init) ?? 0
        let isSame = SemanticEquality.equal(new["spec"]?["template"], old["spec"]?["template"])
        Self.countTemplates(&new, isSame ? before : before + 1)
    }

    /// The count of templates is the server's: clients cannot set it, nor take it away.
    private static func countTemplates(_ object: inout JSONValue, _ count: Int64) {
        if count == 0, object["metadata"]?["annotations"]?[DaemonSet.generationAnnotation] == nil { return }
        object[path: ["metadata", "annotations", DaemonSet.generationAnnotation]] =
            count == 0 ? .none : .some(.string(String(count)))
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        return TemplateOwner.selector(spec, path, kind: "daemonset")
            + TemplateOwner.template(spec, path, kind: "DaemonSet", old: old?["spec"])
            + FieldCheck.nonNegative(spec, ["minReadySeconds"], path)
            + strategy(spec["updateStrategy"] ?? [:], path("updateStrategy"))
            + FieldCheck.nonNegative(spec, ["revisionHistoryLimit"], path)
    }

    private func strategy(_ strategy: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rolling = strategy["rollingUpdate"] ?? .null
        switch strategy.text("type") {
        case "OnDelete": return []
        case "RollingUpdate":
            return rolling.isNull ? [.required(path("rollingUpdate"))] : rollingUpdate(rolling, path("rollingUpdate"))
        case let other:
            return [
                FieldError.notSupported(
                    path, ["Type": .string(other), "RollingUpdate": rolling], inOrder: ["RollingUpdate", "OnDelete"])
            ]
        }
    }

    private func rollingUpdate(_ rolling: JSONValue, _ path: FieldPath) -> [FieldError] {
        let names = ["maxUnavailable", "maxSurge"]
        var errors = names.flatMap { PercentChecks.positive(rolling[$0], path($0)) }
        errors += names.flatMap { PercentChecks.notAboveHundred(rolling[$0], path($0)) }
        switch (PercentChecks.number(rolling["maxUnavailable"]) != 0, PercentChecks.number(rolling["maxSurge"]) != 0) {
        case (true, true):
            errors.append(
                .invalid(path("maxSurge"), rolling["maxSurge"], "may not be set when maxUnavailable is non-zero"))
        case (false, false): errors.append(.required(path("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
        default: break
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + TemplateOwner.immutableSelector(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        return FieldCheck.nonNegative(
            new["status"],
            [
                "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
                "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
            ], path) + FieldCheck.notDecremented(new, old, "collisionCount", path)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        isNew ? WorkloadWarnings.template(object) : []
    }

    package let columns: [Column] = [
        .objectName,
        Column("Desired", type: "integer", "Nodes that should run the pod."),
        Column("Current", type: "integer", "Nodes that run it."),
        Column("Ready", type: "integer", "Nodes where it is ready."),
        Column("Up-to-date", type: "integer", "Nodes that run the present template."),
        Column("Available", type: "integer", "Nodes where it has been ready long enough."),
        Column("Node Selector", "Labels that select the nodes."),
        .age,
        .containers, .images,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let status = object["status"]
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        return [
            Cells.name(object), Cells.count(status?["desiredNumberScheduled"]), Cells.count(status?["currentNumberScheduled"]),
            Cells.count(status?["numberReady"]), Cells.count(status?["updatedNumberScheduled"]),
            Cells.count(status?["numberAvailable"]), Cells.labels(object["spec"]?["template"]?["spec"]?["nodeSelector"]),
            Cells.age(object, now: now), names, images, Cells.selector(object["spec"]?["selector"]),
        ]
    }
}
