package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/batch/job/strategy.go`, `pkg/apis/batch/v1/defaults.go`.
package struct JobRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let selectableFields = ["status.successful"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["status"]?["succeeded"]?.int ?? 0)
    }

    package func applyDefaults(_ object: inout JSONValue) { object.edit("spec", Self.defaults) }

    private static func defaults(_ spec: inout JSONValue) {
        WorkloadDefaults.template(&spec)
        if !spec.has("completions"), !spec.has("parallelism") { spec["completions"] = 1 }
        spec.setDefault("parallelism", 1)
        spec.setDefault("backoffLimit", spec.has("backoffLimitPerIndex") ? .int(Int64(Int32.max)) : 6)
        spec.setDefault("completionMode", "NonIndexed")
        spec.setDefault("suspend", false)
        spec.setDefault("manualSelector", false)
        spec.setDefault("podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed")
        spec.edit("podFailurePolicy") { policy in
            policy.editEach("rules") { rule in
                rule.editEach("onPodConditions") { if $0.text("status").isEmpty { $0["status"] = "True" } }
            }
        }
    }

    /// Without a selector of the writer's own, the job selects by its identity and marks its pods with it.
    package func prepareForCreate(_ object: inout JSONValue) {
        StatusSeparation.create(&object, self)
        guard !(object["spec"]?["manualSelector"]?.bool ?? false) else { return }
        let name = object["metadata"]?["name"] ?? ""
        let uid = object["metadata"]?["uid"] ?? ""
        let labels = [
            (Self.legacyNameLabel, name), (Self.nameLabel, name), (Self.legacyOwnerLabel, uid), (Self.ownerLabel, uid),
        ]
        for (key, value) in labels where object[path: ["spec", "template", "metadata", "labels", key]] == nil {
            object[path: ["spec", "template", "metadata", "labels", key]] = value
        }
        if object[path: ["spec", "selector", "matchLabels", Self.ownerLabel]] == nil {
            object[path: ["spec", "selector", "matchLabels", Self.ownerLabel]] = uid
        }
    }

    static let nameLabel = "batch.kubernetes.io/job-name"
    static let ownerLabel = "batch.kubernetes.io/controller-uid"
    static let legacyNameLabel = "job-name"
    static let legacyOwnerLabel = "controller-uid"

    package func validate(_ object: JSONValue) -> [FieldError] {
        JobValidation.validate(object, wantsPrefixedLabels: true)
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        JobValidation.validateUpdate(new: new, old: old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        JobStatusValidation(new: new, old: old).errors
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        isNew ? WorkloadWarnings.name(object) + WorkloadWarnings.job(object["spec"] ?? [:], FieldPath("spec")) : []
    }

    package let columns: [Column] = [
        .objectName,
        Column("Status", "Whether the job runs, is done or failed."),
        Column("Completions", "Pods that succeeded, of those that must."),
        Column("Duration", "Time from start to end."),
        .age,
        .containers, .images,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
        let (names, images) = Cells.containers(spec["template"]?["spec"])
        var completions = "\(status["succeeded"]?.int ?? 0)/"
        if let wanted = spec["completions"]?.int {
            completions += String(wanted)
        } else {
            let parallel = spec["parallelism"]?.int ?? 0
            completions += parallel > 1 ? "1 of \(parallel)" : "1"
        }
        var duration = ""
        if let start = Timestamp(parsing: status.text("startTime")) {
            let end = Timestamp(parsing: status.text("completionTime")) ?? now
            duration = HumanDuration.print(seconds: end.seconds - start.seconds)
        }
        return [
            Cells.name(object), .string(state(object)), .string(completions), .string(duration), Cells.age(object, now: now),
            names, images, Cells.selector(spec["selector"]),
        ]
    }

    private func state(_ object: JSONValue) -> String {
        for type in ["Complete", "Failed"] where ConditionChecks.isTrue(object, type) { return type }
        if object["metadata"]?.has("deletionTimestamp") ?? false { return "Terminating" }
        let others = ["Suspended", "FailureTarget", "SuccessCriteriaMet"]
        return others.first { ConditionChecks.isTrue(object, $0) } ?? "Running"
    }
}
