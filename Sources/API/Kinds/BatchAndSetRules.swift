package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/statefulset/strategy.go`, `SetDefaults_StatefulSet`.
package struct StatefulSetRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            if spec.text("podManagementPolicy").isEmpty { spec["podManagementPolicy"] = "OrderedReady" }
            spec.setDefault("updateStrategy", .object([:]))
            spec.edit("updateStrategy") { strategy in
                if strategy.text("type").isEmpty { strategy["type"] = "RollingUpdate" }
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.setDefault("rollingUpdate", .object([:]))
                strategy.edit("rollingUpdate") { $0.setDefault("partition", 0) }
            }
            spec.setDefault("persistentVolumeClaimRetentionPolicy", .object([:]))
            spec.edit("persistentVolumeClaimRetentionPolicy") { policy in
                for name in ["whenDeleted", "whenScaled"] where policy.text(name).isEmpty { policy[name] = "Retain" }
            }
            spec.setDefault("replicas", 1)
            spec.setDefault("revisionHistoryLimit", 10)
            spec.editEach("volumeClaimTemplates") { claim in
                claim.edit("spec") { $0.setDefault("volumeMode", "Filesystem") }
                claim[path: ["status", "phase"]] = "Pending"
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        return WorkloadValidation.replicas(spec, path) + WorkloadValidation.selectorAndTemplate(spec, path)
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let mutable = [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ]
        var (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        for name in mutable { (after[name], before[name]) = (nil, nil) }
        if after == before { return validate(new) }
        return validate(new) + [
            .forbidden(
                FieldPath("spec"),
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                    + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
        ]
    }

    package let columns: [Column] = [
        .objectName, Column("Ready", "Pods that are ready, of the pods wanted."), .age,
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let ready = "\(object["status"]?["readyReplicas"]?.int ?? 0)/\(object["spec"]?["replicas"]?.int ?? 0)"
        return [Cells.name(object), .string(ready), Cells.age(object, now: now), names, images]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/daemonset/strategy.go`, `SetDefaults_DaemonSet`.
package struct DaemonSetRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            spec.setDefault("updateStrategy", .object([:]))
            spec.edit("updateStrategy") { strategy in
                if strategy.text("type").isEmpty { strategy["type"] = "RollingUpdate" }
                guard strategy.text("type") == "RollingUpdate" else { return }
                strategy.setDefault("rollingUpdate", .object([:]))
                strategy.edit("rollingUpdate") { rolling in
                    rolling.setDefault("maxUnavailable", 1)
                    rolling.setDefault("maxSurge", 0)
                }
            }
            spec.setDefault("revisionHistoryLimit", 10)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        WorkloadValidation.selectorAndTemplate(object["spec"] ?? [:], FieldPath("spec"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + WorkloadValidation.immutableSelector(new, old)
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
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
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

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/batch/job/strategy.go`, `pkg/apis/batch/v1/defaults.go`.
package struct JobRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let selectableFields = ["status.successful"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["status"]?["succeeded"]?.int ?? 0)
    }

    static func defaults(_ spec: inout JSONValue) {
        WorkloadDefaults.template(&spec)
        if !spec.has("completions"), !spec.has("parallelism") { spec["completions"] = 1 }
        spec.setDefault("parallelism", 1)
        spec.setDefault("backoffLimit", spec.has("backoffLimitPerIndex") ? .int(Int64(Int32.max)) : 6)
        spec.setDefault("completionMode", "NonIndexed")
        spec.setDefault("suspend", false)
        spec.setDefault("manualSelector", false)
        spec.setDefault("podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed")
        spec.editEach("podFailurePolicy") { _ in }
    }

    package func applyDefaults(_ object: inout JSONValue) { object.edit("spec", Self.defaults) }

    package func validate(_ object: JSONValue) -> [FieldError] {
        PodValidation.template(
            object["spec"]?["template"], FieldPath("spec")("template"), restartPolicies: ["OnFailure", "Never"])
    }

    package let columns: [Column] = [
        .objectName,
        Column("Status", "Whether the job runs, is done or failed."),
        Column("Completions", "Pods that succeeded, of those that must."),
        Column("Duration", "Time from start to end."),
        .age,
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
        let (names, images) = Cells.containers(spec["template"]?["spec"])
        let succeeded = status["succeeded"]?.int ?? 0
        var completions = "\(succeeded)/"
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
        let conditions = object["status"]?.elements("conditions") ?? []
        for (type, word) in [
            ("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended"), ("FailureTarget", "FailureTarget"),
            ("SuccessCriteriaMet", "SuccessCriteriaMet"),
        ] where conditions.contains(where: { $0.text("type") == type && $0.text("status") == "True" }) {
            return word
        }
        return object["metadata"]?.has("deletionTimestamp") ?? false ? "Terminating" : "Running"
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/batch/cronjob/strategy.go`, `SetDefaults_CronJob`.
package struct CronJobRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            if spec.text("concurrencyPolicy").isEmpty { spec["concurrencyPolicy"] = "Allow" }
            spec.setDefault("suspend", false)
            spec.setDefault("successfulJobsHistoryLimit", 3)
            spec.setDefault("failedJobsHistoryLimit", 1)
            spec.edit("jobTemplate") { template in
                template.edit("spec") { WorkloadDefaults.template(&$0) }
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if object["spec"]?.text("schedule").isEmpty ?? true { errors.append(.required(path("schedule"))) }
        return errors
            + PodValidation.template(
                object["spec"]?["jobTemplate"]?["spec"]?["template"], path("jobTemplate")("spec")("template"),
                restartPolicies: ["OnFailure", "Never"])
    }

    package let columns: [Column] = [
        .objectName,
        Column("Schedule", "When jobs start."),
        Column("Timezone", "Where the schedule's clock stands."),
        Column("Suspend", type: "boolean", "Whether no new job starts."),
        Column("Active", type: "integer", "Jobs that run."),
        Column("Last Schedule", "Time since a job last started."),
        .age,
        Column("Containers", wide: true, "Names of the template's containers."),
        Column("Images", wide: true, "Images of the template's containers."),
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let job = spec["jobTemplate"]?["spec"]
        let (names, images) = Cells.containers(job?["template"]?["spec"])
        let last = object["status"]?["lastScheduleTime"]
        return [
            Cells.name(object), spec["schedule"] ?? "", Cells.text(spec["timeZone"]),
            .string(spec["suspend"]?.bool ?? false ? "True" : "False"),
            .int(Int64(object["status"]?.elements("active").count ?? 0)),
            .string(last?.string == nil ? "<none>" : Cells.age(of: last, now: now)), Cells.age(object, now: now), names, images,
            Cells.selector(job?["selector"]),
        ]
    }
}
