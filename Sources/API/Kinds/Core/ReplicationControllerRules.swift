package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/replicationcontroller/strategy.go`, `ValidateReplicationControllerSpec`.
package struct ReplicationControllerRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let selectableFields = ["status.replicas"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["status"]?["replicas"]?.int ?? 0)
    }

    package func applyDefaults(_ object: inout JSONValue) {
        let labels = object["spec"]?["template"]?["metadata"]?["labels"]
        if let labels, !(labels.object?.isEmpty ?? true) {
            object.edit("spec") { if $0["selector"]?.object?.isEmpty ?? true { $0["selector"] = labels } }
            object.edit("metadata") { if $0["labels"]?.object?.isEmpty ?? true { $0["labels"] = labels } }
        }
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            spec.setDefault("replicas", 1)
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        StatusSeparation.create(&object, self)
        dropDisabled(&object, old: nil)
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        dropDisabled(&new, old: old)
        StatusSeparation.update(&new, old, self)
    }

    private func dropDisabled(_ object: inout JSONValue, old: JSONValue?) {
        let before = old?["spec"]?["template"]?["spec"]
        object.edit("spec") { spec in
            spec.edit("template") { template in template.edit("spec") { PodPreparation.dropDisabled(&$0, old: before) } }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { validate(object, old: nil) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { validate(new, old: old) }

    private func validate(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = FieldCheck.nonNegative(spec["minReadySeconds"]?.int, path("minReadySeconds"))
        let selector = spec["selector"]?.object?.strings ?? [:]
        if selector.isEmpty { errors.append(.required(path("selector"))) }
        errors += FieldCheck.nonNegative(spec["replicas"]?.int, path("replicas"))
        let at = path("template")
        guard spec.has("template"), let template = spec["template"] else { return errors + [.required(at)] }
        let labels = PodTemplateValidation.labels(template)
        if !selector.isEmpty, !LabelSelector(matchLabels: selector).matches(labels) {
            errors.append(
                .invalid(
                    at("metadata")("labels"), labels.isEmpty ? JSONValue.null : JSONValue(labels),
                    "`selector` does not match template `labels`"))
        }
        errors += PodTemplateValidation.validate(template, at, old: old?["spec"]?["template"])
        errors += PodTemplateValidation.restartPolicy(template, at, allowed: ["Always"])
        return errors + PodTemplateValidation.noDeadline(template, at, kind: "ReplicationController")
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        TemplateOwner.replicaStatus(
            new["status"],
            ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
            parts: ["fullyLabeledReplicas", "readyReplicas"], FieldPath("status"))
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        (isNew ? WorkloadWarnings.name(object) : []) + WorkloadWarnings.template(object)
    }

    package let columns: [Column] = WorkloadColumns.replicaColumns

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        WorkloadColumns.replicaCells(object, now: now, selector: Cells.labels(object["spec"]?["selector"]))
    }
}
