package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/replicaset/strategy.go`, `ValidateReplicaSet`.
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

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        return FieldCheck.nonNegative(spec, ["replicas", "minReadySeconds"], path)
            + TemplateOwner.selector(spec, path, kind: "deployment")
            + TemplateOwner.template(spec, path, kind: "ReplicaSet", old: old?["spec"])
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + TemplateOwner.immutableSelector(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        TemplateOwner.replicaStatus(
            new["status"],
            [
                "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas",
                "observedGeneration",
            ], parts: ["fullyLabeledReplicas", "readyReplicas"], FieldPath("status"))
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        isNew ? WorkloadWarnings.name(object) + WorkloadWarnings.template(object) : []
    }

    package let columns: [Column] = WorkloadColumns.replicaColumns

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        WorkloadColumns.replicaCells(object, now: now, selector: Cells.selector(object["spec"]?["selector"]))
    }
}
