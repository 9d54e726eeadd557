import API
import JSON

/// `autoscaling/v1 Scale` as a view of a workload.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/apps/deployment/storage/storage.go`, `scaleFromDeployment`.
enum Scale {
    static let gvk = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    static func read(_ workload: JSONValue) -> JSONValue {
        let metadata = workload["metadata"] ?? [:]
        var shown: JSONValue = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] { shown[name] = metadata[name] }
        let selector = workload["spec"]?["selector"]
        // A ReplicationController's selector is a plain map.
        let labels =
            selector?["matchLabels"] == nil && selector?["matchExpressions"] == nil
            ? LabelSelector(matchLabels: selector?.object?.strings ?? [:]) : LabelSelector(json: selector)
        var spec: JSONValue = [:]
        if let replicas = workload["spec"]?["replicas"]?.int, replicas != 0 { spec["replicas"] = .int(replicas) }
        return [
            "kind": .string(gvk.kind), "apiVersion": .string(gvk.apiVersion), "metadata": shown, "spec": spec,
            "status": [
                "replicas": .int(workload["status"]?["replicas"]?.int ?? 0), "selector": .string(labels.description),
            ],
        ]
    }
}
