import API
import JSON

/// What controllers hold of an object: the tree without what none of them reads, as every cache would keep it.
///
/// A write never starts from such a tree, so nothing is lost.
enum LeanObject {
    /// The annotations of pods that controllers act upon.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/controller/controller_utils.go`, `pkg/controller/job/indexed_job_utils.go`.
    static let podAnnotations: Set<String> = [
        "controller.kubernetes.io/pod-deletion-cost", "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-index-failure-count", "batch.kubernetes.io/job-index-ignored-failure-count",
    ]

    /// What only the node of a pod needs of a container.
    private static let containerMembers = [
        "command", "args", "env", "envFrom", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "volumeMounts",
        "volumeDevices", "workingDir", "securityContext", "terminationMessagePath", "terminationMessagePolicy",
        "imagePullPolicy",
    ]
    private static let containerLists = ["containers", "initContainers", "ephemeralContainers"]

    static func lean(_ object: JSONValue, of resource: GroupVersionResource) -> JSONValue {
        var object = object
        if object["metadata"]?["managedFields"] != nil { object[path: ["metadata", "managedFields"]] = nil }
        if resource == Pod.resource { trimPod(&object) }
        return object
    }

    private static func trimPod(_ pod: inout JSONValue) {
        if let annotations = pod["metadata"]?["annotations"]?.object {
            let kept = annotations.members.filter { podAnnotations.contains($0.key) }
            pod[path: ["metadata", "annotations"]] = kept.isEmpty ? nil : .object(JSONObject(kept))
        }
        for list in containerLists {
            guard let containers = pod["spec"]?[list]?.array else { continue }
            pod[path: ["spec", list]] = .array(
                containers.map { container in
                    var container = container
                    for member in containerMembers where container[member] != nil { container[member] = nil }
                    return container
                })
        }
        // A volume counts for controllers when it is a claim.
        if let volumes = pod["spec"]?["volumes"]?.array {
            let kept = volumes.filter { $0["persistentVolumeClaim"] != nil || $0["ephemeral"] != nil }
            pod[path: ["spec", "volumes"]] = kept.isEmpty ? nil : .array(kept)
        }
    }
}
