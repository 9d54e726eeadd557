package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePersistentVolumeSpec`.
package enum PersistentVolumeValidation {
    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    static let volumeModes = ["Block", "Filesystem"]

    /// In the order in which upstream looks for them.
    static let sources = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs",
        "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume",
        "azureDisk", "scaleIO", "local", "storageos", "csi",
    ]

    /// - Parameters:
    ///   - name: The volume's name.
    ///   - isInline: The specification stands in a VolumeAttachment, where only a CSI source makes sense.
    package static func validate(
        _ spec: JSONValue, _ path: FieldPath, name: String, isInline: Bool = false
    ) -> [FieldError] {
        var errors = isInline ? inline(spec, path) : []
        let modes = spec.elements("accessModes")
        if modes.isEmpty { errors.append(.required(path("accessModes"))) }
        errors += Self.modes(modes, path("accessModes"))
        if !isInline {
            errors += capacity(spec, path("capacity"))
            let policy = spec.text("persistentVolumeReclaimPolicy")
            if !policy.isEmpty {
                errors += FieldCheck.optionalChoice(
                    policy, ["Delete", "Recycle", "Retain"], path("persistentVolumeReclaimPolicy"))
            }
            if let affinity = spec["nodeAffinity"], !affinity.isNull { errors += nodeAffinity(affinity, path("nodeAffinity")) }
        }
        errors += source(spec, path, name: name)
        errors += rest(spec, path, isInline: isInline)
        return errors
    }

    static func modes(_ modes: [JSONValue], _ path: FieldPath) -> [FieldError] {
        let given = modes.map { $0.string ?? "" }
        var errors = given.flatMap { FieldCheck.optionalChoice($0, accessModes, path) }
        let known = given.filter(accessModes.contains)
        if known.contains("ReadWriteOncePod"), known.contains(where: { $0 != "ReadWriteOncePod" }) {
            errors.append(.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
        }
        return errors
    }

    private static func capacity(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let capacity = ResourceList(json: spec["capacity"])
        var errors: [FieldError] = []
        if capacity.isEmpty { errors.append(.required(path)) }
        if capacity["storage"] == nil || capacity.count > 1 {
            errors.append(.notSupported(path, spec["capacity"] ?? JSONValue.null, inOrder: ["storage"]))
        }
        for (name, amount) in capacity.sorted(by: { $0.key < $1.key }) {
            errors += basic(amount, path.key(name)) + positive(amount, path.key(name))
        }
        return errors
    }

    static func basic(_ amount: Quantity, _ path: FieldPath) -> [FieldError] {
        amount.value < 0 ? [.invalid(path, .int(amount.value), "must be a valid resource quantity")] : []
    }

    static func positive(_ amount: Quantity, _ path: FieldPath) -> [FieldError] {
        amount > .zero ? [] : [.invalid(path, .string(amount.description), FieldCheck.notPositive)]
    }

    private static func nodeAffinity(_ affinity: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let required = affinity["required"], !required.isNull else {
            return [.required(path("required"), "must specify required node constraints")]
        }
        return AffinityValidation.nodeSelector(required, path("required"))
    }

    private static func source(_ spec: JSONValue, _ path: FieldPath, name: String) -> [FieldError] {
        let given = sources.filter(spec.has)
        guard let first = given.first else { return [.required(path, "must specify a volume type")] }
        var errors = VolumeSourceValidation.validate(first, spec[first] ?? [:], path, isPersistent: true)
        errors += given.dropFirst().map {
            .forbidden(path($0 == "cephfs" ? "cephFS" : $0), "may not specify more than 1 volume type")
        }
        if let disk = spec["iscsi"], disk.has("initiatorName") {
            let portal = disk.text("targetPortal")
            if "\(name):\(portal)".utf8.count > 64 {
                errors.append(
                    .invalid(path("iscsi")("targetportal"), .string(portal), VolumeSourceValidation.longPortal))
            }
        }
        if first == "local", !spec.has("nodeAffinity") {
            errors.append(.required(path("nodeAffinity"), "Local volume requires node affinity"))
        }
        let host = spec["hostPath"]?.text("path").split(separator: "/").filter { $0 != "." } ?? ["-"]
        if host.isEmpty, spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
            errors.append(
                .forbidden(path("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
        }
        return errors
    }

    private static func rest(_ spec: JSONValue, _ path: FieldPath, isInline: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        if !isInline {
            errors += FieldCheck.optionalText(
                spec.text("storageClassName"), path("storageClassName"), NameValidation.dns1123Subdomain)
            errors += FieldCheck.optionalChoice(spec["volumeMode"]?.string, volumeModes, path("volumeMode"))
        }
        guard let attributes = spec["volumeAttributesClassName"]?.string else { return errors }
        let at = path("volumeAttributesClassName")
        errors +=
            attributes.isEmpty
            ? [.required(at, "an empty string is disallowed")]
            : FieldCheck.text(attributes, at, NameValidation.dns1123Subdomain)
        if !spec.has("csi") {
            errors.append(.required(path("csi"), "has to be specified when using volumeAttributesClassName"))
        }
        return errors
    }

    private static func inline(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let context = "in the context of inline volumes"
        var errors = ["claimRef", "capacity", "nodeAffinity"].filter(spec.has).map {
            FieldError.forbidden(path($0), "may not be specified \(context)")
        }
        if !spec.has("csi") { errors.append(.required(path("csi"), "has to be specified \(context)")) }
        let policy = spec.text("persistentVolumeReclaimPolicy")
        if !policy.isEmpty, policy != "Retain" {
            errors.append(.forbidden(path("persistentVolumeReclaimPolicy"), "may only be Retain \(context)"))
        }
        if !spec.text("storageClassName").isEmpty {
            errors.append(.forbidden(path("storageClassName"), "may not be specified \(context)"))
        }
        if let mode = spec["volumeMode"]?.string, mode != "Filesystem" {
            errors.append(
                .forbidden(path("volumeMode"), "may not specify volumeMode other than Filesystem \(context)"))
        }
        return errors
    }
}
