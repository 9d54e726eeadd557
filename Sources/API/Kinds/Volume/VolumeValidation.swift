import JSON

/// The volumes of a pod.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateVolumes`, `validateVolumeSource`.
enum VolumeValidation {
    /// In the order in which upstream looks for them: the first is judged, each further one is too many.
    private static let sources = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs",
        "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume",
        "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos",
        "projected", "scaleIO", "csi", "ephemeral", "image",
    ]
    /// Names that upstream's messages spell in another way.
    private static let spelling = ["cephfs": "cephFS", "downwardAPI": "downwarAPI"]

    /// - Parameter podName: Nil in a template, where the names of generated claims are not known yet.
    /// - Returns: The volumes that are fine, by name, and what is wrong with the others.
    static func validate(
        _ volumes: [JSONValue], _ path: FieldPath, podName: String?, _ options: PodValidationOptions
    ) -> (fine: [String: JSONValue], errors: [FieldError]) {
        var errors: [FieldError] = []
        var fine: [String: JSONValue] = [:]
        let podName = podName ?? ""
        let generated = Set(
            volumes.filter { $0.has("ephemeral") && !podName.isEmpty }.map { "\(podName)-\($0.text("name"))" })
        for (index, volume) in volumes.enumerated() {
            let at = path[index]
            let name = volume.text("name")
            var found = source(volume, at, podName: podName, options)
            found += FieldCheck.requiredText(name, at("name"), NameValidation.dns1123Label)
            if fine[name] != nil { found.append(.duplicate(at("name"), .string(name))) }
            if found.isEmpty { fine[name] = volume }
            errors += found
            let claim = volume["persistentVolumeClaim"]?.text("claimName") ?? ""
            if generated.contains(claim) {
                errors.append(
                    .invalid(
                        at("persistentVolumeClaim")("claimName"), .string(claim),
                        "must not reference a PVC that gets created for an ephemeral volume"))
            }
        }
        return (fine, errors)
    }

    private static func source(
        _ volume: JSONValue, _ path: FieldPath, podName: String, _ options: PodValidationOptions
    ) -> [FieldError] {
        let given = sources.filter(volume.has)
        guard let first = given.first, let source = volume[first] else {
            return [.required(path, "must specify a volume type")]
        }
        let volumeName = volume.text("name")
        let at = path(first)
        var errors: [FieldError]
        switch first {
        case "emptyDir": errors = emptyDirectory(source, at)
        case "secret", "configMap": errors = keys(source, at, nameField: first == "secret" ? "secretName" : "name")
        case "persistentVolumeClaim": errors = FieldCheck.required(source, "claimName", at: at)
        case "downwardAPI":
            errors = PathValidation.mode(source["defaultMode"]?.int, at("defaultMode"))
            errors += source.elements("items").flatMap { downwardFile($0, at) }
        case "projected": errors = ProjectedVolumeValidation.validate(source, at, options)
        case "ephemeral": errors = ephemeral(source, at, podName: podName, volumeName: volumeName, path)
        case "image":
            errors = options.isPod ? FieldCheck.required(source, "reference", at: at) : []
            errors += ContainerValidation.pullPolicy(source.text("pullPolicy"), at("pullPolicy"))
        default: errors = VolumeSourceValidation.validate(first, source, path, isPersistent: false)
        }
        if let disk = volume["iscsi"], disk.has("initiatorName"), "\(volumeName):\(disk.text("targetPortal"))".utf8.count > 64 {
            errors.append(.invalid(path("name"), .string(volumeName), VolumeSourceValidation.longPortal))
        }
        return errors
            + given.dropFirst().map { .forbidden(path(spelling[$0] ?? $0), "may not specify more than 1 volume type") }
    }

    private static func emptyDirectory(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let limit = source["sizeLimit"].flatMap(Quantity.init(json:)), limit < .zero else { return [] }
        return [.forbidden(path("sizeLimit"), "SizeLimit field must be a valid resource quantity")]
    }

    private static func keys(_ source: JSONValue, _ path: FieldPath, nameField: String) -> [FieldError] {
        var errors: [FieldError] = source.text(nameField).isEmpty ? [.required(path(nameField))] : []
        errors += PathValidation.mode(source["defaultMode"]?.int, path("defaultMode"))
        for (index, item) in source.elements("items").enumerated() { errors += key(item, path("items")[index]) }
        return errors
    }

    /// A `KeyToPath`.
    static func key(_ item: JSONValue, _ path: FieldPath) -> [FieldError] {
        FieldCheck.required(item, "key", "path", at: path)
            + PathValidation.localNonReserved(item.text("path"), path("path"))
            + PathValidation.mode(item["mode"]?.int, path("mode"))
    }

    /// A `DownwardAPIVolumeFile`; upstream reports it at the volume, not at the item.
    static func downwardFile(_ file: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(file, "path", at: path)
        errors += PathValidation.localNonReserved(file.text("path"), path("path"))
        if let field = file["fieldRef"], !field.isNull {
            errors += EnvironmentValidation.field(field, EnvironmentValidation.volumeFields, path("fieldRef"))
            if file.has("resourceFieldRef") {
                errors.append(
                    .invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let resource = file["resourceFieldRef"], !resource.isNull {
            errors += EnvironmentValidation.resource(resource, path("resourceFieldRef"), isVolume: true)
        } else {
            errors.append(.required(path, "one of fieldRef and resourceFieldRef is required"))
        }
        return errors + PathValidation.mode(file["mode"]?.int, path("mode"))
    }

    private static func ephemeral(
        _ source: JSONValue, _ path: FieldPath, podName: String, volumeName: String, _ volumePath: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if let template = source["volumeClaimTemplate"], !template.isNull {
            errors += PersistentVolumeClaimValidation.template(template, path("volumeClaimTemplate"))
        } else {
            errors.append(.required(path("volumeClaimTemplate")))
        }
        if podName.isEmpty || volumeName.isEmpty { return errors }
        let claim = "\(podName)-\(volumeName)"
        return errors
            + NameValidation.dns1123Subdomain(claim).map {
                .invalid(volumePath("name"), .string(volumeName), "PVC name \"\(claim)\": \($0)")
            }
    }
}
