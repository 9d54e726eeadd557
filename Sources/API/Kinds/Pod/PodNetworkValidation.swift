import JSON

/// How a pod is named and what it resolves: DNS settings, host aliases, host names, ports of the host.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validatePodDNSConfig`, `ValidateHostAliases`.
enum PodNetworkValidation {
    private static let serversMax = 3
    private static let searchesMax = 32
    private static let searchListMax = 2048
    private static let hostNameMax = 64

    static func validate(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        var errors = FieldCheck.optionalText(spec.text("hostname"), path("hostname"), NameValidation.dns1123Label)
        errors += FieldCheck.optionalText(spec.text("subdomain"), path("subdomain"), NameValidation.dns1123Label)
        errors += hostNameOverride(spec, path)
        for (index, alias) in spec.elements("hostAliases").enumerated() {
            let at = path("hostAliases")[index]
            errors += AddressValidation.address(alias.text("ip"), at("ip"), known: options.knownAddresses)
            for (position, name) in alias.elements("hostnames").enumerated() {
                errors += FieldCheck.text(name.string ?? "", at("hostnames")[position], NameValidation.dns1123Subdomain)
            }
        }
        return errors
    }

    private static func hostNameOverride(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let name = spec["hostnameOverride"]?.string else { return [] }
        let at = path("hostnameOverride")
        var errors = FieldCheck.text(name, at, NameValidation.dns1123Subdomain)
        if name.utf8.count > hostNameMax { errors.append(.tooLong(at, bytesMax: hostNameMax)) }
        if spec["hostNetwork"]?.bool ?? false {
            errors.append(.forbidden(at, "may not be specified when hostNetwork is true"))
        }
        if spec["setHostnameAsFQDN"]?.bool ?? false {
            errors.append(.forbidden(at, "may not be specified when setHostnameAsFQDN is true"))
        }
        return errors
    }

    static func dns(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        let config = spec["dnsConfig"] ?? .null
        let servers = config.elements("nameservers")
        if spec.text("dnsPolicy") == "None" {
            if config.isNull { return [.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")] }
            if servers.isEmpty {
                return [
                    .required(
                        path("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
                ]
            }
        }
        var errors: [FieldError] = []
        func tooMuch(_ field: String, _ what: String) {
            errors.append(.invalid(path(field), config[field], "must not have more than \(what)"))
        }
        if servers.count > serversMax { tooMuch("nameservers", "\(serversMax) nameservers") }
        for (index, server) in servers.enumerated() {
            errors += AddressValidation.address(
                server.string ?? "", path("nameservers")[index], known: options.knownAddresses)
        }
        let searches = config.elements("searches").map { $0.string ?? "" }
        if searches.count > searchesMax { tooMuch("searches", "\(searchesMax) search paths") }
        if searches.joined(separator: " ").utf8.count > searchListMax {
            tooMuch("searches", "\(searchListMax) characters (including spaces) in the search list")
        }
        for (index, search) in searches.enumerated() where search != "." {
            let name = search.hasSuffix(".") ? String(search.dropLast()) : search
            errors += FieldCheck.text(name, path("searches")[index], NameValidation.dns1123SubdomainWithUnderscore)
        }
        for (index, option) in config.elements("options").enumerated() where option.text("name").isEmpty {
            errors.append(.required(path("options")[index], "must not be empty"))
        }
        return errors
    }

    /// On the host's network a container's port is the host's port.
    static func hostPorts(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        guard spec["hostNetwork"]?.bool ?? false else { return [] }
        var errors: [FieldError] = []
        for (index, container) in spec.elements("containers").enumerated() {
            for (position, port) in container.elements("ports").enumerated() {
                let (host, own) = (port["hostPort"]?.int ?? 0, port["containerPort"]?.int ?? 0)
                guard options.isPod || host != 0, host != own else { continue }
                errors.append(
                    .invalid(
                        path("containers")[index]("ports")[position]("hostPort"), .int(host),
                        "must match `containerPort` when `hostNetwork` is true"))
            }
        }
        return errors
    }

    /// A pod with users of its own shares no other namespace with the host.
    static func hostUsers(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard spec["hostUsers"]?.bool == false else { return [] }
        return [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
            .filter { spec[$0.0]?.bool ?? false }
            .map { .forbidden(path($0.1), "when `pod.Spec.HostUsers` is false") }
    }
}
