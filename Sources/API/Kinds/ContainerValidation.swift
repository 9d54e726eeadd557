import JSON

/// What one container must satisfy.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateContainerCommon`.
enum ContainerValidation {
    static func validate(
        _ container: JSONValue, _ path: FieldPath, volumes: Set<String>, isInit: Bool, hostNetwork: Bool
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let name = container.text("name")
        if name.isEmpty {
            errors.append(.required(path("name")))
        } else {
            errors += NameValidation.dns1123Label(name).map { .invalid(path("name"), .string(name), $0) }
        }
        let image = container.text("image")
        if image.isEmpty {
            errors.append(.required(path("image")))
        } else if image.first?.isWhitespace ?? false || image.last?.isWhitespace ?? false {
            errors.append(.invalid(path("image"), .string(image), "must not have leading or trailing whitespace"))
        }
        errors += supported(container, "imagePullPolicy", ["Always", "IfNotPresent", "Never"], path)
        errors += supported(container, "terminationMessagePolicy", ["File", "FallbackToLogsOnError"], path)
        errors += ports(container.elements("ports"), path("ports"), hostNetwork: hostNetwork)
        errors += environment(container.elements("env"), path("env"))
        errors += mounts(container.elements("volumeMounts"), path("volumeMounts"), volumes)
        errors += resources(container["resources"], path("resources"))
        errors += probes(container, path, isPlainInit: isInit && container.text("restartPolicy") != "Always")
        return errors
    }

    private static func supported(_ object: JSONValue, _ field: String, _ values: [String], _ path: FieldPath) -> [FieldError] {
        let value = object.text(field)
        if value.isEmpty { return [.required(path(field))] }
        return values.contains(value) ? [] : [.notSupported(path(field), .string(value), supported: values)]
    }

    private static func ports(_ ports: [JSONValue], _ path: FieldPath, hostNetwork: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let at = path[index]
            let name = port.text("name")
            if !name.isEmpty {
                let messages = NameValidation.portName(name)
                errors += messages.map { .invalid(at("name"), .string(name), $0) }
                if messages.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
            let number = port["containerPort"]?.int ?? 0
            if number == 0 {
                errors.append(.required(at("containerPort")))
            } else {
                errors += NameValidation.portNumber(number).map { .invalid(at("containerPort"), .int(number), $0) }
            }
            let host = port["hostPort"]?.int ?? 0
            if host != 0 {
                errors += NameValidation.portNumber(host).map { .invalid(at("hostPort"), .int(host), $0) }
                if hostNetwork, host != number {
                    errors.append(
                        .invalid(at("hostPort"), .int(host), "must match `containerPort` when `hostNetwork` is true"))
                }
            }
            errors += supported(port, "protocol", ["TCP", "UDP", "SCTP"], at)
        }
        return errors
    }

