package import JSON

/// An object as quotas count it: what it uses, and in which scopes it is.
///
/// Admission makes subjects of trees, the controller of cached views; both must count alike.
/// - SeeAlso: Kubernetes 1.36 `pkg/quota/v1/evaluator/core`.
package enum QuotaSubject: Sendable {
    case pod(Pod)
    case service(Service)
    case claim(PersistentVolumeClaim)
    /// Everything else counts by number alone.
    case other(GroupVersionResource)

    package init(_ object: JSONValue, of resource: GroupVersionResource) {
        switch resource {
        case Pod.resource: self = .pod(Pod(json: object))
        case Service.resource: self = .service(Service(json: object))
        case PersistentVolumeClaim.resource: self = .claim(PersistentVolumeClaim(json: object))
        default: self = .other(resource)
        }
    }

    package var resource: GroupVersionResource {
        switch self {
        case .pod: Pod.resource
        case .service: Service.resource
        case .claim: PersistentVolumeClaim.resource
        case .other(let resource): resource
        }
    }

    /// `count/deployments.apps`.
    package static func countName(_ resource: GroupVersionResource) -> String { "count/\(resource.groupResource)" }

    /// Resources that have a name of their own for their number, older than `count/`.
    private static let aliases: Set<String> = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]

    /// Whether a limit of this name is about objects of `resource`.
    package static func isAbout(_ resource: GroupVersionResource, _ name: String) -> Bool {
        if name == countName(resource) { return true }
        switch resource {
        case Pod.resource: return PodQuota.names.contains(name) || PodQuota.isOpenEnded(name)
        case Service.resource: return ["services", "services.nodeports", "services.loadbalancers"].contains(name)
        case PersistentVolumeClaim.resource:
            return ["persistentvolumeclaims", "requests.storage"].contains {
                name == $0 || name.hasSuffix(claimClassSuffix + $0)
            }
        default: return resource.group.isEmpty && aliases.contains(resource.resource) && name == resource.resource
        }
    }

    /// `gold.storageclass.storage.k8s.io/requests.storage`.
    private static let claimClassSuffix = ".storageclass.storage.k8s.io/"

    /// What the object uses of everything that is about its kind.
    package func usage(at now: Timestamp) -> ResourceList {
        var usage: ResourceList = [Self.countName(resource): Quantity(1)]
        switch self {
        case .pod(let pod):
            if PodQuota.counts(pod, at: now) { usage.merge(PodQuota.usage(of: pod)) { _, new in new } }
        case .service(let service):
            let ports = Int64(service.spec.ports.count)
            usage["services"] = Quantity(1)
            usage["services.loadbalancers"] = Quantity(service.spec.type == "LoadBalancer" ? 1 : 0)
            switch service.spec.type {
            case "NodePort": usage["services.nodeports"] = Quantity(ports)
            case "LoadBalancer":
                let explicit = Int64(service.spec.ports.count { $0.nodePort != 0 })
                usage["services.nodeports"] = Quantity(
                    service.spec.allocateLoadBalancerNodePorts == false ? explicit : ports)
            default: usage["services.nodeports"] = .zero
            }
        case .claim(let claim): addClaim(claim, &usage)
        case .other(let resource):
            if resource.group.isEmpty, Self.aliases.contains(resource.resource) { usage[resource.resource] = Quantity(1) }
        }
        return usage
    }

    private func addClaim(_ claim: PersistentVolumeClaim, _ usage: inout ResourceList) {
        let className = claim.storageClassName ?? ""
        func add(_ name: String, _ amount: Quantity) {
            usage[name] = amount
            if !className.isEmpty { usage[className + Self.claimClassSuffix + name] = amount }
        }
        add("persistentvolumeclaims", Quantity(1))
        guard let requested = claim.requests["storage"] else { return }
        let amount = max(requested, claim.allocatedResources["storage"] ?? .zero)
        add("requests.storage", Quantity(amount.value, format: amount.format))
    }

    /// Whether the object is in a scope of a quota.
    package func isIn(_ scope: ResourceQuota.Scope) -> Bool {
        switch self {
        case .pod(let pod): PodQuota.isIn(scope, pod)
        case .claim(let claim):
            scope.name == "VolumeAttributesClass"
                && Self.matches(
                    scope,
                    [
                        claim.volumeAttributesClassName, claim.currentVolumeAttributesClassName,
                        claim.targetVolumeAttributesClassName,
                    ].filter { !$0.isEmpty })
        case .service, .other: false
        }
    }

    static func matches(_ scope: ResourceQuota.Scope, _ classes: [String]) -> Bool {
        switch scope.operator {
        case "Exists": !classes.isEmpty
        case "DoesNotExist": classes.isEmpty
        case "In": classes.contains(where: scope.values.contains)
        case "NotIn": classes.isEmpty || classes.contains { !scope.values.contains($0) }
        default: false
        }
    }

    /// Whether a quota limits this object at all.
    ///
    /// - Parameter limits: The names in the quota's `hard`.
    package func isLimited(by quota: ResourceQuota, _ limits: some Sequence<String>) -> Bool {
        limits.contains { Self.isAbout(resource, $0) } && quota.scopes.allSatisfy(isIn)
    }
}

