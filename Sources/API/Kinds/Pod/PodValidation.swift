import JSON

/// What a pod's specification must satisfy, alone or in a template.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodSpec`.
enum PodValidation {
    /// - Parameter name: The pod's name, which names of generated claims begin with; nil in a template.
    static func validate(
        _ spec: JSONValue, _ path: FieldPath, name: String? = nil, _ options: PodValidationOptions
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !spec.has("terminationGracePeriodSeconds") {
            errors.append(.required(path("terminationGracePeriodSeconds")))
        }
        let (volumes, volumeErrors) = VolumeValidation.validate(
            spec.elements("volumes"), path("volumes"), podName: name, options)
        errors += volumeErrors
        errors += resourceClaims(spec.elements("resourceClaims"), path("resourceClaims"))
        errors += ContainerValidation(spec, volumes: volumes, options).validate(path)
        errors += ResourceValidation.pod(spec, path("resources"), options)
        errors += PodNetworkValidation.hostPorts(spec, path, options)
        errors += FieldCheck.choice(spec.text("restartPolicy"), ["Always", "OnFailure", "Never"], path("restartPolicy"))
        errors += FieldCheck.choice(
            spec.text("dnsPolicy"), ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path("dnsPolicy"))
        errors += LabelValidation.labels(spec["nodeSelector"], path("nodeSelector"))
        errors += SecurityContextValidation.pod(spec, path("securityContext"), options)
        errors += AffinityValidation.validate(spec["affinity"], path("affinity"), options)
        errors += PodNetworkValidation.dns(spec, path("dnsConfig"), options)
        errors += gates(spec, path)
        errors += TopologySpreadValidation.validate(
            spec.elements("topologySpreadConstraints"), path("topologySpreadConstraints"), options)
        errors += WindowsValidation.hostProcess(spec, path)
        errors += PodNetworkValidation.hostUsers(spec, path)
        errors += FieldCheck.optionalText(
            spec.text("serviceAccountName"), path("serviceAccountName"), NameValidation.dns1123Subdomain)
        errors += FieldCheck.optionalText(spec.text("nodeName"), path("nodeName"), NameValidation.dns1123Subdomain)
        errors += FieldCheck.range(
            spec["activeDeadlineSeconds"]?.int, 1...Int64(Int32.max), path("activeDeadlineSeconds"))
        errors += PodNetworkValidation.validate(spec, path, options)
        errors += TaintValidation.tolerations(spec.elements("tolerations"), path("tolerations"))
        errors += classes(spec, path)
        errors += ResourceValidation.overhead(spec, path("overhead"), options)
        return errors + WindowsValidation.system(spec, path)
    }

    private static func resourceClaims(_ claims: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, claim) in claims.enumerated() {
            let at = path[index]
            let name = claim.text("name")
            if name.isEmpty {
                errors.append(.required(at("name")))
            } else if !names.insert(name).inserted {
                errors.append(.duplicate(at("name"), .string(name)))
            } else {
                errors += FieldCheck.text(name, at("name"), NameValidation.dns1123Label)
            }
            let sources = ["resourceClaimName", "resourceClaimTemplateName"].filter(claim.has)
            if sources.count == 2 {
                errors.append(
                    .invalid(
                        at, GoValue.resourceClaim(claim),
                        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
            } else if sources.isEmpty {
                errors.append(
                    .invalid(
                        at, GoValue.resourceClaim(claim),
                        "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
            }
            for source in sources {
                errors += FieldCheck.text(claim.text(source), at(source), NameValidation.dns1123Subdomain)
            }
        }
        return errors
    }

    private static func gates(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, gate) in spec.elements("readinessGates").enumerated() {
            errors += FieldCheck.text(
                gate.text("conditionType"), path("readinessGates")[index]("conditionType"), NameValidation.qualifiedName)
        }
        var seen: Set<String> = []
        for (index, gate) in spec.elements("schedulingGates").enumerated() {
            let name = gate.text("name")
            errors += FieldCheck.text(name, path("schedulingGates")[index], NameValidation.qualifiedName)
            if !seen.insert(name).inserted { errors.append(.duplicate(path("schedulingGates")[index], .string(name))) }
        }
        return errors
    }

    private static func classes(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.optionalText(
            spec.text("priorityClassName"), path("priorityClassName"), NameValidation.dns1123Subdomain)
        if let name = spec["runtimeClassName"]?.string {
            errors += FieldCheck.text(name, path("runtimeClassName"), NameValidation.dns1123Subdomain)
        }
        if let policy = spec["preemptionPolicy"]?.string {
            errors += FieldCheck.choice(policy, ["PreemptLowerPriority", "Never"], path("preemptionPolicy"))
        }
        return errors
    }

    /// Metadata apart, what a Pod must satisfy whenever it is written.
    ///
    /// - SeeAlso: `validatePodMetadataAndSpec`.
    static func pod(_ pod: JSONValue, _ options: PodValidationOptions) -> [FieldError] {
        let spec = pod["spec"] ?? [:]
        let path = FieldPath("spec")
        var errors = PodAnnotationValidation.validate(
            pod["metadata"]?["annotations"], spec, FieldPath("metadata")("annotations"), options)
        errors += validate(spec, path, name: pod["metadata"]?.text("name"), options)
        if spec.text("serviceAccountName").isEmpty {
            for (index, volume) in spec.elements("volumes").enumerated() {
                for (position, source) in (volume["projected"]?.elements("sources") ?? []).enumerated()
                where source.has("serviceAccountToken") {
                    errors.append(
                        .forbidden(
                            path("volumes")[index]("projected")("sources")[position]("serviceAccountToken"),
                            "must not be specified when serviceAccountName is not set"))
                }
            }
        }
        for list in ["containers", "initContainers"] {
            for (index, container) in spec.elements(list).enumerated() {
                errors += ContainerValidation.onlyForPods(container, path(list)[index])
            }
        }
        return errors
    }

    /// Metadata apart, what a new Pod must satisfy.
    ///
    /// - SeeAlso: `ValidatePodCreate`.
    static func create(_ pod: JSONValue) -> [FieldError] {
        let spec = pod["spec"] ?? [:]
        let path = FieldPath("spec")
        var errors = Self.pod(pod, PodValidationOptions(isPod: true, old: nil))
        if !spec.elements("ephemeralContainers").isEmpty {
            errors.append(.forbidden(path("ephemeralContainers"), "cannot be set on create"))
        }
        if !spec.text("nodeName").isEmpty, !spec.elements("schedulingGates").isEmpty {
            errors.append(.forbidden(path("nodeName"), "cannot be set until all schedulingGates have been cleared"))
        }
        return errors + PodAnnotationValidation.agreement(pod["metadata"]?["annotations"], spec, path)
    }

    /// A pod template and the restart policies that its owner allows.
    static func template(_ template: JSONValue?, _ path: FieldPath, restartPolicies: [String] = ["Always"]) -> [FieldError] {
        PodTemplateValidation.validate(template, path)
            + PodTemplateValidation.restartPolicy(template, path, allowed: restartPolicies)
    }
}
