import JSON

/// `env` and `envFrom` of a container, and the references to fields and resources that volumes share.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateEnv`.
enum EnvironmentValidation {
    static func variables(_ variables: [JSONValue], _ path: FieldPath) -> [FieldError] {
        variables.enumerated().flatMap { index, variable in
            FieldCheck.requiredText(variable.text("name"), path[index]("name"), NameValidation.environmentName)
                + source(variable, path[index]("valueFrom"))
        }
    }

    private static let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]

    private static func source(_ variable: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard variable.has("valueFrom"), let source = variable["valueFrom"] else { return [] }
        var errors: [FieldError] = []
        let given = sources.filter(source.has)
        for name in given {
            let (reference, at) = (source[name] ?? [:], path(name))
            switch name {
            case "fieldRef": errors += field(reference, environmentFields, at)
            case "resourceFieldRef": errors += resource(reference, at, isVolume: false)
            case "fileKeyRef": errors += fileKey(reference, at)
            default: errors += key(reference, at)
            }
        }
        if given.isEmpty {
            errors.append(
                .invalid(
                    path, "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"))
        } else if !variable.text("value").isEmpty {
            errors.append(.invalid(path, "", "may not be specified when `value` is not empty"))
        } else if given.count > 1 {
            errors.append(.invalid(path, "", "may not have more than one field specified at a time"))
        }
        return errors
    }

    private static func key(_ reference: JSONValue, _ path: FieldPath) -> [FieldError] {
        FieldCheck.text(reference.text("name"), path("name"), NameValidation.dns1123Subdomain)
            + FieldCheck.requiredText(reference.text("key"), path("key"), NameValidation.configMapKey)
    }

    private static func fileKey(_ reference: JSONValue, _ path: FieldPath) -> [FieldError] {
        let file = reference.text("path")
        return FieldCheck.requiredText(reference.text("key"), path("key"), NameValidation.environmentName)
            + FieldCheck.requiredText(reference.text("volumeName"), path("volumeName"), NameValidation.dns1123Label)
            + (file.isEmpty ? [.required(path("path"))] : PathValidation.localNonReserved(file, path("path")))
    }

    static func from(_ sources: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, source) in sources.enumerated() {
            let at = path[index]
            errors += FieldCheck.optionalText(source.text("prefix"), at("prefix"), NameValidation.environmentName)
            let given = ["configMapRef", "secretRef"].filter(source.has)
            for name in given {
                errors += FieldCheck.requiredText(
                    source[name]?.text("name") ?? "", at(name)("name"), NameValidation.dns1123Subdomain)
            }
            if given.isEmpty {
                errors.append(.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
            } else if given.count > 1 {
                errors.append(.invalid(path, "", "may not have more than one field specified at a time"))
            }
        }
        return errors
    }

    private static let environmentFields = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    static let volumeFields = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
    ]
    /// Every field that a pod offers to the downward API.
    private static let downwardFields = Set(environmentFields + volumeFields)

    /// A reference to a field of the pod, such as `metadata.labels['app']`.
    ///
    /// - Parameter fields: The fields that may be named here, in order of text.
    static func field(_ reference: JSONValue, _ fields: [String], _ path: FieldPath) -> [FieldError] {
        let version = reference.text("apiVersion")
        if version.isEmpty { return [.required(path("apiVersion"))] }
        let text = reference.text("fieldPath")
        if text.isEmpty { return [.required(path("fieldPath"))] }
        let (name, subscripted) = subscripts(text)
        if version != "v1" {
            return [
                .invalid(
                    path("fieldPath"), .string(text),
                    "error converting fieldPath: unsupported pod version: \(version)")
            ]
        }
        if let subscripted {
            switch name {
            case "metadata.annotations":
                return FieldCheck.text(subscripted.lowercased(), path, NameValidation.qualifiedName)
            case "metadata.labels": return FieldCheck.text(subscripted, path, NameValidation.qualifiedName)
            default:
                return [
                    .invalid(
                        path("fieldPath"), .string(text),
                        "error converting fieldPath: field label does not support subscript: \(text)")
                ]
            }
        }
        // An older name of the same field.
        let internalName = name == "spec.host" ? "spec.nodeName" : name
        guard downwardFields.contains(internalName) else {
            return [
                .invalid(
                    path("fieldPath"), .string(text), "error converting fieldPath: field label not supported: \(text)")
            ]
        }
        if fields.contains(internalName) { return [] }
        return [.notSupported(path("fieldPath"), .string(internalName), inOrder: fields.sorted())]
    }

    /// `metadata.labels['app']` is `metadata.labels` and `app`.
    private static func subscripts(_ text: String) -> (name: String, subscripted: String?) {
        guard text.hasSuffix("']"), let open = text.firstRange(of: "['"), open.lowerBound > text.startIndex else {
            return (text, nil)
        }
        return (String(text[..<open.lowerBound]), String(text[open.upperBound...].dropLast(2)))
    }

    private static let resourceNames = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]
    private static let memoryDivisors: Set<String> = [
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ]

    /// A reference to an amount that a container requests or is limited to.
    static func resource(_ reference: JSONValue, _ path: FieldPath, isVolume: Bool) -> [FieldError] {
        let name = reference.text("resource")
        let isHugePages = name.hasPrefix("requests.hugepages-") || name.hasPrefix("limits.hugepages-")
        var errors: [FieldError] = []
        if isVolume, reference.text("containerName").isEmpty {
            errors.append(.required(path("containerName")))
        } else if name.isEmpty {
            errors.append(.required(path("resource")))
        } else if !resourceNames.contains(name), !isHugePages {
            errors.append(.notSupported(path("resource"), .string(name), inOrder: resourceNames))
        }
        guard let divisor = reference["divisor"].flatMap(Quantity.init(json:)), !divisor.isZero else { return errors }
        let text = divisor.description
        func refuse(_ values: String, _ what: String) {
            errors.append(
                .invalid(
                    path("divisor"), .string(name), "only divisor's values \(values) are supported with the \(what) resource"))
        }
        let sizes = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
        if name.hasSuffix(".cpu"), text != "1", text != "1m" { refuse("1m and 1", "cpu") }
        if memoryDivisors.contains(text) { return errors }
        if name.hasSuffix(".memory") { refuse(sizes, "memory") }
        if name.hasSuffix(".ephemeral-storage") { refuse(sizes, "local ephemeral storage") }
        if isHugePages { refuse(sizes, "hugepages") }
        return errors
    }
}
