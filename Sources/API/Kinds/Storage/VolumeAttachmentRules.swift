package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/volumeattachment/strategy.go`, `ValidateVolumeAttachment`.
package struct VolumeAttachmentRules: KindRules {
    package let separatesStatus = true
    package let allowsUnconditionalUpdate = false
    private static let metadataBytesMax = 256 * 1024
    private static let messageBytesMax = 1024

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        let source = spec["source"] ?? [:]
        let at = path("source")
        var errors = DomainChecks.driver(spec.text("attacher"), path("attacher"))
        let hasName = source["persistentVolumeName"] != nil
        switch (source.has("inlineVolumeSpec"), hasName) {
        case (false, false):
            errors.append(.required(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        case (true, true):
            errors.append(.forbidden(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        case (false, true) where source.text("persistentVolumeName").isEmpty:
            errors.append(.required(at("persistentVolumeName"), "must specify non empty persistentVolumeName"))
        default: break
        }
        let node = spec.text("nodeName")
        errors += FieldCheck.invalid(path("nodeName"), node, NameValidation.dns1123Subdomain(node))
        if let name = source["persistentVolumeName"]?.string {
            errors += FieldCheck.invalid(at("persistentVolumeName"), name, NameValidation.dns1123Subdomain(name))
        }
        return errors + status(object["status"] ?? [:])
    }

    private func status(_ status: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        var errors: [FieldError] = []
        let size = (status["attachmentMetadata"]?.object?.members ?? []).reduce(0) {
            $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0)
        }
        if size > Self.metadataBytesMax {
            errors.append(.tooLong(path("attachmentMetadata"), bytesMax: Self.metadataBytesMax))
        }
        for name in ["attachError", "detachError"] {
            if (status[name]?.text("message") ?? "").utf8.count > Self.messageBytesMax {
                errors.append(.tooLong(path(name)("message"), bytesMax: Self.messageBytesMax))
            }
            if let code = status[name]?["errorCode"]?.int, code < 0 {
                errors.append(
                    .invalid(path(name)("errorCode"), .int(code), "must be between 0 and 2147483647, inclusive"))
            }
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + FieldCheck.unchanged(new["spec"], old["spec"], FieldPath("spec"))
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { validateUpdate(new: new, old: old) }

    package let columns: [Column] = [
        .objectName, Column("Attacher", format: "name", "The driver that attaches."), Column("PV", "The volume."),
        Column("Node", "Where it is to be attached."), Column("Attached", type: "boolean", "Whether it is."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        return [
            Cells.name(object), .string(spec.text("attacher")), .string(spec["source"]?.text("persistentVolumeName") ?? ""),
            .string(spec.text("nodeName")), .bool(object["status"]?["attached"]?.bool ?? false), Cells.age(object, now: now),
        ]
    }
}
