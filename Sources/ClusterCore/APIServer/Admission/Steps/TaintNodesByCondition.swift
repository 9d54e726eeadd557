import API
import JSON

/// Gives every new node the taint that keeps pods away until its kubelet has reported it ready.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/nodetaint`.
struct TaintNodesByCondition: AdmissionStep {
    let name = "TaintNodesByCondition"
    private static let key = "node.kubernetes.io/not-ready"

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(Node.resource, .create) }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        var taints = request.object["spec"]?["taints"]?.array ?? []
        let isThere = taints.contains { $0["key"]?.string == Self.key && $0["effect"]?.string == "NoSchedule" }
        guard !isThere else { return }
        taints.append(["key": .string(Self.key), "effect": "NoSchedule"])
        request.object[path: ["spec", "taints"]] = .array(taints)
    }
}
