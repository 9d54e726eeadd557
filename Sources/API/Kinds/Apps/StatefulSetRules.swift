package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/statefulset/strategy.go`, `SetDefaults_StatefulSet`,
///   `ValidateStatefulSet`.
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
                claim["apiVersion"] = "v1"
                claim["kind"] = "PersistentVolumeClaim"
                claim.edit("spec") { $0.setDefault("volumeMode", "Filesystem") }
                claim[path: ["status", "phase"]] = "Pending"
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = policies(spec, path)
        errors += FieldCheck.nonNegative(spec, ["replicas", "minReadySeconds"], path)
        errors += FieldCheck.nonNegative(spec["ordinals"], ["start"], path("ordinals"))
        if old?["spec"]?.text("serviceName") != spec.text("serviceName") {
            errors += FieldCheck.optional(spec, "serviceName", path, NameValidation.dns1123Label)
        }
        errors += TemplateOwner.selector(spec, path, kind: "statefulset")
        errors += TemplateOwner.match(spec, path)
        if old?["spec"]?["template"] != spec["template"] {
            errors += TemplateOwner.podTemplate(templateWithClaims(spec), path("template"), old: old?["spec"]?["template"])
        }
        return errors + TemplateOwner.runsForEver(spec, path, kind: "StatefulSet")
    }

    /// The template as its pods will be: with a volume for each claim template.
    private func templateWithClaims(_ spec: JSONValue) -> JSONValue {
        var template = spec["template"] ?? [:]
        let names = spec.elements("volumeClaimTemplates").compactMap { $0["metadata"]?["name"]?.string }
        let kept = (template["spec"]?.elements("volumes") ?? []).filter { !names.contains($0.text("name")) }
        let claims: [JSONValue] = names.map { ["name": .string($0), "persistentVolumeClaim": ["claimName": .string($0)]] }
        if !claims.isEmpty { template[path: ["spec", "volumes"]] = .array(kept + claims) }
        return template
    }

    private func policies(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let management = spec.text("podManagementPolicy")
        if management.isEmpty {
            errors.append(.required(path("podManagementPolicy")))
        } else if !["OrderedReady", "Parallel"].contains(management) {
            errors.append(
                .invalid(path("podManagementPolicy"), .string(management), "must be 'OrderedReady' or 'Parallel'"))
        }
        let strategy = spec["updateStrategy"] ?? [:]
        let at = path("updateStrategy")
        switch strategy.text("type") {
        case "": errors.append(.required(at))
        case "OnDelete":
            if strategy.has("rollingUpdate") {
                errors.append(
                    .invalid(
                        at("rollingUpdate"), strategy["rollingUpdate"], "only allowed for updateStrategy 'RollingUpdate'"))
            }
        case "RollingUpdate": errors += rollingUpdate(strategy["rollingUpdate"], at("rollingUpdate"))
        default: errors.append(.invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'"))
        }
        if let policy = spec["persistentVolumeClaimRetentionPolicy"], !policy.isNull {
            for name in ["whenDeleted", "whenScaled"] where !["Retain", "Delete"].contains(policy.text(name)) {
                errors.append(
                    FieldError.notSupported(
                        path("persistentVolumeClaimRetentionPolicy")(name), .string(policy.text(name)),
                        inOrder: ["Retain", "Delete"]))
            }
        }
        return errors
    }

    private func rollingUpdate(_ rolling: JSONValue?, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.nonNegative(rolling, ["partition"], path)
        if let unavailable = rolling?["maxUnavailable"], !unavailable.isNull {
            let at = path("maxUnavailable")
            errors += PercentChecks.positive(unavailable, at)
            if PercentChecks.number(unavailable) == 0 { errors.append(.invalid(at, unavailable, "cannot be 0")) }
            errors += PercentChecks.notAboveHundred(unavailable, at)
        }
        return errors
    }

    private static let mutableFields = [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ]

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        for name in Self.mutableFields { (after[name], before[name]) = (nil, nil) }
        let errors = check(new, old: old)
        if after == before { return errors }
        return errors + [
            .forbidden(
                FieldPath("spec"),
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                    + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
        ]
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        let status = new["status"]
        return FieldCheck.nonNegative(
            status,
            [
                "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration",
                "collisionCount",
            ], path)
            + TemplateOwner.notAboveReplicas(
                status, ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"], path)
            + TemplateOwner.availableNotAboveReady(status, path, named: "status.readyReplicas")
            + FieldCheck.notDecremented(new, old, "collisionCount", path)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        guard isNew else { return [] }
        let keepsAll = object["spec"]?["revisionHistoryLimit"]?.int ?? 0 < 0
        return WorkloadWarnings.template(object)
            + (keepsAll
                ? [
                    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
                ] : [])
    }

    package let columns: [Column] = [
        .objectName, Column("Ready", "Pods that are ready, of the pods wanted."), .age,
        .containers, .images,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let ready = "\(object["status"]?["readyReplicas"]?.int ?? 0)/\(object["spec"]?["replicas"]?.int ?? 0)"
        return [Cells.name(object), .string(ready), Cells.age(object, now: now), names, images]
    }
}
