import JSON

/// What an update of a Pod's status must satisfy.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodStatusUpdate`.
enum PodStatusValidation {
    private static let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]

    static func validate(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        let (after, before) = (new["status"] ?? [:], old["status"] ?? [:])
        var errors = PodAnnotationValidation.validateUpdate(
            new["metadata"]?["annotations"], old["metadata"]?["annotations"], FieldPath("metadata")("annotations"))
        errors += conditions(after.elements("conditions"), FieldPath("metadata")("conditions"))
        let nominated = after.text("nominatedNodeName")
        if nominated != before.text("nominatedNodeName") {
            errors += FieldCheck.optionalText(nominated, path("nominatedNodeName"), NameValidation.dns1123Subdomain)
        }
        errors += FieldCheck.unchanged(after["qosClass"], before["qosClass"], path("qosClass"))
        let spec = old["spec"] ?? [:]
        for list in lists { errors += transitions(list, after, before, spec, path(list)) }
        errors += claims(after.elements("resourceClaimStatuses"), new["spec"] ?? [:], path("resourceClaimStatuses"))
        errors += addresses(after.elements("podIPs"), path("podIPs"), known: known(before, "podIPs"))
        let hosts = after.elements("hostIPs")
        if let first = hosts.first?.text("ip"), first != after.text("hostIP") {
            errors.append(.invalid(path("hostIPs")[0]("ip"), .string(first), "must be equal to `hostIP`"))
        }
        errors += addresses(hosts, path("hostIPs"), known: known(before, "hostIPs"))
        errors += users(after, new["spec"]?["os"]?.text("name") ?? "", path)
        for (index, container) in after.elements("ephemeralContainerStatuses").enumerated()
        where !container.elements("allocatedResourcesStatus").isEmpty {
            errors.append(
                .forbidden(
                    path("ephemeralContainerStatuses")[index]("allocatedResourcesStatus"),
                    "must not be specified in container status"))
        }
        return errors
    }

    private static func known(_ status: JSONValue, _ list: String) -> Set<String> {
        Set(status.elements(list).map { $0.text("ip") })
    }

    private static func conditions(_ conditions: [JSONValue], _ path: FieldPath) -> [FieldError] {
        conditions.enumerated().filter { !["PodScheduled", "Ready", "Initialized"].contains($1.text("type")) }.flatMap {
            FieldCheck.text($1.text("type"), path[$0]("Type"), NameValidation.qualifiedName)
        }
    }

    /// A container that ended for good does not come back.
    private static func transitions(
        _ list: String, _ after: JSONValue, _ before: JSONValue, _ spec: JSONValue, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let isEphemeral = list == "ephemeralContainerStatuses"
        let whole = isEphemeral ? "Never" : spec.text("restartPolicy")
        if whole == "Always" { return [] }
        let containers = PodContainers.all(spec)
        for (index, status) in before.elements(list).enumerated() {
            guard let ended = status["state"]?["terminated"], !ended.isNull else { continue }
            let name = status.text("name")
            let container = containers.first { $0.text("name") == name }
            let own = container?.text("restartPolicy") ?? ""
            let policy = own.isEmpty || isEphemeral ? whole : own
            if policy == "Always" || !(container?.elements("restartPolicyRules").isEmpty ?? true) { continue }
            if ended["exitCode"]?.int ?? 0 != 0, policy == "OnFailure" { continue }
            let returns = after.elements(list).contains {
                $0.text("name") == name && !($0["state"]?.has("terminated") ?? false)
            }
            if returns {
                errors.append(.forbidden(path[index]("state"), "may not be transitioned to non-terminated state"))
            }
        }
        return errors
    }

    private static func claims(_ statuses: [JSONValue], _ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let known = Set(spec.elements("resourceClaims").map { $0.text("name") })
        var names: Set<String> = []
        for (index, status) in statuses.enumerated() {
            let at = path[index]("name")
            let name = status.text("name")
            if !known.contains(name) {
                errors.append(
                    .invalid(at, .string(name), "must match the name of an entry in `spec.resourceClaims`"))
            }
            if !names.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
            if let claim = status["resourceClaimName"]?.string {
                errors += FieldCheck.text(claim, at, NameValidation.dns1123Subdomain)
            }
        }
        return errors
    }

    private static func addresses(_ list: [JSONValue], _ path: FieldPath, known: Set<String>) -> [FieldError] {
        var errors: [FieldError] = []
        let texts = list.map { $0.text("ip") }
        for (index, text) in texts.enumerated() {
            errors += AddressValidation.address(text, path[index], known: known)
        }
        guard texts.count > 1 else { return errors }
        if !AddressValidation.isDualStack(texts) || texts.count > 2 {
            errors.append(
                .invalid(path, GoValue.addresses(list), "may specify no more than one IP for each IP family"))
        }
        var seen: Set<String> = []
        for (index, text) in texts.enumerated() where !seen.insert(text).inserted {
            errors.append(.duplicate(path[index], GoValue.object([("IP", .string(text))])))
        }
        return errors
    }

    private static func users(_ status: JSONValue, _ system: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for list in lists {
            for (index, container) in status.elements(list).enumerated() {
                guard let user = container["user"]?["linux"], !user.isNull else { continue }
                let at = path(list)[index]("linux")
                if system == "windows" {
                    errors.append(.forbidden(at, "cannot be set for a windows pod"))
                    continue
                }
                errors += SecurityContextValidation.identity(user["uid"]?.int, at("uid"))
                errors += SecurityContextValidation.identity(user["gid"]?.int, at("gid"))
                for (position, group) in user.elements("supplementalGroups").enumerated() {
                    errors += SecurityContextValidation.identity(group.int, at("supplementalGroups")[position])
                }
            }
        }
        return errors
    }
}
