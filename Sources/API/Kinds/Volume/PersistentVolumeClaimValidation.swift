package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePersistentVolumeClaimSpec`.
package enum PersistentVolumeClaimValidation {
    package static func validate(_ spec: JSONValue, _ path: FieldPath, old: JSONValue? = nil) -> [FieldError] {
        var errors: [FieldError] = []
        let modes = spec.elements("accessModes")
        if modes.isEmpty { errors.append(.required(path("accessModes"), "at least 1 access mode is required")) }
        let hadInvalidSelector = !LabelValidation.selector(old?["selector"], path).isEmpty
        errors += LabelValidation.selector(spec["selector"], path("selector"), allowsInvalidValues: hadInvalidSelector)
        errors += PersistentVolumeValidation.modes(modes, path("accessModes"))
        let at = path("resources").key("storage")
        if let size = ResourceList(json: spec["resources"]?["requests"])["storage"] {
            errors += PersistentVolumeValidation.positive(size, at)
        } else {
            errors.append(.required(at))
        }
        errors += FieldCheck.optionalText(
            spec.text("storageClassName"), path("storageClassName"), NameValidation.dns1123Subdomain)
        errors += FieldCheck.optionalChoice(
            spec["volumeMode"]?.string, PersistentVolumeValidation.volumeModes, path("volumeMode"))
        errors += sources(spec, path, old)
        errors += FieldCheck.optionalText(
            spec.text("volumeAttributesClassName"), path("volumeAttributesClassName"), NameValidation.dns1123Subdomain)
        return errors
    }

    private static func sources(_ spec: JSONValue, _ path: FieldPath, _ old: JSONValue?) -> [FieldError] {
        let allowsInvalidGroup = ["dataSource", "dataSourceRef"].contains { old?[$0]?.has("apiGroup") ?? false }
        var errors: [FieldError] = []
        for field in ["dataSource", "dataSourceRef"] {
            guard let source = spec[field], !source.isNull else { continue }
            let at = path(field)
            errors += FieldCheck.required(source, "name", "kind", at: at)
            let group = source.text("apiGroup")
            if group.isEmpty, source.text("kind") != "PersistentVolumeClaim" {
                errors.append(
                    .invalid(
                        at, .string(source.text("kind")),
                        "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
            }
            if !allowsInvalidGroup {
                errors += FieldCheck.optionalText(group, at("apiGroup"), NameValidation.dns1123Subdomain)
            }
            errors += FieldCheck.optionalText(source.text("namespace"), at("namespace"), NameValidation.dns1123Label)
        }
        guard let plain = spec["dataSource"], !plain.isNull, let reference = spec["dataSourceRef"], !reference.isNull else {
            return errors
        }
        // Upstream prints the field's path in place of its value.
        let place: JSONValue = .object([:])
        if !reference.text("namespace").isEmpty {
            errors.append(.invalid(path, place, "may not be specified when dataSourceRef.namespace is specified"))
        } else if ["apiGroup", "kind", "name"].contains(where: { plain[$0] != reference[$0] }) {
            errors.append(.invalid(path, place, "must match dataSourceRef"))
        }
        return errors
    }

    private static let allowedMetadata: Set<String> = ["annotations", "labels"]

    /// A `PersistentVolumeClaimTemplate`: labels, annotations and a specification.
    package static func template(_ template: JSONValue, _ path: FieldPath) -> [FieldError] {
        let metadata = template["metadata"] ?? [:]
        var errors = MetadataValidation.annotations(metadata["annotations"], path("metadata")("annotations"))
        errors += LabelValidation.labels(metadata["labels"], path("metadata")("labels"))
        for member in metadata.object?.members ?? [] where !allowedMetadata.contains(member.key) && !member.value.isNull {
            errors.append(.forbidden(path("metadata")(member.key), "cannot be set"))
        }
        return errors + validate(template["spec"] ?? [:], path("spec"))
    }

    private static let bound = "Bound"

    /// What an update may change: the volume's name once, and the size and attributes of a bound claim.
    ///
    /// - SeeAlso: `ValidatePersistentVolumeClaimUpdate`.
    static func update(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = validate(after, path, old: before)
        var (changed, kept) = (after, before)
        if before.text("volumeName").isEmpty { kept["volumeName"] = after["volumeName"] }
        errors += storageClass(new, old, &changed)
        if new["status"]?.text("phase") == bound {
            if changed["resources"]?["requests"] != nil {
                changed[path: ["resources", "requests", "storage"]] = before["resources"]?["requests"]?["storage"]
            }
            if changed.has("volumeAttributesClassName") {
                changed["volumeAttributesClassName"] = before["volumeAttributesClassName"]
            }
        }
        if !SemanticEquality.equal(changed, kept) {
            let difference = GoDifference.print("core.PersistentVolumeClaimSpec", from: kept, to: changed)
            errors.append(
                .forbidden(
                    path,
                    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
                        + "claims\n\(difference)"))
        }
        func size(_ value: JSONValue?) -> Quantity { value.flatMap(Quantity.init(json:)) ?? .zero }
        let wanted = size(after["resources"]?["requests"]?["storage"])
        if wanted < size(before["resources"]?["requests"]?["storage"]),
            wanted <= size(old["status"]?["capacity"]?["storage"])
        {
            errors.append(
                .forbidden(
                    path("resources")("requests")("storage"), "field can not be less than status.capacity"))
        }
        errors += FieldCheck.unchanged(after["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
        return errors + attributesClass(after, before, path("volumeAttributesClassName"))
    }

    private static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    /// A class may be named once, where none was; the old annotation counts as a name.
    private static func storageClass(_ new: JSONValue, _ old: JSONValue, _ changed: inout JSONValue) -> [FieldError] {
        let annotated = old["metadata"]?["annotations"]?[classAnnotation]?.string
        let annotation = new["metadata"]?["annotations"]?[classAnnotation]?.string
        let name = new["spec"]?["storageClassName"]?.string
        let hadName = old["spec"]?.has("storageClassName") ?? false
        if let annotated, !hadName, name == annotated, annotation == nil || annotation == annotated {
            changed["storageClassName"] = nil
            return []
        }
        if name != nil, !hadName, annotated == nil || name == annotated { changed["storageClassName"] = nil }
        if annotation ?? "" == annotated ?? "" { return [] }
        return [
            .invalid(
                FieldPath("metadata")("annotations")(classAnnotation), .string(annotation ?? ""), FieldCheck.immutable)
        ]
    }

    private static func attributesClass(_ after: JSONValue, _ before: JSONValue, _ path: FieldPath) -> [FieldError] {
        let field = "volumeAttributesClassName"
        guard before.has(field), after[field] != before[field] else { return [] }
        if !after.has(field) { return [.forbidden(path, "update from non-nil value to nil is forbidden")] }
        if !after.text(field).isEmpty { return [] }
        return [.forbidden(path, "update from non-nil value to an empty string is forbidden")]
    }

    private static let resizeStates = [
        "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible",
        "NodeResizePending",
    ]

    /// - SeeAlso: `ValidatePersistentVolumeClaimStatusUpdate`.
    static func statusUpdate(_ new: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        let status = new["status"] ?? [:]
        var errors: [FieldError] = []
        if new["spec"]?.elements("accessModes").isEmpty ?? true {
            errors.append(.required(FieldPath("Spec")("accessModes")))
        }
        for (name, amount) in ResourceList(json: status["capacity"]).sorted(by: { $0.key < $1.key }) {
            errors += PersistentVolumeValidation.basic(amount, path("capacity").key(name))
        }
        for member in status["allocatedResourceStatuses"]?.object?.members ?? [] {
            errors += resourceKey(member.key, path("allocatedResourceStatus"))
            if !resizeStates.contains(member.value.string ?? "") {
                errors.append(
                    .notSupported(path("allocatedResourceStatus"), .string(member.key), inOrder: resizeStates))
            }
        }
        for (name, amount) in ResourceList(json: status["allocatedResources"]).sorted(by: { $0.key < $1.key }) {
            let wrong = resourceKey(name, path("allocatedResources"))
            errors += wrong.isEmpty ? PersistentVolumeValidation.basic(amount, path("allocatedResources").key(name)) : wrong
        }
        return errors
    }

    private static func resourceKey(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldCheck.text(name, path, NameValidation.qualifiedName)
        guard errors.isEmpty, ResourceNames.isNative(name), name != "storage" else { return errors }
        return [.notSupported(path, .string(name), inOrder: ["storage"])]
    }
}
