import JSON

/// A pod's class of service: `Guaranteed`, `Burstable` or `BestEffort`, from requests and limits of processor and memory.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/helper/qos/qos.go`, `ComputePodQOS`.
enum PodQuality {
    private static let resources: Set<String> = ["cpu", "memory"]

    static func of(_ spec: JSONValue) -> String {
        var requests: ResourceList = [:]
        var limits: ResourceList = [:]
        var isLimited = true
        let whole = spec["resources"] ?? .null
        let parts =
            whole.isNull
            ? (spec.elements("containers") + spec.elements("initContainers")).map { $0["resources"] ?? [:] } : [whole]
        for part in parts {
            add(part["requests"], to: &requests)
            let found = add(part["limits"], to: &limits)
            // A pod whose own resources set no limit is judged by its requests alone.
            let isJudged = whole.isNull || !ResourceList(json: part["limits"]).isEmpty
            if isJudged, found != resources { isLimited = false }
        }
        if requests.isEmpty, limits.isEmpty { return "BestEffort" }
        return isLimited && requests == limits ? "Guaranteed" : "Burstable"
    }

    /// The names of the amounts that count.
    @discardableResult
    private static func add(_ list: JSONValue?, to sum: inout ResourceList) -> Set<String> {
        var found: Set<String> = []
        for (name, amount) in ResourceList(json: list) where resources.contains(name) && amount > .zero {
            sum[name] = (sum[name] ?? .zero) + amount
            found.insert(name)
        }
        return found
    }
}
