package import JSON

/// The rules of `metadata`, the same for every kind.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/validation/objectmeta.go`.
package enum MetadataValidation {
    static let annotationsBytesMax = 256 * 1024

    static func validate(_ object: JSONValue, of kind: KindDefinition) -> [FieldError] {
        let metadata = object["metadata"] ?? [:]
        let path = FieldPath("metadata")
        var errors: [FieldError] = []
        let generateName = metadata["generateName"]?.string ?? ""
        if !generateName.isEmpty {
            // The suffix that follows always ends in an alphanumeric character, so a trailing dash is judged as if it did.
            let probe = generateName.hasSuffix("-") ? String(generateName.dropLast()) + "a" : generateName
            errors += kind.rules.validateName(probe).map { .invalid(path("generateName"), .string(generateName), $0) }
        }
        let name = metadata["name"]?.string ?? ""
        if name.isEmpty {
            errors.append(.required(path("name"), "name or generateName is required"))
        } else {
            errors += kind.rules.validateName(name).map { .invalid(path("name"), .string(name), $0) }
        }
        let namespace = metadata["namespace"]?.string ?? ""
        if kind.isNamespaced {
            if namespace.isEmpty {
                errors.append(.required(path("namespace")))
            } else {
                errors += NameValidation.dns1123Label(namespace).map {
                    .invalid(path("namespace"), .string(namespace), $0)
                }
            }
        } else if !namespace.isEmpty {
            errors.append(.forbidden(path("namespace"), "not allowed on this type"))
        }
        return errors + common(metadata, path)
    }

    private static func common(_ metadata: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let generation = metadata["generation"]?.int, generation < 0 {
            errors.append(.invalid(path("generation"), .int(generation), "must be greater than or equal to 0"))
        }
        errors += LabelValidation.labels(metadata["labels"], path("labels"))
        errors += annotations(metadata["annotations"], path("annotations"))
        errors += ownerReferences(metadata["ownerReferences"]?.array ?? [], path("ownerReferences"))
        errors += finalizers(metadata["finalizers"]?.array?.compactMap(\.string) ?? [], path("finalizers"))
        return errors + managedFields(metadata.elements("managedFields"), path("managedFields"))
    }

    private static let standardFinalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    private static func finalizers(_ finalizers: [String], _ path: FieldPath) -> [FieldError] {
        var errors = finalizers.flatMap { FieldCheck.text($0, path, NameValidation.qualifiedName) }
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            errors.append(
                .invalid(
                    path, JSONValue(finalizers), "finalizer orphan and foregroundDeletion cannot be both set"))
        }
        return errors
    }

    /// Finalizers of the built-in kinds: one of the system's own, or qualified.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateKubeFinalizerName`.
    static func systemFinalizer(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.contains("/") || standardFinalizers.contains(name) { return [] }
        return [
            .invalid(
                path, .string(name), "name is neither a standard finalizer name nor is it fully qualified")
        ]
    }

    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `ValidateManagedFields`.
    private static func managedFields(_ entries: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, entry) in entries.enumerated() {
            let at = path[index]
            let operation = entry.text("operation")
            if !["Apply", "Update"].contains(operation) {
                errors.append(.invalid(at("operation"), .string(operation), "must be `Apply` or `Update`"))
            }
            let type = entry.text("fieldsType")
            if !type.isEmpty, type != "FieldsV1" {
                errors.append(.invalid(at("fieldsType"), .string(type), "must be `FieldsV1`"))
            }
            let manager = entry.text("manager")
            if manager.utf8.count > 128 { errors.append(.tooLong(at("manager"), bytesMax: 128)) }
            if entry.text("subresource").utf8.count > 256 { errors.append(.tooLong(at("subresource"), bytesMax: 256)) }
        }
        return errors
    }

    package static func annotations(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        for member in value?.object?.members ?? [] {
            errors += NameValidation.qualifiedName(member.key.lowercased()).map { .invalid(path, .string(member.key), $0) }
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > annotationsBytesMax { errors.append(.tooLong(path, bytesMax: annotationsBytesMax)) }
        return errors
    }

    private static func ownerReferences(_ owners: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var controller = ""
        for owner in owners {
            let reference = OwnerReference(json: owner)
            if reference.apiVersion.isEmpty {
                errors.append(.invalid(path("apiVersion"), "", "version must not be empty"))
            }
            if reference.kind.isEmpty { errors.append(.invalid(path("kind"), "", "must not be empty")) }
            if reference.name.isEmpty { errors.append(.invalid(path("name"), "", "must not be empty")) }
            if reference.uid.isEmpty { errors.append(.invalid(path("uid"), "", "must not be empty")) }
            guard reference.controller else { continue }
            if !controller.isEmpty {
                errors.append(
                    .invalid(
                        path, .array(owners),
                        "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and "
                            + "\(reference.kind)/\(reference.name)"))
            }
            controller = "\(reference.kind)/\(reference.name)"
        }
        return errors
    }

    static func validateUpdate(new: JSONValue, old: JSONValue, of kind: KindDefinition) -> [FieldError] {
        let path = FieldPath("metadata")
        let (after, before) = (new["metadata"] ?? [:], old["metadata"] ?? [:])
        var errors: [FieldError] = []
        func immutable(_ name: String) {
            let (now, was) = (after[name] ?? .null, before[name] ?? .null)
            if now != was { errors.append(.invalid(path(name), now.isNull ? "" : now, "field is immutable")) }
        }
        if before["deletionTimestamp"]?.string != nil {
            let known = Set(before["finalizers"]?.array?.compactMap(\.string) ?? [])
            let added = (after["finalizers"]?.array?.compactMap(\.string) ?? []).filter { !known.contains($0) }
            if !added.isEmpty {
                errors.append(
                    .forbidden(
                        path("finalizers"),
                        "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                            + added.map { "\"\($0)\"" }.joined(separator: ", ") + "}"))
            }
        }
        if after["resourceVersion"]?.string ?? "" == "" {
            errors.append(.invalid(path("resourceVersion"), 0, "must be specified for an update"))
        }
        if (after["generation"]?.int ?? 0) < (before["generation"]?.int ?? 0) {
            errors.append(.invalid(path("generation"), after["generation"] ?? 0, "must not be decremented"))
        }
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"].forEach(immutable)
        return errors + common(after, path)
    }
}