    private static func environment(_ variables: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, variable) in variables.enumerated() {
            let at = path[index]
            let name = variable.text("name")
            if name.isEmpty {
                errors.append(.required(at("name")))
            } else {
                errors += NameValidation.environmentName(name).map { .invalid(at("name"), .string(name), $0) }
            }
            guard let source = variable["valueFrom"], !source.isNull else { continue }
            let given = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"].filter(source.has)
            if given.isEmpty {
                errors.append(
                    .invalid(
                        at("valueFrom"), "",
                        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"))
            } else if !variable.text("value").isEmpty {
                errors.append(.invalid(at("valueFrom"), "", "may not be specified when `value` is not empty"))
            } else if given.count > 1 {
                errors.append(.invalid(at("valueFrom"), "", "may not have more than one field specified at a time"))
            }
        }
        return errors
    }

    private static func mounts(_ mounts: [JSONValue], _ path: FieldPath, _ volumes: Set<String>) -> [FieldError] {
        var errors: [FieldError] = []
        var places: Set<String> = []
        for (index, mount) in mounts.enumerated() {
            let at = path[index]
            let name = mount.text("name")
            if name.isEmpty {
                errors.append(.required(at("name")))
            } else if !volumes.contains(name) {
                errors.append(FieldError(.notFound, at("name"), value: .string(name)))
            }
            let place = mount.text("mountPath")
            if place.isEmpty {
                errors.append(.required(at("mountPath")))
            } else if !places.insert(place).inserted {
                errors.append(.invalid(at("mountPath"), .string(place), "must be unique"))
            }
            let inner = mount.text("subPath")
            if inner.hasPrefix("/") { errors.append(.invalid(at("subPath"), .string(inner), "must be a relative path")) }
            if inner.split(separator: "/").contains("..") {
                errors.append(.invalid(at("subPath"), .string(inner), "must not contain '..'"))
            }
        }
        return errors
    }

    private static let standardResources: Set<String> = ["cpu", "memory", "ephemeral-storage"]

    static func resources(_ resources: JSONValue?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let limits = ResourceList(json: resources?["limits"])
        for field in ["limits", "requests"] {
            for (name, amount) in ResourceList(json: resources?[field]).sorted(by: { $0.key < $1.key }) {
                let at = path(field).key(name)
                let messages = NameValidation.qualifiedName(name)
                errors += messages.map { .invalid(at, .string(name), $0) }
                if messages.isEmpty, !name.contains("/"), !standardResources.contains(name), !name.hasPrefix("hugepages-") {
                    errors.append(.invalid(at, .string(name), "must be a standard resource type or fully qualified"))
                    errors.append(.invalid(at, .string(name), "must be a standard resource for containers"))
                }
                if amount < .zero {
                    errors.append(.invalid(at, .string(amount.description), "must be greater than or equal to 0"))
                }
                if field == "requests", let limit = limits[name], limit < amount {
                    errors.append(
                        .invalid(
                            path("requests"), .string(amount.description),
                            "must be less than or equal to \(name) limit of \(limit)"))
                }
            }
        }
        return errors
    }

    private static func probes(_ container: JSONValue, _ path: FieldPath, isPlainInit: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            guard let probe = container[name], !probe.isNull else { continue }
            let at = path(name)
            if isPlainInit {
                errors.append(.forbidden(at, "may not be set for init containers without restartPolicy=Always"))
                continue
            }
            errors += handler(probe, at)
            for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
                let value = probe[field]?.int ?? 0
                if value < 0 { errors.append(.invalid(at(field), .int(value), "must be greater than or equal to 0")) }
            }
            if name != "readinessProbe", let threshold = probe["successThreshold"]?.int, threshold != 1 {
                errors.append(.invalid(at("successThreshold"), .int(threshold), "must be 1"))
            }
        }
        if isPlainInit, container.has("lifecycle") {
            errors.append(
                .forbidden(path("lifecycle"), "may not be set for init containers without restartPolicy=Always"))
        }
        return errors
    }

    private static func handler(_ probe: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let given = ["exec", "httpGet", "tcpSocket", "grpc"].filter(probe.has)
        for name in given.dropFirst() {
            errors.append(.forbidden(path(name), "may not specify more than 1 handler type"))
        }
        guard let name = given.first, let action = probe[name] else {
            return [.required(path, "must specify a handler type")]
        }
        switch name {
        case "exec":
            if action.elements("command").isEmpty { errors.append(.required(path("exec")("command"))) }
        case "httpGet":
            if action.text("path").isEmpty { errors.append(.required(path("httpGet")("path"))) }
            let schemes = ["HTTP", "HTTPS"]
            if !schemes.contains(action.text("scheme")) {
                errors.append(.notSupported(path("httpGet")("scheme"), .string(action.text("scheme")), supported: schemes))
            }
            errors += port(action["port"], path("httpGet")("port"))
        case "tcpSocket": errors += port(action["port"], path("tcpSocket")("port"))
        default: errors += port(action["port"], path("grpc")("port"))
        }
        return errors
    }

    /// A port's number or name.
    static func port(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        switch IntOrString(json: value) {
        case .string(let name): NameValidation.portName(name).map { .invalid(path, .string(name), $0) }
        case .int(let number): NameValidation.portNumber(Int64(number)).map { .invalid(path, .int(Int64(number)), $0) }
        case nil: NameValidation.portNumber(0).map { .invalid(path, 0, $0) }
        }
    }
}

/// What volumes must satisfy.
enum VolumeValidation {
    static func validate(_ volumes: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, volume) in volumes.enumerated() {
            let at = path[index]
            let name = volume.text("name")
            if name.isEmpty {
                errors.append(.required(at("name")))
            } else {
                let messages = NameValidation.dns1123Label(name)
                errors += messages.map { .invalid(at("name"), .string(name), $0) }
                if messages.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
            errors += source(volume, at)
        }
        return errors
    }

    private static let requiredFields = [
        ("hostPath", "path"), ("secret", "secretName"), ("configMap", "name"), ("persistentVolumeClaim", "claimName"),
        ("nfs", "server"), ("nfs", "path"), ("csi", "driver"), ("image", "reference"),
    ]

    private static func source(_ volume: JSONValue, _ path: FieldPath) -> [FieldError] {
        let given = (volume.object?.members ?? []).filter { $0.key != "name" && !$0.value.isNull }.map(\.key)
        guard !given.isEmpty else { return [.required(path, "must specify a volume type")] }
        var errors = given.dropFirst().map { FieldError.forbidden(path($0), "may not specify more than 1 volume type") }
        for (source, field) in requiredFields where given.first == source {
            if volume[source]?.text(field).isEmpty ?? true { errors.append(.required(path(source)(field))) }
        }
        if let backsteps = volume["hostPath"]?.text("path"), backsteps.split(separator: "/").contains("..") {
            errors.append(.invalid(path("hostPath")("path"), .string(backsteps), "must not contain '..'"))
        }
        return errors
    }
}
