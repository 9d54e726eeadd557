package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/persistentvolumeclaim/strategy.go`, `SetDefaults_PersistentVolumeClaim`.
package struct PersistentVolumeClaimRules: KindRules {
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("status") { if $0.text("phase").isEmpty { $0["phase"] = "Pending" } }
        object.edit("spec") { $0.setDefault("volumeMode", "Filesystem") }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = ["phase": "Pending"]
        object.edit("spec") { normalizeSources(&$0, old: nil) }
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["status"] = old["status"]
        new.edit("spec") { normalizeSources(&$0, old: old["spec"]) }
    }

    /// `dataSource` and `dataSourceRef` say the same, unless the source lies in another namespace.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/api/persistentvolumeclaim/util.go`.
    private func normalizeSources(_ spec: inout JSONValue, old: JSONValue?) {
        if let source = spec["dataSource"], !source.isNull, !(old?.has("dataSource") ?? false), !isKnown(source) {
            // Sources of other kinds were ignored before there was a reference.
            spec["dataSource"] = nil
        }
        let hadNamespace = !(old?["dataSourceRef"]?.text("namespace").isEmpty ?? true)
        if !hadNamespace { spec.edit("dataSourceRef") { $0["namespace"] = nil } }
        if let source = spec["dataSource"], !source.isNull, !spec.has("dataSourceRef") {
            spec["dataSourceRef"] = source
        } else if let reference = spec["dataSourceRef"], !reference.isNull, !spec.has("dataSource"),
            reference.text("namespace").isEmpty
        {
            spec["dataSource"] = reference
        }
        spec.edit("resources") { $0["claims"] = nil }
    }

    private func isKnown(_ source: JSONValue) -> Bool {
        switch source.text("kind") {
        case "PersistentVolumeClaim": source.text("apiGroup").isEmpty
        case "VolumeSnapshot": source.text("apiGroup") == "snapshot.storage.k8s.io"
        default: false
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        PersistentVolumeClaimValidation.validate(object["spec"] ?? [:], FieldPath("spec"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        PersistentVolumeClaimValidation.update(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        PersistentVolumeClaimValidation.statusUpdate(new)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        var warnings: [String] = []
        let annotation = "volume.beta.kubernetes.io/storage-class"
        if object["metadata"]?["annotations"]?[annotation] != nil {
            warnings.append(
                "metadata.annotations[\(annotation)]: deprecated since v1.8; use \"storageClassName\" attribute instead")
        }
        for field in ["requests", "limits"] {
            guard let size = ResourceList(json: object["spec"]?["resources"]?[field])["storage"],
                size.milliValue % 1000 != 0
            else { continue }
            warnings.append(
                "spec.resources.\(field)[storage]: fractional byte value \"\(size)\" is invalid, must be an integer")
        }
        return warnings
    }

    package let columns: [Column] = [
        .objectName, Column("Status", "Whether a volume is bound."), Column("Volume", "The volume."),
        Column("Capacity", "Its size."), Column("Access Modes", "How it may be mounted."),
        Column("StorageClass", "StorageClass of the pvc"),
        Column("VolumeAttributesClass", "VolumeAttributesClass of the pvc"), .age,
        Column("VolumeMode", wide: true, "File system or block device."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
        let phase = object["metadata"]?.has("deletionTimestamp") ?? false ? "Terminating" : status.text("phase")
        let volume = spec.text("volumeName")
        let size = ResourceList(json: status["capacity"])["storage"] ?? .zero
        return [
            Cells.name(object), .string(phase), .string(volume), .string(volume.isEmpty ? "" : size.description),
            .string(volume.isEmpty ? "" : AccessModes.print(status.elements("accessModes"))), Cells.storageClass(object),
            spec["volumeAttributesClassName"] ?? "<unset>", Cells.age(object, now: now), spec["volumeMode"] ?? "<unset>",
        ]
    }
}