/// Labels and selectors.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`.
package enum LabelValidation {
    package static func labels(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for member in value?.object?.members ?? [] {
            errors += NameValidation.qualifiedName(member.key).map { .invalid(path, .string(member.key), $0) }
            let text = member.value.string ?? ""
            errors += NameValidation.labelValue(text).map { .invalid(path, .string(text), $0) }
        }
        return errors
    }

    /// A `metav1.LabelSelector`; nothing is wrong with an absent one.
    static func selector(_ value: JSONValue?, _ path: FieldPath, allowsInvalidValues: Bool = false) -> [FieldError] {
        var errors = labels(value?["matchLabels"], path("matchLabels"))
        for (index, expression) in (value?["matchExpressions"]?.array ?? []).enumerated() {
            let at = path("matchExpressions")[index]
            let values = expression["values"]?.array ?? []
            switch expression["operator"]?.string ?? "" {
            case "In", "NotIn":
                if values.isEmpty {
                    errors.append(.required(at("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.append(.forbidden(at("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
                }
            case let other: errors.append(.invalid(at("operator"), .string(other), "not a valid selector operator"))
            }
            let key = expression["key"]?.string ?? ""
            errors += NameValidation.qualifiedName(key).map { .invalid(at("key"), .string(key), $0) }
            if allowsInvalidValues { continue }
            for (position, element) in values.enumerated() {
                let text = element.string ?? ""
                errors += NameValidation.labelValue(text).map { .invalid(at("values")[position], .string(text), $0) }
            }
        }
        return errors
    }
}
