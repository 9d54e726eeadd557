import API
import JSON

/// The pods of a DaemonSet: how they are made, and where they may run.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/daemon/util/daemonset_util.go`, `NodeShouldRunDaemonPod`.
struct DaemonPod {
    /// What a node says about a DaemonSet's pod.
    struct Fit: Hashable {
        /// A pod should be started there.
        var runs: Bool
        /// A pod that is there may stay.
        var stays: Bool
    }

    private static let nodeNameField = "metadata.name"

    let set: DaemonSet
    private let template: JSONValue
    private let nodeName: String
    private let selector: [String: String]
    private let terms: [NodeSelectorTerm]?
    private let tolerations: [Toleration]

    init(_ set: DaemonSet) {
        self.set = set
        template = Self.tolerating(set.template)
        let spec = PodSpec(json: template["spec"] ?? [:])
        nodeName = spec.nodeName
        selector = spec.nodeSelector
        terms = spec.affinity.requiredNodeTerms
        tolerations = spec.tolerations
    }

    func fit(_ node: Node) -> Fit {
        let no = Fit(runs: false, stays: false)
        if !nodeName.isEmpty, nodeName != node.metadata.name { return no }
        guard selector.allSatisfy({ node.metadata.labels[$0.key] == $0.value }) else { return no }
        if let terms, !terms.contains(where: { $0.matches(node) }) { return no }
        let untolerated = node.taints.filter { taint in !tolerations.contains { $0.tolerates(taint) } }
        if untolerated.contains(where: { $0.effect == "NoExecute" }) { return no }
        return Fit(runs: !untolerated.contains { $0.effect == "NoSchedule" }, stays: true)
    }

    /// A pod that the scheduler can put on one node only.
    func json(on node: String, hash: String) -> JSONValue {
        var pod = PodTemplate.pod(from: template, owner: set)
        pod[path: ["metadata", "labels", ControllerRevision.podLabel]] = .string(hash)
        if let generation = set.metadata.annotations[DaemonSet.generationAnnotation] {
            pod[path: ["metadata", "labels", DaemonSet.generationLabel]] = .string(generation)
        }
        pod[path: ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]] = [
            "nodeSelectorTerms": [
                ["matchFields": [["key": .string(Self.nodeNameField), "operator": "In", "values": [.string(node)]]]]
            ]
        ]
        return pod
    }

    /// The node that a pod stands on or was made for; empty: none.
    static func node(of pod: Pod) -> String {
        if !pod.spec.nodeName.isEmpty { return pod.spec.nodeName }
        for term in pod.spec.affinity.requiredNodeTerms ?? [] {
            for field in term.matchFields where field.key == nodeNameField && field.operator == "In" {
                if field.values.count == 1, let name = field.values.first { return name }
            }
        }
        return ""
    }

    /// The template with what every such pod bears: trouble of its node.
    private static func tolerating(_ template: JSONValue) -> JSONValue {
        var added: [(key: String, effect: String)] = [
            ("node.kubernetes.io/not-ready", "NoExecute"), ("node.kubernetes.io/unreachable", "NoExecute"),
            ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
            ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ]
        if template["spec"]?["hostNetwork"]?.bool == true {
            added.append(("node.kubernetes.io/network-unavailable", "NoSchedule"))
        }
        var result = template
        var tolerations = template["spec"]?["tolerations"]?.array ?? []
        for (key, effect) in added {
            let new: JSONValue = ["key": .string(key), "operator": "Exists", "effect": .string(effect)]
            let same = tolerations.firstIndex {
                let old = Toleration(json: $0)
                return old.key == key && old.effect == effect && old.operator == "Exists" && old.value.isEmpty
            }
            if let same { tolerations[same] = new } else { tolerations.append(new) }
        }
        result[path: ["spec", "tolerations"]] = .array(tolerations)
        return result
    }
}