/// What pods count in quotas.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/quota/v1/evaluator/core/pods.go`.
package enum PodQuota {
    static let names: Set<String> = [
        "pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ]
    private static let requestsPrefix = "requests."
    private static let hugePagesPrefix = "hugepages-"

    /// A quota on these makes every container say how much it wants. Upstream calls that a mistake and keeps it.
    private static let mandatory: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    /// Huge pages, and what devices offer.
    static func isOpenEnded(_ name: String) -> Bool {
        name.hasPrefix(hugePagesPrefix) || name.hasPrefix(requestsPrefix + hugePagesPrefix)
            || (name.hasPrefix(requestsPrefix) && !isNative(name))
    }

    private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    /// Pods that have ended use nothing, nor do pods whose end nobody reports.
    static func counts(_ pod: Pod, at now: Timestamp) -> Bool {
        if pod.isFinished { return false }
        guard let deletion = pod.metadata.deletionTimestamp, let grace = pod.metadata.deletionGracePeriodSeconds else {
            return true
        }
        return now <= deletion.adding(.seconds(grace))
    }

    static func usage(of pod: Pod) -> ResourceList { usage(requests: pod.requests, limits: pod.limits) }

    private static func usage(requests: ResourceList, limits: ResourceList) -> ResourceList {
        var usage: ResourceList = ["pods": Quantity(1)]
        for name in ["cpu", "memory", "ephemeral-storage"] {
            if let request = requests[name] {
                usage[name] = request
                usage[requestsPrefix + name] = request
            }
            if let limit = limits[name] { usage["limits." + name] = limit }
        }
        for (name, request) in requests {
            if name.hasPrefix(hugePagesPrefix) { usage[name] = request }
            if name.hasPrefix(hugePagesPrefix) || !isNative(name) { usage[requestsPrefix + name] = request }
        }
        return usage
    }

    /// What containers must say and do not, by name of the limit; the containers in order of name.
    package static func missing(_ limits: [String], in pod: Pod) -> [(limit: String, containers: [String])] {
        let required = Set(limits).intersection(mandatory)
        let whole = usage(requests: pod.spec.resources.requests, limits: pod.spec.resources.limits)
        var missing: [String: Set<String>] = [:]
        for container in pod.spec.containers + pod.spec.initContainers {
            let said = usage(requests: container.resources.requests, limits: container.resources.limits)
            for name in required where said[name] == nil && whole[name] == nil {
                missing[name, default: []].insert(container.name)
            }
        }
        return missing.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }

    static func isIn(_ scope: ResourceQuota.Scope, _ pod: Pod) -> Bool {
        switch scope.name {
        case "Terminating": (pod.spec.activeDeadlineSeconds ?? -1) >= 0
        case "NotTerminating": (pod.spec.activeDeadlineSeconds ?? -1) < 0
        case "BestEffort": pod.qosClass == .bestEffort
        case "NotBestEffort": pod.qosClass != .bestEffort
        case "PriorityClass":
            QuotaSubject.matches(scope, pod.spec.priorityClassName.isEmpty ? [] : [pod.spec.priorityClassName])
        case "CrossNamespacePodAffinity": usesOtherNamespaces(pod.spec.affinity)
        default: false
        }
    }

    private static func usesOtherNamespaces(_ affinity: Affinity) -> Bool {
        [affinity.podAffinity, affinity.podAntiAffinity].contains { part in
            let required = part?["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
            let preferred = (part?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? [])
                .compactMap { $0["podAffinityTerm"] }
            return (required + preferred).contains { term in
                term["namespaces"]?.array?.isEmpty == false || term["namespaceSelector"]?.object != nil
            }
        }
    }
}
