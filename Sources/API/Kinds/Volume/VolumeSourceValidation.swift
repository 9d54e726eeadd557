import JSON

/// Sources that pods and persistent volumes share.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateHostPathVolumeSource` and its neighbours.
enum VolumeSourceValidation {
    static let longPortal =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."

    /// Members that must not be empty, for sources with no further rule.
    private static let required: [String: [String]] = [
        "glusterfs": ["endpoints", "path"], "azureFile": ["secretName", "shareName"], "vsphereVolume": ["volumePath"],
        "photonPersistentDisk": ["pdID"], "portworxVolume": ["volumeID"], "scaleIO": ["gateway", "system", "volumeName"],
    ]

    /// - Parameters:
    ///   - kind: The member's name: `nfs`.
    ///   - path: Where the volume stands, above the source.
    ///   - isPersistent: The source of a PersistentVolume, whose secrets have a namespace.
    static func validate(_ kind: String, _ source: JSONValue, _ path: FieldPath, isPersistent: Bool) -> [FieldError] {
        let at = path(kind)
        if let fields = required[kind] {
            return fields.filter { source.text($0).isEmpty }.map { .required(at($0)) }
                + (isPersistent ? namespaces(kind, source, at) : [])
        }
        switch kind {
        case "hostPath": return hostPath(source, at)
        case "gitRepo":
            return FieldCheck.required(source, "repository", at: at)
                + PathValidation.localDescending(source.text("directory"), at("directory"))
        case "gcePersistentDisk": return disk(source, "pdName", path("persistentDisk"))
        case "awsElasticBlockStore": return disk(source, "volumeID", at)
        case "nfs": return nfs(source, at)
        case "iscsi": return iscsi(source, at, isPersistent: isPersistent)
        case "flocker": return flocker(source, at)
        case "rbd": return monitors(source, at) + FieldCheck.required(source, "image", at: at)
        case "cephfs": return monitors(source, at)
        case "cinder":
            return FieldCheck.required(source, "volumeID", at: at) + secret(source, at("secretRef"), isPersistent)
        case "quobyte": return quobyte(source, at)
        case "fc": return fibreChannel(source, at)
        case "flexVolume": return flex(source, at)
        case "azureDisk": return azureDisk(source, at)
        case "storageos": return storageOS(source, at, isPersistent)
        case "csi": return isPersistent ? persistentCSI(source, at) : inlineCSI(source, at)
        case "local":
            return source.text("path").isEmpty
                ? [.required(at("path"))] : PathValidation.noBacksteps(source.text("path"), at("path"))
        default: return []
        }
    }

    private static func namespaces(_ kind: String, _ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        switch kind {
        case "azureFile":
            return source["secretNamespace"]?.string == "" ? [.required(path("secretNamespace"))] : []
        case "glusterfs":
            guard let namespace = source["endpointsNamespace"]?.string else { return [] }
            let at = path("endpointsNamespace")
            if namespace.isEmpty {
                return [.invalid(at, "", "if the endpointnamespace is set, it must be a valid namespace name")]
            }
            return FieldCheck.text(namespace, at, NameValidation.dns1123Label)
        default: return []
        }
    }

    private static let hostPathTypes = [
        "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
    ]

    private static func hostPath(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        let place = source.text("path")
        if place.isEmpty { return [.required(path("path"))] }
        return PathValidation.noBacksteps(place, path("path"))
            + FieldCheck.optionalChoice(source["type"]?.string, hostPathTypes, path("type"))
    }

    private static func disk(_ source: JSONValue, _ name: String, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(source, name, at: path)
        if let partition = source["partition"]?.int, !(0...255).contains(partition) {
            errors.append(.invalid(path("partition"), .int(partition), FieldCheck.inclusive(1...255)))
        }
        return errors
    }

    private static func nfs(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(source, "server", "path", at: path)
        if !source.text("path").hasPrefix("/") {
            errors.append(.invalid(path("path"), .string(source.text("path")), "must be an absolute path"))
        }
        return errors
    }

