package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/batch/cronjob/strategy.go`, `SetDefaults_CronJob`, `ValidateCronJobCreate`.
package struct CronJobRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    /// Jobs are named after it, with eleven characters more.
    private static let nameLengthMax = 52

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
        let name = object["metadata"]?.text("name") ?? ""
        let errors = check(object["spec"] ?? [:], old: nil)
        if name.utf8.count <= Self.nameLengthMax { return errors }
        return errors + [
            .invalid(
                FieldPath("metadata")("name"), .string(name), "must be no more than \(Self.nameLengthMax) bytes")
        ]
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new["spec"] ?? [:], old: old["spec"] ?? [:])
    }

    private func check(_ spec: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        var errors = schedule(spec, old: old, path("schedule"))
        errors += FieldCheck.nonNegative(spec, ["startingDeadlineSeconds"], path)
        if old == nil || old?["timeZone"] != spec["timeZone"] { errors += timeZone(spec["timeZone"]?.string, path("timeZone")) }
        errors += FieldCheck.requiredOneOf(spec, "concurrencyPolicy", ["Allow", "Forbid", "Replace"], path)
        errors += jobTemplate(spec["jobTemplate"]?["spec"] ?? [:], path("jobTemplate")("spec"))
        return errors + FieldCheck.nonNegative(spec, ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"], path)
    }

    private func schedule(_ spec: JSONValue, old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let text = spec.text("schedule")
        if text.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        do throws(CronSchedule.Problem) {
            _ = try CronSchedule(parsing: text)
        } catch {
            errors.append(.invalid(path, .string(text), error.description))
        }
        guard text.contains("TZ") else { return errors }
        if !(old?.text("schedule").contains("TZ") ?? false) {
            errors.append(
                .invalid(path, .string(text), "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
        } else if spec.has("timeZone") {
            errors.append(
                .invalid(path, .string(text), "cannot use both timeZone field and TZ or CRON_TZ in schedule"))
        }
        return errors
    }

    private func timeZone(_ zone: String?, _ path: FieldPath) -> [FieldError] {
        guard let zone else { return [] }
        if zone.isEmpty { return [.invalid(path, "", "timeZone must be nil or non-empty string")] }
        let unknown = FieldError.invalid(path, .string(zone), "unknown time zone \(zone)")
        guard TimeZoneName.isWellFormed(zone) else { return [unknown] }
        var errors: [FieldError] = []
        let isLocal = zone.lowercased() == "local"
        if isLocal {
            errors.append(
                .invalid(
                    path, .string(zone),
                    "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
        }
        if zone != "Local", !TimeZoneName.isKnown(zone) { errors.append(unknown) }
        return errors
    }

    private func jobTemplate(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = JobValidation.spec(spec, path)
        if spec.has("selector") {
            errors.append(.invalid(path("selector"), spec["selector"], "`selector` will be auto-generated"))
        }
        if spec["manualSelector"]?.bool ?? false {
            errors.append(FieldError.notSupported(path("manualSelector"), true, inOrder: ["nil", "false"]))
        }
        return errors
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        guard isNew else { return [] }
        let job = object["spec"]?["jobTemplate"]?["spec"] ?? [:]
        return WorkloadWarnings.name(object)
            + WorkloadWarnings.job(job, FieldPath("spec")("jobTemplate")("spec"))
    }

    package let columns: [Column] = [
        .objectName,
        Column("Schedule", "When jobs start."),
        Column("Timezone", "Where the schedule's clock stands."),
        Column("Suspend", type: "boolean", "Whether no new job starts."),
        Column("Active", type: "integer", "Jobs that run."),
        Column("Last Schedule", "Time since a job last started."),
        .age,
        .containers, .images,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let job = spec["jobTemplate"]?["spec"]
        let (names, images) = Cells.containers(job?["template"]?["spec"])
        let last = object["status"]?["lastScheduleTime"]
        return [
            Cells.name(object), spec["schedule"] ?? "", Cells.text(spec["timeZone"]), Cells.flag(spec["suspend"]),
            .int(Int64(object["status"]?.elements("active").count ?? 0)),
            .string(last?.string == nil ? "<none>" : Cells.age(of: last, now: now)), Cells.age(object, now: now), names, images,
            Cells.selector(job?["selector"]),
        ]
    }
}

extension Cells {
    /// `True`, `False`, `<unset>`.
    static func flag(_ value: JSONValue?) -> JSONValue {
        guard let flag = value?.bool else { return "<unset>" }
        return flag ? "True" : "False"
    }
}
