package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/node/runtimeclass/strategy.go`, `ValidateRuntimeClass`.
package struct RuntimeClassRules: KindRules {
    package let allowsUnconditionalUpdate = false

    package func validate(_ object: JSONValue) -> [FieldError] {
        let handler = object.text("handler")
        var errors = FieldCheck.invalid(FieldPath("handler"), handler, NameValidation.dns1123Label(handler))
        if let fixed = object["overhead"]?["podFixed"], !fixed.isNull {
            errors += ResourceValidation.container(["limits": fixed], FieldPath("overhead"))
        }
        if let scheduling = object["scheduling"], !scheduling.isNull {
            let path = FieldPath("scheduling")
            errors += LabelValidation.labels(scheduling["nodeSelector"], path("nodeSelector"))
            errors += tolerations(scheduling.elements("tolerations"), path("tolerations"))
        }
        return errors
    }

    private func tolerations(_ tolerations: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors = TaintValidation.tolerations(tolerations, path)
        for (index, toleration) in tolerations.enumerated()
        where tolerations[..<index].contains(where: { Self.matches($0, toleration) }) {
            errors.append(.duplicate(path[index], toleration))
        }
        return errors
    }

    private static func matches(_ one: JSONValue, _ two: JSONValue) -> Bool {
        ["key", "effect", "operator", "value"].allSatisfy { one.text($0) == two.text($0) }
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new, old, fields: ["handler"], FieldPath())
    }

    package let columns: [Column] = [.objectName, Column("Handler", "Configuration of the container runtime."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["handler"] ?? "", Cells.age(object, now: now)]
    }
}
