import JSON

/// Regular, init and ephemeral containers.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateContainerCommon`.
struct ContainerValidation {
    let spec: JSONValue
    /// The pod's volumes that are fine, by name.
    let volumes: [String: JSONValue]
    let options: PodValidationOptions
    private let claims: Set<String>
    private let usesHostUsers: Bool
    private let grace: Int64?

    private static let restartRulesMax = 20
    private static let restartCodesMax = 255

    init(_ spec: JSONValue, volumes: [String: JSONValue], _ options: PodValidationOptions) {
        self.spec = spec
        self.volumes = volumes
        self.options = options
        claims = Set(spec.elements("resourceClaims").map { $0.text("name") }.filter { !$0.isEmpty })
        usesHostUsers = spec["hostUsers"]?.bool ?? true
        grace = spec["terminationGracePeriodSeconds"]?.int
    }

    func validate(_ path: FieldPath) -> [FieldError] {
        regular(path("containers")) + initial(path("initContainers")) + ephemeral(path("ephemeralContainers"))
    }

    private func regular(_ path: FieldPath) -> [FieldError] {
        let containers = spec.elements("containers")
        if containers.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let at = path[index]
            errors += common(container, at)
            let name = container.text("name")
            if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            errors += HandlerValidation.lifecycle(container, at("lifecycle"), spec)
            errors += HandlerValidation.probes(container, at, grace: grace)
            errors += restart(container, at)
        }
        return errors + hostPortConflicts(containers, path)
    }

    private func initial(_ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names = Set(spec.elements("containers").map { $0.text("name") })
        for (index, container) in spec.elements("initContainers").enumerated() {
            let at = path[index]
            errors += common(container, at)
            errors += restart(container, at)
            let name = container.text("name")
            if names.contains(name) {
                errors.append(.duplicate(at("name"), .string(name)))
            } else if !name.isEmpty {
                names.insert(name)
            }
            // Each runs alone, so each is judged alone.
            errors += hostPortConflicts([container], path)
            if container.text("restartPolicy") == "Always" {
                errors += HandlerValidation.lifecycle(container, at("lifecycle"), spec)
                errors += HandlerValidation.probes(container, at, grace: grace)
            } else {
                errors += ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"].filter(container.has).map {
                    .forbidden(at($0), "may not be set for init containers without restartPolicy=Always")
                }
            }
        }
        return errors
    }

    /// What an ephemeral container may not have.
    private static let fieldsOfLastingContainers = [
        "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
        "startupProbe", "lifecycle",
    ]

    private func ephemeral(_ path: FieldPath) -> [FieldError] {
        let lasting = Set((spec.elements("containers") + spec.elements("initContainers")).map { $0.text("name") })
        var names = lasting
        var errors: [FieldError] = []
        for (index, container) in spec.elements("ephemeralContainers").enumerated() {
            let at = path[index]
            errors += common(container, at) + Self.onlyForPods(container, at)
            let name = container.text("name")
            if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !lasting.contains(target) {
                errors.append(.notFound(at("targetContainerName"), .string(target)))
            }
            let why = "cannot be set for an Ephemeral Container"
            errors += Self.fieldsOfLastingContainers.filter { Self.isSet(container[$0]) }.map { .forbidden(at($0), why) }
            for (position, mount) in container.elements("volumeMounts").enumerated() {
                errors += ["subPath", "subPathExpr"].filter { !mount.text($0).isEmpty }.map {
                    .forbidden(at("volumeMounts")[position]($0), why)
                }
            }
        }
        return errors
    }

    private static func isSet(_ value: JSONValue?) -> Bool {
        guard let value, !value.isNull else { return false }
        if value.array?.isEmpty ?? false { return false }
        return !(value.object?.isEmpty ?? false)
    }

    /// A rule that templates never had.
    static func onlyForPods(_ container: JSONValue, _ path: FieldPath) -> [FieldError] {
        let image = container.text("image")
        guard image.first?.isWhitespace ?? false || image.last?.isWhitespace ?? false else { return [] }
        return [.invalid(path("image"), .string(image), "must not have leading or trailing whitespace")]
    }

    private func common(_ container: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.requiredText(container.text("name"), path("name"), NameValidation.dns1123Label)
        if container.text("image").isEmpty { errors.append(.required(path("image"))) }
        errors += FieldCheck.choice(
            container.text("terminationMessagePolicy"), ["File", "FallbackToLogsOnError"], path("terminationMessagePolicy"))
        errors += ports(container.elements("ports"), path("ports"))
        errors += EnvironmentValidation.variables(container.elements("env"), path("env"))
        errors += EnvironmentValidation.from(container.elements("envFrom"), path("envFrom"))
        errors += MountValidation.mounts(container, path("volumeMounts"), volumes)
        errors += MountValidation.devices(container, path("volumeDevices"), volumes)
        errors += Self.pullPolicy(container.text("imagePullPolicy"), path("imagePullPolicy"))
        errors += ResourceValidation.container(container["resources"], path("resources"), claims: claims, options)
        errors += resizePolicy(container.elements("resizePolicy"), path("resizePolicy"))
        errors += SecurityContextValidation.container(
            container["securityContext"], path("securityContext"), usesHostUsers: usesHostUsers)
        return errors
    }

    static func pullPolicy(_ policy: String, _ path: FieldPath) -> [FieldError] {
        FieldCheck.choice(policy, ["Always", "IfNotPresent", "Never"], path)
    }

    private func ports(_ ports: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let at = path[index]
            let name = port.text("name")
            if !name.isEmpty {
                let wrong = FieldCheck.text(name, at("name"), NameValidation.portName)
                errors += wrong
                if wrong.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
            let number = port["containerPort"]?.int ?? 0
            if number == 0 {
                errors.append(.required(at("containerPort")))
            } else {
                errors += NameValidation.portNumber(number).map { .invalid(at("containerPort"), .int(number), $0) }
            }
            let host = port["hostPort"]?.int ?? 0
            if host != 0 { errors += NameValidation.portNumber(host).map { .invalid(at("hostPort"), .int(host), $0) } }
            errors += FieldCheck.choice(port.text("protocol"), ["SCTP", "TCP", "UDP"], at("protocol"))
        }
        return errors
    }

    private func hostPortConflicts(_ containers: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var taken: Set<String> = []
        var errors: [FieldError] = []
        for (index, container) in containers.enumerated() {
            for (position, port) in container.elements("ports").enumerated() {
                guard let host = port["hostPort"]?.int, host != 0 else { continue }
                let place = "\(port.text("protocol"))/\(port.text("hostIP"))/\(host)"
                if !taken.insert(place).inserted {
                    errors.append(.duplicate(path[index]("ports")[position]("hostPort"), .string(place)))
                }
            }
        }
        return errors
    }

    private func resizePolicy(_ policies: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var resources: Set<String> = []
        for (index, policy) in policies.enumerated() {
            let (resource, restart) = (policy.text("resourceName"), policy.text("restartPolicy"))
            if !resources.insert(resource).inserted { errors.append(.duplicate(path[index], .string(resource))) }
            errors += FieldCheck.choice(resource, ["cpu", "memory"], path)
            errors += FieldCheck.choice(restart, ["NotRequired", "RestartContainer"], path)
            if spec.text("restartPolicy") == "Never", restart != "NotRequired" {
                errors.append(
                    .invalid(path, .string(restart), "must be 'NotRequired' when `restartPolicy` is 'Never'"))
            }
        }
        return errors
    }

    /// A container's own `restartPolicy` and `restartPolicyRules`.
    private func restart(_ container: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rules = container.elements("restartPolicyRules")
        guard let policy = container["restartPolicy"]?.string else {
            if rules.isEmpty { return [] }
            return [.required(path("restartPolicy"), "must specify restartPolicy when restart rules are used")]
        }
        var errors = FieldCheck.optionalChoice(policy, ["Always", "Never", "OnFailure"], path("restartPolicy"))
        let at = path("restartPolicyRules")
        if rules.count > Self.restartRulesMax {
            errors.append(.tooMany(at, count: rules.count, max: Self.restartRulesMax))
        }
        for (index, rule) in rules.enumerated() {
            errors += FieldCheck.optionalChoice(
                rule.text("action"), ["Restart", "RestartAllContainers"], at[index]("action"))
            let codes = at[index]("exitCodes")
            guard rule.has("exitCodes"), let wanted = rule["exitCodes"] else {
                errors.append(.required(codes, "must be specified"))
                continue
            }
            errors += FieldCheck.optionalChoice(wanted.text("operator"), ["In", "NotIn"], codes("operator"))
            let count = wanted.elements("values").count
            if count > Self.restartCodesMax {
                errors.append(.tooMany(codes("values"), count: count, max: Self.restartCodesMax))
            }
        }
        return errors
    }
}
