package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/podtemplate/strategy.go`, `ValidatePodTemplate`.
package struct PodTemplateRules: KindRules {
    package let countsGenerations = true

    package func applyDefaults(_ object: inout JSONValue) { WorkloadDefaults.template(&object) }

    package func prepareForCreate(_ object: inout JSONValue) {
        StatusSeparation.create(&object, self)
        object.edit("template") { template in template.edit("spec") { PodPreparation.dropDisabled(&$0) } }
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        let before = old["template"]?["spec"]
        new.edit("template") { template in template.edit("spec") { PodPreparation.dropDisabled(&$0, old: before) } }
        StatusSeparation.update(&new, old, self)
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        PodTemplateValidation.validate(object["template"], FieldPath("template"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        PodTemplateValidation.validate(new["template"], FieldPath("template"), old: old["template"])
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        PodWarnings.template(object["template"], FieldPath("template"))
    }

    package let columns: [Column] = [
        .objectName,
        Column("Containers", "Names of each container in the template."),
        Column("Images", "Images referenced by each container in the template."),
        Column("Pod Labels", "The labels for the pod template."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (names, images) = Cells.containers(object["template"]?["spec"])
        return [Cells.name(object), names, images, Cells.labels(object["template"]?["metadata"]?["labels"])]
    }
}
