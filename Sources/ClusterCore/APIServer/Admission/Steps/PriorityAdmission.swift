import API
import JSON

/// Resolves a pod's priority class, and allows one default class.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/priority`.
struct PriorityAdmission: AdmissionStep {
    let name = "Priority"

    static let classes = GroupVersionResource(group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses")
    /// Known before their objects exist: the pods of the control plane may come first.
    private static let system: [String: Int64] = [
        "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
    ]

    func handles(_ request: AdmissionRequest) -> Bool {
        request.writes(Pod.resource, .create, .update) || request.writes(Self.classes, .create, .update)
    }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard request.resource == Pod.resource else { return }
        var spec = request.object["spec"] ?? [:]
        if request.operation == .update {
            let old = request.old?["spec"] ?? [:]
            for field in ["priority", "preemptionPolicy"] where spec[field] == nil && old[field] != nil {
                request.object[path: ["spec", field]] = old[field]
            }
            return
        }
        let found = try resolve(spec["priorityClassName"]?.string ?? "", request, view)
        if !found.name.isEmpty { spec["priorityClassName"] = .string(found.name) }
        if let given = spec["priority"]?.int, given != found.value {
            throw request.forbidden(
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller "
                    + "computed \(found.value) from the given PriorityClass name")
        }
        spec["priority"] = .int(found.value)
        if let policy = found.policy {
            if let given = spec["preemptionPolicy"]?.string, given != policy {
                throw request.forbidden(
                    "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission "
                        + "controller computed \(policy) from the given PriorityClass name")
            }
            spec["preemptionPolicy"] = .string(policy)
        }
        request.object["spec"] = spec
    }

    private func resolve(
        _ className: String, _ request: AdmissionRequest, _ view: any AdmissionView
    ) throws(Status) -> (name: String, value: Int64, policy: String?) {
        if className.isEmpty {
            guard let standard = Self.defaultClass(view) else { return ("", 0, "PreemptLowerPriority") }
            return (
                standard["metadata"]?["name"]?.string ?? "", standard["value"]?.int ?? 0, standard["preemptionPolicy"]?.string
            )
        }
        if let found = view.get(Self.classes, NamespacedName(name: className)) {
            return (className, found["value"]?.int ?? 0, found["preemptionPolicy"]?.string)
        }
        if let value = Self.system[className] { return (className, value, "PreemptLowerPriority") }
        throw request.forbidden("no PriorityClass with name \(className) was found")
    }

    /// Of several default classes the one with the lowest value counts.
    private static func defaultClass(_ view: any AdmissionView) -> JSONValue? {
        view.list(classes, namespace: nil).filter { $0["globalDefault"]?.bool == true }
            .min { ($0["value"]?.int ?? 0) < ($1["value"]?.int ?? 0) }
    }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard request.resource == Self.classes, request.object["globalDefault"]?.bool == true,
            let standard = Self.defaultClass(view)?["metadata"]?["name"]?.string
        else { return }
        if request.operation == .create || standard != request.key.name {
            throw request.forbidden("PriorityClass \(standard) is already marked as default. Only one default can exist")
        }
    }
}