    private static func iscsi(_ source: JSONValue, _ path: FieldPath, isPersistent: Bool) -> [FieldError] {
        var errors = FieldCheck.required(source, "targetPortal", at: path)
        let prefixMessage =
            isPersistent ? "must be valid format" : "must be valid format starting with iqn, eui, or naa"
        func name(_ name: String, _ at: FieldPath) -> [FieldError] {
            switch name.prefix(3) {
            case "iqn": isQualifiedISCSI(name) ? [] : [.invalid(at, .string(name), "must be valid format")]
            case "eui": isWord(name, 16) ? [] : [.invalid(at, .string(name), "must be valid format")]
            case "naa": isWord(name, 32) ? [] : [.invalid(at, .string(name), "must be valid format")]
            default: [.invalid(at, .string(name), prefixMessage)]
            }
        }
        let target = source.text("iqn")
        errors += target.isEmpty ? [.required(path("iqn"))] : name(target, path("iqn"))
        errors += FieldCheck.range(source["lun"]?.int, 0...255, path("lun"))
        let usesSecret = ["chapAuthDiscovery", "chapAuthSession"].contains { source[$0]?.bool ?? false }
        if usesSecret, !source.has("secretRef") { errors.append(.required(path("secretRef"))) }
        if isPersistent, source.has("secretRef"), source["secretRef"]?.text("name").isEmpty ?? true {
            errors.append(.required(path("secretRef")("name")))
        }
        if let initiator = source["initiatorName"]?.string { errors += name(initiator, path("initiatorname")) }
        return errors
    }

    /// `iqn.2001-04.com.example:storage`
    private static func isQualifiedISCSI(_ name: String) -> Bool {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, !parts[1].contains(where: { ",;*&$| \t".contains($0) }) else { return false }
        let words = parts[0].split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "iqn", !words[2].isEmpty else { return false }
        let date = Array(words[1].utf8)
        return date.count == 7 && date[4] == 0x2d
            && (date[0..<4] + date[5..<7]).allSatisfy { (0x30...0x39).contains($0) }
            && words[2].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    }

