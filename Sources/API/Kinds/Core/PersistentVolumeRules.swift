package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/persistentvolume/strategy.go`, `ValidatePersistentVolumeUpdate`.
package struct PersistentVolumeRules: KindRules {
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            if spec.text("persistentVolumeReclaimPolicy").isEmpty { spec["persistentVolumeReclaimPolicy"] = "Retain" }
            spec.setDefault("volumeMode", "Filesystem")
            VolumeDefaults.apply(&spec)
        }
        object.edit("status") { if $0.text("phase").isEmpty { $0["phase"] = "Pending" } }
    }

    package func prepareForCreate(_ object: inout JSONValue) { object["status"] = ["phase": "Pending"] }

    package func validate(_ object: JSONValue) -> [FieldError] {
        PersistentVolumeValidation.validate(
            object["spec"] ?? [:], FieldPath("spec"), name: object["metadata"]?.text("name") ?? "")
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = validate(new)
        var (now, was) = (source(after), source(before))
        // A secret for growing may be named later.
        let expand = ["csi", "controllerExpandSecretRef"]
        if was.has("csi"), now.has("csi"), was[path: expand] == nil { now[path: expand] = nil }
        if !SemanticEquality.equal(now, was) {
            let difference = GoDifference.print("core.PersistentVolumeSource", from: was, to: now)
            errors.append(
                .forbidden(
                    path("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation\n\(difference)"))
        }
        errors += FieldCheck.unchanged(after["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
        if let known = before["nodeAffinity"], !known.isNull {
            let wanted = after["nodeAffinity"] ?? .null
            if !SemanticEquality.equal(stable(wanted), stable(known)) {
                errors.append(
                    .invalid(
                        FieldPath("nodeAffinity"), wanted.isNull ? GoValue.null : GoValue.renamed(wanted),
                        "field is immutable, except for updating from beta label to GA"))
            }
        }
        if before.has("volumeAttributesClassName"), !after.has("volumeAttributesClassName") {
            errors.append(
                .forbidden(path("volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
        }
        return errors
    }

    private func source(_ spec: JSONValue) -> JSONValue {
        .object(JSONObject((spec.object?.members ?? []).filter { PersistentVolumeValidation.sources.contains($0.key) }))
    }

    private static let stableLabels = [
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "beta.kubernetes.io/os": "kubernetes.io/os", "beta.kubernetes.io/arch": "kubernetes.io/arch",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    ]

    /// With old names of labels replaced by their successors.
    private func stable(_ affinity: JSONValue) -> JSONValue {
        var affinity = affinity
        affinity.edit("required") { required in
            required.editEach("nodeSelectorTerms") { term in
                term.editEach("matchExpressions") { expression in
                    if let name = Self.stableLabels[expression.text("key")] { expression["key"] = .string(name) }
                }
            }
        }
        return affinity
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        let spec = object["spec"] ?? [:]
        var warnings: [String] = []
        if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
            warnings.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach "
                    + "is to use dynamic provisioning.")
        }
        let annotation = "volume.beta.kubernetes.io/storage-class"
        if object["metadata"]?["annotations"]?[annotation] != nil {
            warnings.append(
                "metadata.annotations[\(annotation)]: deprecated since v1.8; use \"storageClassName\" attribute instead")
        }
        return warnings
    }

    package let columns: [Column] = [
        .objectName, Column("Capacity", "Its size."), Column("Access Modes", "How it may be mounted."),
        Column("Reclaim Policy", "What becomes of it when released."), Column("Status", "Whether a claim is bound."),
        Column("Claim", "The claim."), Column("StorageClass", "StorageClass of the pv"),
        Column("VolumeAttributesClass", "VolumeAttributesClass of the pv"), Column("Reason", "Why it failed."), .age,
        Column("VolumeMode", wide: true, "File system or block device."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
        let claim = spec["claimRef"] ?? .null
        let size = ResourceList(json: spec["capacity"])["storage"] ?? .zero
        let isLeaving = object["metadata"]?.has("deletionTimestamp") ?? false
        return [
            Cells.name(object), .string(size.description), .string(AccessModes.print(spec.elements("accessModes"))),
            spec["persistentVolumeReclaimPolicy"] ?? "", isLeaving ? "Terminating" : status["phase"] ?? "",
            .string(claim.isNull ? "" : "\(claim.text("namespace"))/\(claim.text("name"))"), Cells.storageClass(object),
            spec["volumeAttributesClassName"] ?? "<unset>", status["reason"] ?? "", Cells.age(object, now: now),
            spec["volumeMode"] ?? "<unset>",
        ]
    }
}

extension Cells {
    /// The class of a volume or claim; the old annotation counts first.
    static func storageClass(_ object: JSONValue) -> JSONValue {
        object["metadata"]?["annotations"]?["volume.beta.kubernetes.io/storage-class"]
            ?? object["spec"]?["storageClassName"] ?? ""
    }
}
