import API
import JSON

/// What a Job's `podFailurePolicy` says of one failed pod.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/job/pod_failure_policy.go`.
struct PodFailurePolicy {
    enum Verdict: Hashable {
        /// No rule matches: the failure counts towards the backoff limit.
        case count
        case ignore
        case failIndex
        case failJob(message: String)
    }

    let rules: [JSONValue]

    func verdict(on pod: Pod) -> Verdict {
        for (index, rule) in rules.enumerated() {
            guard let message = match(rule, index, pod) else { continue }
            switch rule["action"]?.string {
            case "Ignore": return .ignore
            case "FailIndex": return .failIndex
            case "FailJob": return .failJob(message: message)
            default: return .count
            }
        }
        return .count
    }

    private func match(_ rule: JSONValue, _ index: Int, _ pod: Pod) -> String? {
        let action = rule["action"]?.string ?? ""
        if let codes = rule["onExitCodes"], codes.object != nil {
            let only = codes["containerName"]?.string
            let values = (codes["values"]?.array ?? []).compactMap(\.int)
            for status in pod.status.initContainerStatuses + pod.status.containerStatuses
            where only == nil || status.name == only {
                guard case .terminated(let ended) = status.state, ended.exitCode != 0 else { continue }
                let isListed = values.contains(ended.exitCode)
                guard isListed == (codes["operator"]?.string == "In") else { continue }
                return "Container \(status.name) for pod \(pod.key) failed with exit code \(ended.exitCode) matching "
                    + "\(action) rule at index \(index)"
            }
            return nil
        }
        for pattern in rule["onPodConditions"]?.array ?? [] {
            let type = pattern["type"]?.string ?? ""
            guard let found = pod.status.conditions[type], found.status == pattern["status"]?.string ?? "True" else { continue }
            return "Pod \(pod.key) has condition \(type) matching \(action) rule at index \(index)"
        }
        return nil
    }
}
