import JSON

/// What a job's specification must satisfy.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/batch/validation/validation.go`.
enum JobValidation {
    private static let parallelismMax: Int64 = 100_000
    private static let failedIndexesMax: Int64 = 100_000
    private static let completionsSoftLimit: Int64 = 100_000
    private static let highCompletionsMax: Int64 = 10_000
    private static let managedByLengthMax = 63

    static func validate(_ job: JSONValue, wantsPrefixedLabels: Bool) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = job["spec"] ?? [:]
        var errors = generatedSelector(job, wantsPrefixedLabels) + self.spec(spec, path)
        if spec.has("selector") {
            errors += LabelValidation.selector(spec["selector"], path("selector"))
        } else {
            errors.append(.required(path("selector")))
        }
        errors += TemplateOwner.match(spec, path)
        if isIndexed(spec), let completions = spec["completions"]?.int, completions > 0 {
            let name = job["metadata"]?.text("name") ?? ""
            let host = "\(name)-\(completions - 1)"
            if !NameValidation.dns1123Label(host).isEmpty {
                errors.append(
                    .invalid(
                        FieldPath("metadata")("name"), .string(name),
                        "will not able to create pod with invalid DNS label: \(host)"))
            }
        }
        return errors
    }

    static func isIndexed(_ spec: JSONValue?) -> Bool { spec?.text("completionMode") == "Indexed" }

    private static func generatedSelector(_ job: JSONValue, _ wantsPrefixedLabels: Bool) -> [FieldError] {
        let spec = job["spec"] ?? [:]
        guard !(spec["manualSelector"]?.bool ?? false), spec.has("selector") else { return [] }
        let (name, uid) = (job["metadata"]?.text("name") ?? "", job["metadata"]?.text("uid") ?? "")
        var errors: [FieldError] = uid.isEmpty ? [.required(FieldPath("metadata")("uid"))] : []
        var expected = [(JobRules.legacyOwnerLabel, uid), (JobRules.legacyNameLabel, name)]
        if wantsPrefixedLabels { expected += [(JobRules.ownerLabel, uid), (JobRules.nameLabel, name)] }
        let labels = spec["template"]?["metadata"]?["labels"]
        let at = FieldPath("spec")("template")("metadata")("labels")
        for (key, value) in expected {
            guard let found = labels?[key]?.string else {
                errors.append(.required(at.key(key), "must be '\(value)'"))
                continue
            }
            if found != value { errors.append(.invalid(at.key(key), FieldCheck.sorted(labels), "must be '\(value)'")) }
        }
        let known = Dictionary(expected) { first, _ in first }
        if !LabelSelector(json: spec["selector"]).matches(known) {
            errors.append(.invalid(FieldPath("spec")("selector"), spec["selector"], "`selector` not auto-generated"))
        }
        return errors
    }

    /// The specification alone: of a job or in a CronJob's template.
    static func spec(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.nonNegative(
            spec,
            [
                "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
                "backoffLimitPerIndex", "maxFailedIndexes",
            ], path)
        if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
            errors.append(.required(path("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
        }
        if let manager = spec["managedBy"]?.string {
            errors += DomainChecks.prefixedPath(manager, path("managedBy"))
            if manager.utf8.count > managedByLengthMax {
                errors.append(.tooLong(path("managedBy"), bytesMax: managedByLengthMax))
            }
        }
        errors += completionMode(spec, path)
        if let policy = spec["podFailurePolicy"], !policy.isNull {
            errors += PodFailurePolicyValidation.validate(policy, spec, path("podFailurePolicy"))
        }
        if let policy = spec["successPolicy"], !policy.isNull {
            if isIndexed(spec) {
                errors += SuccessPolicyValidation.validate(policy, spec, path("successPolicy"))
            } else {
                errors.append(.invalid(path("successPolicy"), policy, "requires indexed completion mode"))
            }
        }
        let replacements = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
        errors += FieldCheck.oneOf(spec, "podReplacementPolicy", replacements, path)
        return errors + TemplateOwner.podTemplate(spec["template"], path("template")) + restartPolicy(spec, path)
    }

    private static func restartPolicy(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let at = path("template")("spec")("restartPolicy")
        let policy = spec["template"]?["spec"]?.text("restartPolicy") ?? ""
        switch policy {
        case "", "Always": return [.required(at, "valid values: \"OnFailure\", \"Never\"")]
        case "OnFailure" where spec.has("podFailurePolicy"):
            return [.invalid(at, .string(policy), "only \"Never\" is supported when podFailurePolicy is specified")]
        case "OnFailure", "Never": return []
        default: return [FieldError.notSupported(at, .string(policy), inOrder: ["OnFailure", "Never"])]
        }
    }

    private static func completionMode(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.oneOf(spec, "completionMode", ["NonIndexed", "Indexed"], path)
        if isIndexed(spec) { return errors + indexed(spec, path) }
        if !spec.has("completionMode") || spec.text("completionMode") == "NonIndexed" {
            for name in ["backoffLimitPerIndex", "maxFailedIndexes"] where spec.has(name) {
                errors.append(.invalid(path(name), spec[name], "requires indexed completion mode"))
            }
        }
        return errors
    }

    private static func indexed(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let completions = spec["completions"]?.int
        let parallelism = spec["parallelism"]?.int ?? 0
        let failed = spec["maxFailedIndexes"]?.int
        if completions == nil { errors.append(.required(path("completions"), "when completion mode is Indexed")) }
        if parallelism > parallelismMax {
            errors.append(
                .invalid(
                    path("parallelism"), .int(parallelism),
                    "must be less than or equal to \(parallelismMax) when completion mode is Indexed"))
        }
        if let completions, let failed, failed > completions {
            errors.append(.invalid(path("maxFailedIndexes"), .int(failed), "must be less than or equal to completions"))
        }
        if let failed, failed > failedIndexesMax {
            errors.append(
                .invalid(path("maxFailedIndexes"), .int(failed), "must be less than or equal to \(failedIndexesMax)"))
        }
        guard let completions, completions > completionsSoftLimit, spec.has("backoffLimitPerIndex") else { return errors }
        if failed == nil {
            errors.append(
                .required(
                    path("maxFailedIndexes"), "must be specified when completions is above \(completionsSoftLimit)"))
        }
        for (name, value) in [("parallelism", parallelism), ("maxFailedIndexes", failed ?? 0)] where value > highCompletionsMax {
            errors.append(
                .invalid(
                    path(name), .int(value),
                    "must be less than or equal to \(highCompletionsMax) when completions are above \(completionsSoftLimit) and "
                        + "used with backoff limit per index"))
        }
        return errors
    }
}

// Updates.
extension JobValidation {
    static func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        let labels = before["template"]?["metadata"]?["labels"]
        let hadPrefixed = labels?.has(JobRules.nameLabel) ?? false && labels?.has(JobRules.ownerLabel) ?? false
        var errors = validate(new, wantsPrefixedLabels: hadPrefixed)
        errors += completions(after, before, path("completions"))
        errors += FieldCheck.unchanged(after, before, fields: ["selector"], path)
        errors += templateUpdate(after, before, hasStarted: old["status"]?.has("startTime") ?? false, path)
        return errors
            + FieldCheck.unchanged(
                after, before,
                fields: ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"], path)
    }

    /// Fixed, but of an indexed job that scales both ways together.
    private static func completions(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard isIndexed(new) else { return FieldCheck.unchanged(new["completions"], old["completions"], path) }
        guard let wanted = new["completions"]?.int, wanted != old["completions"]?.int else { return [] }
        if wanted == new["parallelism"]?.int { return [] }
        return [.invalid(path, .int(wanted), "can only be modified in tandem with spec.parallelism")]
    }

    /// A suspended job that never ran may be placed anew, and may ask for other resources.
    private static func templateUpdate(
        _ new: JSONValue, _ old: JSONValue, hasStarted: Bool, _ path: FieldPath
    ) -> [FieldError] {
        guard let template = new["template"], var allowed = old["template"] else {
            return FieldCheck.unchanged(new["template"], old["template"], path("template"))
        }
        let isSuspended = old["suspend"]?.bool ?? false
        if isSuspended, !hasStarted {
            for names in [
                ["metadata", "annotations"], ["metadata", "labels"], ["spec", "nodeSelector"], ["spec", "tolerations"],
                ["spec", "schedulingGates"], ["spec", "affinity", "nodeAffinity"],
            ] {
                allowed[path: names] = template[path: names]
            }
            let others = allowed["spec"]?["affinity"]?.object
            if !(template["spec"]?.has("affinity") ?? false), others?.isEmpty ?? true {
                allowed[path: ["spec", "affinity"]] = nil
            }
            if !template.has("metadata"), allowed["metadata"]?.object?.isEmpty ?? false { allowed["metadata"] = nil }
            for list in ["containers", "initContainers"] { takeResources(list, from: template, into: &allowed) }
        }
        return FieldCheck.unchanged(template, allowed, path("template"))
    }

    private static func takeResources(_ list: String, from template: JSONValue, into allowed: inout JSONValue) {
        let wanted = template["spec"]?.elements(list) ?? []
        guard var containers = allowed["spec"]?[list]?.array, containers.count == wanted.count else { return }
        for index in containers.indices where containers[index]["name"] == wanted[index]["name"] {
            containers[index]["resources"] = wanted[index]["resources"]
        }
        allowed[path: ["spec", list]] = .array(containers)
    }
}
