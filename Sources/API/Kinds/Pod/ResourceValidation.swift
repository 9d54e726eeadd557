package import JSON

/// Names and amounts of resources, and the requirements of containers and pods.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateResourceRequirements`.
package enum ResourceValidation {
    /// Messages for a resource's name, by where it stands.
    typealias NameRule = (String, FieldPath) -> [FieldError]

    package static func name(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldCheck.text(name, path, NameValidation.qualifiedName)
        if !errors.isEmpty || name.contains("/") || ResourceNames.isStandard(name) { return errors }
        return [.invalid(path, .string(name), "must be a standard resource type or fully qualified")]
    }

    package static func containerName(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = Self.name(name, path)
        if !name.contains("/") {
            if ResourceNames.isStandardForContainers(name) { return errors }
            return errors + [.invalid(path, .string(name), "must be a standard resource for containers")]
        }
        if ResourceNames.isNative(name) || ResourceNames.isExtended(name) { return errors }
        return errors + [.invalid(path, .string(name), "doesn't follow extended resource name standard")]
    }

    package static func quotaName(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = Self.name(name, path)
        if name.contains("/") || ResourceNames.isStandardForQuota(name) { return errors }
        return errors + [.invalid(path, .string(name), "must be a standard resource for quota")]
    }

    private static func podName(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = Self.name(name, path)
        if !errors.isEmpty || ResourceNames.isSupportedForPods(name) { return errors }
        return [.notSupported(path, .string(name), inOrder: ResourceNames.podLevel)]
    }

    /// Not negative, and whole where the resource is counted.
    package static func amount(_ amount: Quantity, of name: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if amount < .zero { errors.append(.invalid(path, .string(amount.description), FieldCheck.negative)) }
        if ResourceNames.isWhole(name), amount.milliValue % 1000 != 0 {
            errors.append(.invalid(path, .string(amount.description), "must be an integer"))
        }
        return errors
    }

    /// A list such as `status.capacity`, each name and amount.
    package static func list(_ list: JSONValue?, _ path: FieldPath, _ rule: (String, FieldPath) -> [FieldError]) -> [FieldError] {
        ResourceList(json: list).sorted { $0.key < $1.key }.flatMap { name, amount in
            rule(name, path.key(name)) + Self.amount(amount, of: name, path.key(name))
        }
    }

    /// `resources` of a container.
    ///
    /// - Parameter claims: Names in the pod's `resourceClaims`.
    package static func container(
        _ resources: JSONValue?, _ path: FieldPath, claims: Set<String> = [], _ options: PodValidationOptions = .init()
    ) -> [FieldError] {
        requirements(resources ?? [:], path, containerName, claims: claims, options)
    }

    private static func requirements(
        _ resources: JSONValue, _ path: FieldPath, _ rule: NameRule, claims: Set<String>, _ options: PodValidationOptions
    ) -> [FieldError] {
        let limits = ResourceList(json: resources["limits"])
        let requests = ResourceList(json: resources["requests"])
        var errors: [FieldError] = []
        for (name, amount) in limits.sorted(by: { $0.key < $1.key }) {
            errors += entry(name, amount, path("limits").key(name), rule, options)
        }
        for (name, amount) in requests.sorted(by: { $0.key < $1.key }) {
            let at = path("requests").key(name)
            errors += rule(name, at) + Self.amount(amount, of: name, at)
            if let limit = limits[name] {
                if amount != limit, !ResourceNames.allowsOvercommit(name) {
                    errors.append(
                        .invalid(path("requests"), .string(amount.description), "must be equal to \(name) limit of \(limit)"))
                } else if amount > limit {
                    errors.append(
                        .invalid(
                            path("requests"), .string(amount.description),
                            "must be less than or equal to \(name) limit of \(limit)"))
                }
            } else if !ResourceNames.allowsOvercommit(name) {
                errors.append(.required(path("limits"), "Limit must be set for non overcommitable resources"))
            }
            errors += hugePages(name, amount, at, options)
        }
        let names = Set(limits.keys).union(requests.keys)
        if names.isDisjoint(with: ["cpu", "memory"]), names.contains(where: ResourceNames.isHugePages) {
            errors.append(.forbidden(path, "HugePages require cpu or memory"))
        }
        return errors + claimNames(resources.elements("claims"), path("claims"), claims)
    }

    private static func entry(
        _ name: String, _ amount: Quantity, _ path: FieldPath, _ rule: NameRule, _ options: PodValidationOptions
    ) -> [FieldError] {
        rule(name, path) + Self.amount(amount, of: name, path) + hugePages(name, amount, path, options)
    }

    private static func hugePages(
        _ name: String, _ amount: Quantity, _ path: FieldPath, _ options: PodValidationOptions
    ) -> [FieldError] {
        guard ResourceNames.isHugePages(name), !options.allowsIndivisibleHugePages else { return [] }
        let size = Quantity(parsing: String(name.dropFirst(ResourceNames.hugePagesPrefix.count)))?.value ?? 0
        if size > 0, amount.nanos % (Int128(size) * 1_000_000_000) == 0 { return [] }
        return [
            .invalid(path, .string(amount.description), "\(amount) is not positive integer multiple of \(name)")
        ]
    }

    private static func claimNames(_ used: [JSONValue], _ path: FieldPath, _ claims: Set<String>) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, claim) in used.enumerated() {
            let (name, request) = (claim.text("name"), claim.text("request"))
            let at = path[index]
            if name.isEmpty {
                errors.append(.required(at))
                continue
            }
            if names.contains(name) {
                errors.append(.duplicate(at, .string(name)))
            } else {
                errors += FieldCheck.optionalText(request, at("request"), NameValidation.dns1123Label)
                let key = request.isEmpty ? name : "\(name)/\(request)"
                let overlaps = request.isEmpty && names.contains { $0.hasPrefix(name + "/") }
                if names.contains(key) || overlaps { errors.append(.duplicate(at, .string(key))) }
                names.insert(key)
            }
            if !claims.contains(name) {
                let list = claims.isEmpty ? " which is empty" : ": " + claims.sorted().joined(separator: ", ")
                errors.append(.notFound(at, .string(name), "must be one of the names in pod.spec.resourceClaims" + list))
            }
        }
        return errors
    }

    /// `spec.resources`: what all containers share.
    static func pod(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        guard spec.has("resources"), let resources = spec["resources"] else { return [] }
        var errors: [FieldError] = []
        if resources.has("claims") {
            errors.append(.forbidden(path("claims"), "claims cannot be set for Resources at pod-level"))
        }
        let claims = Set(spec.elements("resourceClaims").map { $0.text("name") })
        errors += requirements(resources, path, podName, claims: claims, options)
        let requests = ResourceList(json: resources["requests"])
        for (name, sum) in PodRequests.ofContainers(spec, "requests").sorted(by: { $0.key < $1.key }) {
            let whole = requests[name] ?? .zero
            guard ResourceNames.isSupportedForPods(name), sum > whole else { continue }
            errors.append(
                .invalid(
                    path("requests").key(name), .string(whole.description),
                    "must be greater than or equal to aggregate container requests of \(sum)"))
        }
        let limits = ResourceList(json: resources["limits"])
        for (index, container) in spec.elements("containers").enumerated() {
            for (name, limit) in ResourceList(json: container["resources"]?["limits"]).sorted(by: { $0.key < $1.key }) {
                guard let whole = limits[name], limit > whole else { continue }
                errors.append(
                    .invalid(
                        path("containers")[index].key(name)("limits"), .string(limit.description),
                        "must be less than or equal to pod limits of \(whole)"))
            }
        }
        return errors
    }

    /// `spec.overhead`.
    static func overhead(_ spec: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        guard let overhead = spec["overhead"], !overhead.isNull else { return [] }
        return container(["limits": overhead], path, claims: [], options)
    }
}

