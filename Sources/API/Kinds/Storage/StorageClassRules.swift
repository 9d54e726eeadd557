package import JSON

/// Parameters that a provisioner or a driver is given.
enum ParameterChecks {
    private static let countMax = 512
    private static let bytesMax = 256 * 1024

    static func validate(_ parameters: JSONValue?, mayBeEmpty: Bool, _ path: FieldPath) -> [FieldError] {
        let members = parameters?.object?.members ?? []
        if members.count > countMax { return [.tooLong(path, bytesMax: countMax)] }
        var errors: [FieldError] = []
        var size = 0
        for member in members {
            if member.key.isEmpty { errors.append(.invalid(path, "", "field can not be empty.")) }
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > bytesMax { errors.append(.tooLong(path, bytesMax: bytesMax)) }
        if !mayBeEmpty, members.isEmpty { errors.append(.required(path, "must contain at least one key/value pair")) }
        return errors
    }

    /// The name of a provisioner or driver.
    static func provisioner(_ object: JSONValue, _ name: String, _ path: FieldPath) -> [FieldError] {
        FieldCheck.required(object, name, path).isEmpty
            ? NameValidation.qualifiedName(object.text(name).lowercased()).map {
                .invalid(path(name), .string(object.text(name).lowercased()), $0)
            } : [.required(path(name))]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/storageclass/strategy.go`, `pkg/apis/storage/v1/defaults.go`,
///   `pkg/apis/storage/validation/validation.go`.
package struct StorageClassRules: KindRules {
    package func applyDefaults(_ object: inout JSONValue) {
        object.setDefault("reclaimPolicy", "Delete")
        object.setDefault("volumeBindingMode", "Immediate")
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath()
        return ParameterChecks.provisioner(object, "provisioner", path)
            + ParameterChecks.validate(object["parameters"], mayBeEmpty: true, FieldPath("parameters"))
            + FieldCheck.oneOf(object, "reclaimPolicy", ["Delete", "Retain"], path)
            + FieldCheck.requiredOneOf(object, "volumeBindingMode", ["Immediate", "WaitForFirstConsumer"], path)
            + topologies(object.elements("allowedTopologies"), FieldPath("allowedTopologies"))
    }

    private func topologies(_ terms: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var known: [[String: Set<String>]] = []
        for (index, term) in terms.enumerated() {
            let at = path[index]("matchLabelExpressions")
            var found: [String: Set<String>] = [:]
            for (position, expression) in term.elements("matchLabelExpressions").enumerated() {
                let key = expression.text("key")
                errors += FieldCheck.invalid(at[position]("key"), key, NameValidation.qualifiedName(key))
                let values = expression.elements("values").map { $0.string ?? "" }
                if values.isEmpty { errors.append(.required(at[position]("values"))) }
                var seen: Set<String> = []
                for (place, value) in values.enumerated() where !seen.insert(value).inserted {
                    errors.append(.duplicate(at[position]("values")[place], .string(value)))
                }
                if found[key] != nil { errors.append(.duplicate(at[position]("key"), .string(key))) }
                found[key] = seen
            }
            if known.contains(found) { errors.append(.duplicate(at, "")) }
            known.append(found)
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(
            new, old, fields: ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"], FieldPath())
    }

    package let columns: [Column] = [
        .objectName, Column("Provisioner", "Who makes the volumes."),
        Column("ReclaimPolicy", "What becomes of a volume that is released."),
        Column("VolumeBindingMode", "When a volume is bound."),
        Column("AllowVolumeExpansion", "Whether volumes may grow."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let isDefault = Self.isDefault(object, "storageclass")
        let name = object["metadata"]?.text("name") ?? ""
        return [
            .string(isDefault ? name + " (default)" : name), object["provisioner"] ?? "", object["reclaimPolicy"] ?? "Delete",
            object["volumeBindingMode"] ?? "Immediate", .bool(object["allowVolumeExpansion"]?.bool ?? false),
            Cells.age(object, now: now),
        ]
    }

    /// Whether annotations call a class the default one.
    static func isDefault(_ object: JSONValue, _ kind: String) -> Bool {
        let annotations = object["metadata"]?["annotations"]
        return annotations?.text("\(kind).kubernetes.io/is-default-class") == "true"
            || annotations?.text("\(kind).beta.kubernetes.io/is-default-class") == "true"
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/volumeattributesclass/strategy.go`, `ValidateVolumeAttributesClass`.
package struct VolumeAttributesClassRules: KindRules {
    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        return ParameterChecks.provisioner(object, "driverName", path)
            + ParameterChecks.validate(object["parameters"], mayBeEmpty: false, path("parameters"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new)
            + ["driverName", "parameters"].filter { new[$0] != old[$0] }.map {
                .forbidden(FieldPath($0), "updates to \($0) are forbidden.")
            }
    }

    package let columns: [Column] = [.objectName, Column("DriverName", "The driver of the volumes."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let isDefault = StorageClassRules.isDefault(object, "volumeattributesclass")
        let name = object["metadata"]?.text("name") ?? ""
        return [.string(isDefault ? name + " (default)" : name), object["driverName"] ?? "", Cells.age(object, now: now)]
    }
}
