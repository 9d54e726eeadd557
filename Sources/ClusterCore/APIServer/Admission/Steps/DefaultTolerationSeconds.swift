import API
import JSON

/// Lets every pod stay five minutes on a node that is not ready or cannot be reached, unless it says something else.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/defaulttolerationseconds`.
struct DefaultTolerationSeconds: AdmissionStep {
    let name = "DefaultTolerationSeconds"
    private static let seconds: Int64 = 300

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(Pod.resource, .create, .update) }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        var tolerations = request.object["spec"]?["tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                let name = toleration["key"]?.string ?? ""
                let effect = toleration["effect"]?.string ?? ""
                return (name == key || name.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if isTolerated { continue }
            tolerations.append(
                [
                    "key": .string(key), "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": .int(Self.seconds),
                ])
        }
        request.object[path: ["spec", "tolerations"]] = .array(tolerations)
    }
}
