package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/namespace/strategy.go`, `ValidateNamespace`.
package struct NamespaceRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["status.phase"]

    package func validateName(_ name: String) -> [String] { NameValidation.dns1123Label(name) }

    /// Every namespace carries its name as a label.
    package func applyDefaults(_ object: inout JSONValue) {
        let name = object["metadata"]?.text("name") ?? ""
        if !name.isEmpty { object[path: ["metadata", "labels", "kubernetes.io/metadata.name"]] = .string(name) }
        object.edit("status") { if $0.text("phase").isEmpty { $0["phase"] = "Active" } }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = ["phase": "Active"]
        let finalizers = object["spec"]?.elements("finalizers") ?? []
        if !finalizers.contains("kubernetes") { object[path: ["spec", "finalizers"]] = .array(finalizers + ["kubernetes"]) }
    }

    /// Finalizers of the content go through `/finalize` alone.
    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["spec"] = old["spec"]
        new["status"] = old["status"]
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")("finalizers")
        return (object["spec"]?.elements("finalizers") ?? []).flatMap { finalizer($0.string ?? "", path) }
    }

    private func finalizer(_ name: String, _ path: FieldPath) -> [FieldError] {
        FieldCheck.text(name, path, NameValidation.qualifiedName) + MetadataValidation.systemFinalizer(name, path)
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { [] }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")("Phase")
        let phase = new["status"]?.text("phase") ?? ""
        if new["metadata"]?.has("deletionTimestamp") ?? false {
            if phase == "Terminating" { return [] }
            return [.invalid(path, .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")]
        }
        if phase == "Active" { return [] }
        return [.invalid(path, .string(phase), "may only be 'Active' if `deletionTimestamp` is empty")]
    }

    /// `/finalize`.
    package func validateSubresourceUpdate(_ subresource: String, new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")("finalizers")
        return (new["spec"]?.elements("finalizers") ?? []).enumerated().flatMap { finalizer($1.string ?? "", path[$0]) }
    }

    package let columns: [Column] = [.objectName, Column("Status", "The status of the namespace"), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["status"]?["phase"] ?? "", Cells.age(object, now: now)]
    }
}