    /// `eui.02004567A425678D`: a prefix, one character and `count` letters and digits.
    private static func isWord(_ name: String, _ count: Int) -> Bool {
        let rest = name.dropFirst(4)
        return rest.count == count && rest.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    private static func flocker(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (name, uuid) = (source.text("datasetName"), source.text("datasetUUID"))
        var errors: [FieldError] = []
        if name.isEmpty, uuid.isEmpty {
            errors.append(.required(path, "one of datasetName and datasetUUID is required"))
        }
        if !name.isEmpty, !uuid.isEmpty {
            errors.append(
                .invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
        }
        if name.contains("/") { errors.append(.invalid(path("datasetName"), .string(name), "must not contain '/'")) }
        return errors
    }

    private static func monitors(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        source.elements("monitors").isEmpty ? [.required(path("monitors"))] : []
    }

    private static func secret(_ source: JSONValue, _ path: FieldPath, _ isPersistent: Bool) -> [FieldError] {
        guard let secret = source["secretRef"], !secret.isNull else { return [] }
        return FieldCheck.required(secret, "name", at: path)
            + (isPersistent ? FieldCheck.required(secret, "namespace", at: path) : [])
    }

    private static func quobyte(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        let why = "must be a host:port pair or multiple pairs separated by commas"
        let registry = source.text("registry")
        var errors: [FieldError] = []
        if registry.isEmpty {
            errors.append(.required(path("registry"), why))
        } else if source.text("tenant").utf8.count >= 65 {
            errors.append(.required(path("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false)
            where pair.count(where: { $0 == ":" }) != 1 {
                errors.append(.invalid(path("registry"), .string(registry), why))
            }
        }
        return errors + FieldCheck.required(source, "volume", at: path)
    }

    private static func fibreChannel(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (names, ids) = (source.elements("targetWWNs"), source.elements("wwids"))
        let at = path("targetWWNs")
        var errors: [FieldError] = []
        if names.isEmpty, ids.isEmpty {
            errors.append(.required(at, "must specify either targetWWNs or wwids, but not both"))
        }
        if !names.isEmpty, !ids.isEmpty {
            errors.append(.invalid(at, .array(names), "targetWWNs and wwids can not be specified simultaneously"))
        }
        if names.isEmpty { return errors }
        guard let lun = source["lun"]?.int else {
            return errors + [.required(path("lun"), "lun is required if targetWWNs is specified")]
        }
        return errors + FieldCheck.range(lun, 0...255, path("lun"))
    }

    private static func flex(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(source, "driver", at: path)
        for key in (source["options"]?.object?.keys ?? []).sorted() {
            let namespace = "." + key.prefix { $0 != "/" }.lowercased()
            if [".kubernetes.io", ".k8s.io"].contains(where: namespace.hasSuffix) {
                errors.append(
                    .invalid(
                        path("options").key(key), .string(key), "kubernetes.io and k8s.io namespaces are reserved"))
            }
        }
        return errors
    }

    private static func azureDisk(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(source, "diskName", "diskURI", at: path)
        errors += FieldCheck.optionalChoice(
            source["cachingMode"]?.string, ["None", "ReadOnly", "ReadWrite"], path("cachingMode"))
        let kind = source["kind"]?.string
        errors += FieldCheck.optionalChoice(kind, ["Dedicated", "Managed", "Shared"], path("kind"))
        let place = source.text("diskURI")
        guard let kind else { return errors }
        if kind == "Managed", !place.hasPrefix("/subscriptions/") {
            errors.append(
                .notSupported(
                    path("diskURI"), .string(place),
                    inOrder: [
                        "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
                    ]))
        }
        if kind != "Managed", !place.hasPrefix("https://") {
            errors.append(
                .notSupported(
                    path("diskURI"), .string(place),
                    inOrder: ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"]))
        }
        return errors
    }

    private static func storageOS(_ source: JSONValue, _ path: FieldPath, _ isPersistent: Bool) -> [FieldError] {
        FieldCheck.requiredText(source.text("volumeName"), path("volumeName"), NameValidation.dns1123Label)
            + FieldCheck.optionalText(
                source.text("volumeNamespace"), path("volumeNamespace"), NameValidation.dns1123Label)
            + secret(source, path("secretRef"), isPersistent)
    }

    private static let driverNameMax = 63

    /// The name of a CSI driver.
    static func driver(_ name: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = name.isEmpty ? [.required(path)] : []
        if name.utf8.count > driverNameMax { errors.append(.tooLong(path, bytesMax: driverNameMax)) }
        return errors + NameValidation.dns1123Subdomain(name.lowercased()).map { .invalid(path, .string(name), $0) }
    }

    private static func inlineCSI(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = driver(source.text("driver"), path("driver"))
        guard let secret = source["nodePublishSecretRef"], !secret.isNull else { return errors }
        let name = secret.text("name")
        errors +=
            name.isEmpty
            ? [.required(path("nodePublishSecretRef")("name"))]
            : FieldCheck.text(name, path("name"), NameValidation.dns1123Subdomain)
        return errors
    }

    private static func persistentCSI(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = driver(source.text("driver"), path("driver"))
        errors += FieldCheck.required(source, "volumeHandle", at: path)
        for field in [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ] {
            guard let secret = source[field], !secret.isNull else { continue }
            errors += FieldCheck.requiredText(
                secret.text("name"), path(field)("name"), NameValidation.dns1123Subdomain)
            errors += FieldCheck.requiredText(
                secret.text("namespace"), path(field)("namespace"), NameValidation.dns1123Label)
        }
        return errors
    }
}
