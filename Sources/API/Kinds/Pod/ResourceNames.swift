/// What names of resources mean: `cpu`, `hugepages-2Mi`, `example.com/gpu`, `requests.memory`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/helper/helpers.go`.
package enum ResourceNames {
    static let hugePagesPrefix = "hugepages-"
    private static let requestsPrefix = "requests."

    package static func isHugePages(_ name: String) -> Bool { name.hasPrefix(hugePagesPrefix) }

    private static func isQuotaHugePages(_ name: String) -> Bool {
        isHugePages(name) || name.hasPrefix(requestsPrefix + hugePagesPrefix)
    }

    /// In the namespace of Kubernetes, which names without a prefix are.
    package static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    /// Of a device plugin: never over-committed, whole numbers.
    package static func isExtended(_ name: String) -> Bool {
        if isNative(name) || name.hasPrefix(requestsPrefix) { return false }
        return NameValidation.qualifiedName(requestsPrefix + name).isEmpty
    }

    package static func allowsOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }

    package static func isStandardForContainers(_ name: String) -> Bool {
        ["cpu", "memory", "ephemeral-storage"].contains(name) || isHugePages(name)
    }

    package static func isSupportedForPods(_ name: String) -> Bool { podLevel.contains(name) || isHugePages(name) }
    static let podLevel = ["cpu", "hugepages-", "memory"]

    private static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]

    package static func isWhole(_ name: String) -> Bool { counted.contains(name) || isExtended(name) }

    private static let quota = counted.union([
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ])

    /// Known to the quota system.
    package static func isStandardForQuota(_ name: String) -> Bool { quota.contains(name) || isQuotaHugePages(name) }

    package static func isStandard(_ name: String) -> Bool {
        isStandardForQuota(name) || name == "storage"
    }
}
