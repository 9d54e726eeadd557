import API
import JSON

/// Takes over what a pod's RuntimeClass says of overhead and of the nodes that have the runtime.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/runtimeclass/admission.go`.
struct RuntimeClassAdmission: AdmissionStep {
    let name = "RuntimeClass"

    static let classes = GroupVersionResource(group: "node.k8s.io", version: "v1", resource: "runtimeclasses")

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(Pod.resource, .create) }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard let runtime = try runtimeClass(request, view) else { return }
        var spec = request.object["spec"] ?? [:]
        if let overhead = runtime["overhead"]?["podFixed"] {
            guard spec["overhead"] == nil || Self.isEqual(spec["overhead"], overhead) else { throw mismatch(request) }
            spec["overhead"] = overhead
        }
        if let scheduling = runtime["scheduling"] {
            for member in (scheduling["nodeSelector"]?.object?.members ?? []).sorted(by: { $0.key < $1.key }) {
                let wanted = member.value.string ?? ""
                if let given = spec["nodeSelector"]?[member.key]?.string, given != wanted {
                    throw request.forbidden(
                        "conflict: runtimeClass.scheduling.nodeSelector[\(member.key)] = \(wanted); "
                            + "pod.spec.nodeSelector[\(member.key)] = \(given)")
                }
                spec[path: ["nodeSelector", member.key]] = member.value
            }
            let tolerations = Self.merge(spec["tolerations"]?.array ?? [], scheduling["tolerations"]?.array ?? [])
            if !tolerations.isEmpty { spec["tolerations"] = .array(tolerations) }
        }
        request.object["spec"] = spec
    }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        let runtime = try runtimeClass(request, view)
        let given = request.object["spec"]?["overhead"]
        if let overhead = runtime?["overhead"] {
            guard Self.isEqual(given, overhead["podFixed"]) else { throw mismatch(request) }
        } else if given?.object?.isEmpty == false {
            throw request.forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
    }

    private func runtimeClass(_ request: AdmissionRequest, _ view: any AdmissionView) throws(Status) -> JSONValue? {
        guard let name = request.object["spec"]?["runtimeClassName"]?.string else { return nil }
        guard let found = view.get(Self.classes, NamespacedName(name: name)) else {
            throw request.forbidden("pod rejected: RuntimeClass \"\(name)\" not found")
        }
        return found
    }

    private func mismatch(_ request: AdmissionRequest) -> Status {
        request.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }

    private static func isEqual(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        ResourceList(json: left) == ResourceList(json: right)
    }

    /// The pod's own come first; a toleration that another one covers is left out.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/util/tolerations/tolerations.go`, `MergeTolerations`.
    static func merge(_ first: [JSONValue], _ second: [JSONValue]) -> [JSONValue] {
        let all = (first + second).map { (tree: $0, toleration: Toleration(json: $0)) }
        var kept: [(tree: JSONValue, toleration: Toleration)] = []
        for (index, candidate) in all.enumerated() {
            let toleration = candidate.toleration
            if kept.contains(where: { covers($0.toleration, toleration) }) { continue }
            let later = all[(index + 1)...].map(\.toleration)
            if later.contains(where: { $0 != toleration && covers($0, toleration) }) { continue }
            kept.append(candidate)
        }
        return kept.map(\.tree)
    }

    /// Whether `left` tolerates everything that `right` does, for at least as long.
    private static func covers(_ left: Toleration, _ right: Toleration) -> Bool {
        if left == right { return true }
        if left.key != right.key, !(left.key.isEmpty && left.operator == "Exists") { return false }
        if left.effect != right.effect, !left.effect.isEmpty { return false }
        if left.effect == "NoExecute", let mine = left.tolerationSeconds {
            guard let other = right.tolerationSeconds, other <= mine else { return false }
        }
        switch left.operator {
        case "Equal", "": return right.operator == "Equal" && right.value == left.value
        case "Exists": return true
        default: return false
        }
    }
}
