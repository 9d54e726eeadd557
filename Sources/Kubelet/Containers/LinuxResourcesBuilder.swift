import API
import CRI

/// Requests and limits as the kernel takes them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/cm/helpers_linux.go`, `pkg/kubelet/qos/policy.go`.
enum LinuxResourcesBuilder {
    /// Microseconds.
    static let period: Int64 = 100_000

    static func shares(milliCPU: Int64) -> Int64 { milliCPU == 0 ? 2 : min(262_144, max(2, milliCPU * 1024 / 1000)) }
    /// Microseconds per period; zero: no limit.
    static func quota(milliCPU: Int64) -> Int64 { milliCPU == 0 ? 0 : max(1000, milliCPU * period / 1000) }

    static func build(_ container: Container, _ pod: Pod, nodeMemoryBytes: Int64) -> LinuxResources {
        var result = LinuxResources()
        let limits = container.resources.limits
        let request = container.resources.requests["cpu"] ?? limits["cpu"] ?? .zero
        result.cpuShares = shares(milliCPU: request.milliValue)
        if let limit = limits["cpu"], !limit.isZero {
            result.cpuQuota = quota(milliCPU: limit.milliValue)
            result.cpuPeriod = period
        }
        result.memoryLimitBytes = limits["memory"]?.value ?? 0
        result.oomScoreAdjust = oomScore(container, pod, nodeMemoryBytes: nodeMemoryBytes)
        return result
    }

    /// -997 for Guaranteed, 1000 for BestEffort, between 2 and 999 by memory request for the rest.
    static func oomScore(_ container: Container, _ pod: Pod, nodeMemoryBytes: Int64) -> Int64 {
        switch pod.qosClass {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        case .burstable:
            guard nodeMemoryBytes > 0 else { return 999 }
            let request = container.resources.requests["memory"] ?? container.resources.limits["memory"] ?? .zero
            let share = Int64(clamping: Int128(request.value) * 1000 / Int128(nodeMemoryBytes))
            return min(999, max(3, 1000 - share))
        }
    }
}
