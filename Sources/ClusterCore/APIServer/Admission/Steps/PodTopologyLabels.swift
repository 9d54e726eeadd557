import API
import JSON

/// Copies the zone and the region of the node to the pod that is bound to it.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/podtopologylabels/admission.go`.
struct PodTopologyLabels: AdmissionStep {
    let name = "PodTopologyLabels"
    private static let labels = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"]

    func handles(_ request: AdmissionRequest) -> Bool {
        request.resource == Pod.resource && request.subresource == "binding" && request.operation == .create
    }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        let target = request.object["target"]
        guard ["", "Node"].contains(target?["kind"]?.string ?? ""), let nodeName = target?["name"]?.string,
            let node = view.get(Node.resource, NamespacedName(name: nodeName))
        else { return }
        for label in Self.labels {
            guard let value = node["metadata"]?["labels"]?[label]?.string else { continue }
            request.object[path: ["metadata", "labels", label]] = .string(value)
        }
    }
}