/// What the containers of a pod take together at the worst moment: sidecars count beside each later init container.
///
/// - SeeAlso: Kubernetes 1.36 `component-helpers/resource/helpers.go`, `AggregateContainerRequests`.
enum PodRequests {
    /// - Parameter field: `requests` or `limits`.
    static func ofContainers(_ spec: JSONValue, _ field: String) -> ResourceList {
        var running: ResourceList = [:]
        for container in spec.elements("containers") {
            add(ResourceList(json: container["resources"]?[field]), to: &running)
        }
        var sidecars: ResourceList = [:]
        var initial: ResourceList = [:]
        for container in spec.elements("initContainers") {
            var own = ResourceList(json: container["resources"]?[field])
            if container.text("restartPolicy") == "Always" {
                add(own, to: &running)
                add(own, to: &sidecars)
                own = sidecars
            } else {
                add(sidecars, to: &own)
            }
            raise(&initial, to: own)
        }
        raise(&running, to: initial)
        return running
    }

    private static func add(_ more: ResourceList, to sum: inout ResourceList) {
        for (name, amount) in more { sum[name] = (sum[name] ?? .zero) + amount }
    }

    private static func raise(_ sum: inout ResourceList, to other: ResourceList) {
        for (name, amount) in other where amount > (sum[name] ?? .zero) { sum[name] = amount }
    }
}
