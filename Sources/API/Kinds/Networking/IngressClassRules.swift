package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/networking/ingressclass/strategy.go`, `ValidateIngressClass`.
package struct IngressClassRules: KindRules {
    package let countsGenerations = true
    private static let controllerBytesMax = 250

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in spec.edit("parameters") { $0.setDefault("scope", "Cluster") } }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let controller = object["spec"]?.text("controller") ?? ""
        var errors: [FieldError] = []
        if controller.isEmpty {
            errors.append(.required(path("controller")))
        } else {
            if controller.utf8.count > Self.controllerBytesMax {
                errors.append(.tooLong(path("controller"), bytesMax: Self.controllerBytesMax))
            }
            errors += DomainChecks.prefixedPath(controller, path("controller"))
        }
        if let parameters = object["spec"]?["parameters"], !parameters.isNull {
            errors += self.parameters(parameters, path("parameters"))
        }
        return errors
    }

    private func parameters(_ parameters: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = ReferenceChecks.typed(parameters, path)
        switch parameters["scope"]?.string {
        case nil: errors.append(.required(path("scope")))
        case "Namespace":
            if let namespace = parameters["namespace"]?.string {
                errors += FieldCheck.invalid(path("namespace"), namespace, NameValidation.dns1123Label(namespace))
            } else {
                errors.append(.required(path("namespace"), "`parameters.scope` is set to 'Namespace'"))
            }
        case "Cluster":
            if parameters.has("namespace") {
                errors.append(.forbidden(path("namespace"), "`parameters.scope` is set to 'Cluster'"))
            }
        case let other?:
            errors.append(.notSupported(path("scope"), .string(other), supported: ["Cluster", "Namespace"]))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["spec"], old["spec"], fields: ["controller"], FieldPath("spec")) + validate(new)
    }

    package let columns: [Column] = [
        .objectName, Column("Controller", "Who serves its ingresses."), Column("Parameters", "More settings."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var parameters = "<none>"
        if let reference = object["spec"]?["parameters"], !reference.isNull {
            let group = reference.text("apiGroup")
            parameters = reference.text("kind") + (group.isEmpty ? "" : "." + group) + "/" + reference.text("name")
        }
        return [
            Cells.name(object), object["spec"]?["controller"] ?? "", .string(parameters), Cells.age(object, now: now),
        ]
    }
}
