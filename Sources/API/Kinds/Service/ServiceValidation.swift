import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateService`.
enum ServiceValidation {
    private static let topologyMode = "service.kubernetes.io/topology-mode"
    private static let topologyHints = "service.kubernetes.io/topology-aware-hints"

    /// - Parameter old: The form before an update, whose addresses are taken as they are.
    static func validate(_ service: JSONValue, old: JSONValue? = nil) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = service["spec"] ?? [:]
        let shape = ServiceShape(spec)
        var errors: [FieldError] = []
        let annotations = service["metadata"]?["annotations"]
        if let mode = annotations?[topologyMode]?.string, let hints = annotations?[topologyHints]?.string, mode != hints {
            errors.append(
                .invalid(
                    FieldPath("metadata")("annotations").key(topologyMode), .string(mode),
                    "must match annotations[\(topologyHints)] when both are specified"))
        }
        if spec.elements("ports").isEmpty, !shape.isHeadless, shape.type != "ExternalName" {
            errors.append(.required(path("ports")))
        }
        errors += type(shape, path)
        errors += ServicePortValidation.ports(shape, path("ports"))
        errors += LabelValidation.labels(spec["selector"], path("selector"))
        errors += affinity(spec, path)
        errors += ServiceAddressValidation.validate(shape, path, old: old?["spec"])
        errors += FieldCheck.choice(
            shape.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], path("type"))
        errors += ServicePortValidation.uniqueness(shape, path("ports"))
        errors += loadBalancer(service, shape, path, old: old)
        return errors + traffic(shape, path)
    }

    private static func type(_ shape: ServiceShape, _ path: FieldPath) -> [FieldError] {
        let spec = shape.spec
        switch shape.type {
        case "LoadBalancer", "NodePort":
            guard shape.isHeadless else { return [] }
            return [
                .invalid(path("clusterIPs")[0], "None", "may not be set to 'None' for \(shape.type) services")
            ]
        case "ExternalName":
            let why = "may not be set for ExternalName services"
            var errors = ["clusterIPs", "ipFamilies"].filter { !spec.elements($0).isEmpty }.map {
                FieldError.forbidden(path($0), why)
            }
            if spec.has("ipFamilyPolicy") { errors.append(.forbidden(path("ipFamilyPolicy"), why)) }
            let name = spec.text("externalName")
            let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
            return errors + FieldCheck.requiredText(bare, path("externalName"), NameValidation.dns1123Subdomain)
        default: return []
        }
    }

    private static let affinitySecondsMax: Int64 = 86400

    private static func affinity(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let kind = spec.text("sessionAffinity")
        let at = path("sessionAffinityConfig")
        var errors = FieldCheck.choice(kind, ["ClientIP", "None"], path("sessionAffinity"))
        let config = spec["sessionAffinityConfig"] ?? .null
        if kind == "None", !config.isNull {
            errors.append(.forbidden(at, "must not be set when session affinity is None"))
        }
        guard kind == "ClientIP" else { return errors }
        let why = "when session affinity type is ClientIP"
        if config.isNull { return errors + [.required(at, why)] }
        guard let client = config["clientIP"], !client.isNull else { return errors + [.required(at("clientIP"), why)] }
        let place = at("clientIP")("timeoutSeconds")
        guard let seconds = client["timeoutSeconds"]?.int else { return errors + [.required(place, why)] }
        if !(1...affinitySecondsMax).contains(seconds) {
            errors.append(
                .invalid(place, .int(seconds), "must be greater than 0 and less than \(affinitySecondsMax)"))
        }
        return errors
    }

    private static let sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges"

    private static func loadBalancer(
        _ service: JSONValue, _ shape: ServiceShape, _ path: FieldPath, old: JSONValue?
    ) -> [FieldError] {
        let spec = shape.spec
        let isBalancer = shape.type == "LoadBalancer"
        let why = "may only be used when `type` is 'LoadBalancer'"
        var errors: [FieldError] = []
        let ranges = spec.elements("loadBalancerSourceRanges").map { trimmed($0.string ?? "") }
        if !ranges.isEmpty {
            let at = path("LoadBalancerSourceRanges")
            if !isBalancer { errors.append(.forbidden(at, why)) }
            let known = Set(
                (old?["spec"]?.elements("loadBalancerSourceRanges") ?? []).map { trimmed($0.string ?? "") })
            for (index, range) in ranges.enumerated() {
                errors += AddressValidation.prefix(range, at[index], known: known)
            }
        } else if let text = service["metadata"]?["annotations"]?[sourceRanges]?.string {
            let at = FieldPath("metadata")("annotations").key(sourceRanges)
            if !isBalancer { errors.append(.forbidden(at, why)) }
            let before = old?["metadata"]?["annotations"]?[sourceRanges]?.string ?? ""
            let known = Set(before.split(separator: ",").map { trimmed(String($0)) })
            for range in trimmed(text).split(separator: ",", omittingEmptySubsequences: true) {
                errors += AddressValidation.prefix(trimmed(String(range)), at, known: known)
            }
        }
        if spec.has("allocateLoadBalancerNodePorts"), !isBalancer {
            errors.append(.forbidden(path("allocateLoadBalancerNodePorts"), why))
        }
        if isBalancer, !spec.has("allocateLoadBalancerNodePorts") {
            errors.append(.required(FieldPath("allocateLoadBalancerNodePorts")))
        }
        if let name = spec["loadBalancerClass"]?.string {
            errors +=
                isBalancer
                ? FieldCheck.text(name, path("loadBalancerClass"), NameValidation.qualifiedName)
                : [.forbidden(path("loadBalancerClass"), why)]
        }
        return errors
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    private static func traffic(_ shape: ServiceShape, _ path: FieldPath) -> [FieldError] {
        let spec = shape.spec
        let external = spec.text("externalTrafficPolicy")
        var errors: [FieldError] = []
        if shape.isExternal {
            errors += FieldCheck.choice(external, ["Cluster", "Local"], path("externalTrafficPolicy"))
        } else if !external.isEmpty {
            errors.append(
                .invalid(
                    path("externalTrafficPolicy"), .string(external), "may only be set for externally-accessible services"))
        }
        let port = spec["healthCheckNodePort"]?.int ?? 0
        if !shape.needsHealthCheck, port != 0 {
            errors.append(
                .invalid(
                    path("healthCheckNodePort"), .int(port),
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
        } else if port != 0 {
            errors += NameValidation.portNumber(port).map { .invalid(path("healthCheckNodePort"), .int(port), $0) }
        }
        if let policy = spec["internalTrafficPolicy"]?.string {
            errors += FieldCheck.optionalChoice(policy, ["Cluster", "Local"], path("internalTrafficPolicy"))
        } else if shape.needsClusterIP {
            errors.append(.required(path("internalTrafficPolicy")))
        }
        return errors
            + FieldCheck.optionalChoice(
                spec["trafficDistribution"]?.string, ["PreferClose", "PreferSameZone", "PreferSameNode"],
                path("trafficDistribution"))
    }

    /// - SeeAlso: `ValidateLoadBalancerStatus`.
    static func status(_ service: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")("loadBalancer")("ingress")
        let ingress = service["status"]?["loadBalancer"]?.elements("ingress") ?? []
        if ingress.isEmpty { return [] }
        if service["spec"]?.text("type") != "LoadBalancer" {
            return [.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
        }
        let known = Set((old["status"]?["loadBalancer"]?.elements("ingress") ?? []).map { $0.text("ip") })
        return ingress.enumerated().flatMap { entry($1, path[$0], known) }
    }

    private static func entry(_ entry: JSONValue, _ path: FieldPath, _ known: Set<String>) -> [FieldError] {
        let (address, name) = (entry.text("ip"), entry.text("hostname"))
        var errors = address.isEmpty ? [] : AddressValidation.address(address, path("ip"), known: known)
        if let mode = entry["ipMode"]?.string {
            errors +=
                address.isEmpty
                ? [.forbidden(path("ipMode"), "may not be specified when `ip` is not set")]
                : FieldCheck.optionalChoice(mode, ["Proxy", "VIP"], path("ipMode"))
        } else if !address.isEmpty {
            errors.append(.required(path("ipMode"), "must be specified when `ip` is set"))
        }
        errors += FieldCheck.optionalText(name, path("hostname"), NameValidation.dns1123Subdomain)
        if !name.isEmpty, AddressValidation.isAddress(name) {
            errors.append(.invalid(path("hostname"), .string(name), "must be a DNS name, not an IP address"))
        }
        return errors
    }
}
