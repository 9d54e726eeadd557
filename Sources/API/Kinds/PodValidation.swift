import JSON

/// What a pod's specification must satisfy, alone or in a template.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodSpec`.
enum PodValidation {
    static func validate(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = VolumeValidation.validate(spec.elements("volumes"), path("volumes"))
        let volumes = Set(spec.elements("volumes").map { $0.text("name") })
        if spec.elements("containers").isEmpty { errors.append(.required(path("containers"))) }
        var names: Set<String> = []
        let hostNetwork = spec["hostNetwork"]?.bool ?? false
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for (index, container) in spec.elements(list).enumerated() {
                let at = path(list)[index]
                errors += ContainerValidation.validate(
                    container, at, volumes: volumes, isInit: list == "initContainers", hostNetwork: hostNetwork)
                let name = container.text("name")
                if !name.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
        }
        errors += policies(spec, path)
        errors += numbers(spec, path)
        errors += LabelValidation.labels(spec["nodeSelector"], path("nodeSelector"))
        for (field, check) in [
            ("serviceAccountName", NameValidation.dns1123Subdomain), ("nodeName", NameValidation.dns1123Subdomain),
            ("hostname", NameValidation.dns1123Label), ("subdomain", NameValidation.dns1123Label),
            ("runtimeClassName", NameValidation.dns1123Subdomain), ("priorityClassName", NameValidation.dns1123Subdomain),
        ] {
            let value = spec.text(field)
            if !value.isEmpty { errors += check(value).map { .invalid(path(field), .string(value), $0) } }
        }
        for (index, toleration) in spec.elements("tolerations").enumerated() {
            errors += Self.toleration(toleration, path("tolerations")[index])
        }
        return errors
    }

    private static func policies(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let restart = spec.text("restartPolicy")
        if restart.isEmpty {
            errors.append(.required(path("restartPolicy")))
        } else if !["Always", "OnFailure", "Never"].contains(restart) {
            errors.append(.notSupported(path("restartPolicy"), .string(restart), supported: ["Always", "OnFailure", "Never"]))
        }
        let dns = spec.text("dnsPolicy")
        let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
        if dns.isEmpty {
            errors.append(.required(path("dnsPolicy")))
        } else if !policies.contains(dns) {
            errors.append(.notSupported(path("dnsPolicy"), .string(dns), supported: policies))
        } else if dns == "None", spec["dnsConfig"]?.elements("nameservers").isEmpty ?? true {
            errors.append(
                .required(
                    path("dnsConfig")("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None"))
        }
        return errors
    }

    private static func numbers(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let deadline = spec["activeDeadlineSeconds"]?.int, !(1...Int64(Int32.max)).contains(deadline) {
            errors.append(
                .invalid(path("activeDeadlineSeconds"), .int(deadline), "must be between 1 and 2147483647, inclusive"))
        }
        if let grace = spec["terminationGracePeriodSeconds"]?.int, grace < 0 {
            errors.append(
                .invalid(path("terminationGracePeriodSeconds"), .int(grace), "must be greater than or equal to 0"))
        }
        return errors
    }

    private static func toleration(_ toleration: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let key = toleration.text("key")
        let operation = toleration.text("operator")
        let effect = toleration.text("effect")
        if !key.isEmpty { errors += NameValidation.qualifiedName(key).map { .invalid(path("key"), .string(key), $0) } }
        if key.isEmpty, operation != "Exists" {
            errors.append(
                .invalid(
                    path("operator"), .string(operation),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
        }
        if toleration["tolerationSeconds"]?.int != nil, effect != "NoExecute" {
            errors.append(
                .invalid(path("effect"), .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set"))
        }
        switch operation {
        case "Equal", "":
            let value = toleration.text("value")
            errors += NameValidation.labelValue(value).map { .invalid(path("operator"), .string(value), $0) }
        case "Exists":
            if !toleration.text("value").isEmpty {
                errors.append(.invalid(path("operator"), toleration, "value must be empty when `operator` is 'Exists'"))
            }
        default: errors.append(.notSupported(path("operator"), .string(operation), supported: ["Equal", "Exists"]))
        }
        let effects = ["NoExecute", "NoSchedule", "PreferNoSchedule"]
        if !effect.isEmpty, !effects.contains(effect) {
            errors.append(.notSupported(path("effect"), .string(effect), supported: effects))
        }
        return errors
    }

    /// A pod template: its labels, annotations and specification.
    static func template(_ template: JSONValue?, _ path: FieldPath, restartPolicies: [String] = ["Always"]) -> [FieldError] {
        let template = template ?? [:]
        var errors = LabelValidation.labels(template["metadata"]?["labels"], path("metadata")("labels"))
        errors += MetadataValidation.annotations(template["metadata"]?["annotations"], path("metadata")("annotations"))
        let spec = template["spec"] ?? [:]
        errors += validate(spec, path("spec"))
        let restart = spec.text("restartPolicy")
        if ["Always", "OnFailure", "Never"].contains(restart), !restartPolicies.contains(restart) {
            errors.append(.notSupported(path("spec")("restartPolicy"), .string(restart), supported: restartPolicies))
        }
        return errors
    }
}
