package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/controllerrevision/strategy.go`, `ValidateControllerRevision`.
package struct ControllerRevisionRules: KindRules {
    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        if !object.has("data") { errors.append(.required(FieldPath("data"), "data is mandatory")) }
        return errors + FieldCheck.nonNegative(object, ["revision"], FieldPath())
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + FieldCheck.unchanged(new["data"], old["data"], FieldPath("data"))
    }

    package let columns: [Column] = [
        .objectName, Column("Controller", "Whose history it belongs to."),
        Column("Revision", "Its place in the history."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let owner = (object["metadata"]?.elements("ownerReferences") ?? []).first { $0["controller"]?.bool ?? false }
        var controller = "<none>"
        if let owner {
            let group = owner.text("apiVersion").split(separator: "/").dropLast().first.map { "." + $0 } ?? ""
            controller = (owner.text("kind") + group).lowercased() + "/" + owner.text("name")
        }
        return [
            Cells.name(object), .string(controller), .int(object["revision"]?.int ?? 0), Cells.age(object, now: now),
        ]
    }
}
