package import JSON

/// What the server writes into a pod before it is judged, and what it keeps from the form before.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `pkg/api/pod/util.go`.
package enum PodPreparation {
    /// The status of a pod that was just made.
    static func firstStatus(_ spec: JSONValue) -> JSONValue {
        var status: JSONValue = ["phase": "Pending", "qosClass": .string(PodQuality.of(spec))]
        if !spec.elements("schedulingGates").isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "lastProbeTime": nil, "lastTransitionTime": nil,
                    "reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates",
                ]
            ]
        }
        return status
    }

    /// Merges the values of the pod's own labels into the selectors whose terms name the keys.
    static func mergeLabelKeys(_ spec: inout JSONValue, labels: [String: String]) {
        spec.edit("affinity") { affinity in
            for name in ["podAffinity", "podAntiAffinity"] {
                affinity.edit(name) { pods in
                    pods.editEach("requiredDuringSchedulingIgnoredDuringExecution") { merge(&$0, labels) }
                    pods.editEach("preferredDuringSchedulingIgnoredDuringExecution") {
                        $0.edit("podAffinityTerm") { merge(&$0, labels) }
                    }
                }
            }
        }
        spec.editEach("topologySpreadConstraints") { merge(&$0, labels) }
    }

    private static func merge(_ term: inout JSONValue, _ labels: [String: String]) {
        guard term.has("labelSelector") else { return }
        for (field, operation) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            for key in term.elements(field).compactMap(\.string) {
                guard let value = labels[key] else { continue }
                term.edit("labelSelector") { selector in
                    selector["matchExpressions"] = .array(
                        selector.elements("matchExpressions") + [
                            ["key": .string(key), "operator": .string(operation), "values": [.string(value)]]
                        ])
                }
            }
        }
    }

    private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

    /// Fills a container's AppArmor profile from the old annotation.
    static func adoptAppArmor(_ pod: inout JSONValue) {
        let annotations = pod["metadata"]?["annotations"]?.object?.strings ?? [:]
        guard annotations.keys.contains(where: { $0.hasPrefix(appArmor) }) else { return }
        if pod["spec"]?["os"]?.text("name") == "windows" { return }
        let whole = pod["spec"]?["securityContext"]?["appArmorProfile"]
        pod.edit("spec") { spec in
            for list in PodContainers.lists {
                spec.editEach(list) { container in
                    guard let annotation = annotations[appArmor + container.text("name")],
                        !(container["securityContext"]?.has("appArmorProfile") ?? false),
                        let profile = profile(annotation), profile != whole
                    else { return }
                    container[path: ["securityContext", "appArmorProfile"]] = profile
                }
            }
        }
    }

    private static func profile(_ annotation: String) -> JSONValue? {
        switch annotation {
        case "unconfined": ["type": "Unconfined"]
        case "runtime/default": ["type": "RuntimeDefault"]
        default:
            annotation.hasPrefix("localhost/") && annotation.count > "localhost/".count
                ? ["type": "Localhost", "localhostProfile": .string(String(annotation.dropFirst("localhost/".count)))]
                : .none
        }
    }

    /// Takes out members whose features are off in this version, unless the older form has them.
    ///
    /// - Parameters:
    ///   - spec: Of a pod or a template.
    ///   - old: The same before an update; nil for a new one.
    package static func dropDisabled(_ spec: inout JSONValue, old: JSONValue? = nil) {
        if !(old?.has("schedulingGroup") ?? false) { spec["schedulingGroup"] = nil }
        let used = Set(
            (old?.elements("volumes") ?? []).flatMap { $0["projected"]?.elements("sources") ?? [] }.flatMap {
                $0.object?.keys ?? []
            })
        spec.editEach("volumes") { volume in
            volume.edit("projected") { projected in
                projected.editEach("sources") { source in
                    for name in ["clusterTrustBundle", "podCertificate"] where !used.contains(name) { source[name] = nil }
                }
            }
            volume.edit("ephemeral") { ephemeral in
                ephemeral.edit("volumeClaimTemplate") { template in
                    template.edit("spec") { spec in spec.edit("resources") { $0["claims"] = nil } }
                }
            }
        }
    }

    /// A writer that does not know observed generations does not erase them.
    static func keepObservedGenerations(_ status: inout JSONValue, _ old: JSONValue) {
        let field = "observedGeneration"
        if (status[field]?.int ?? 0) == 0, let before = old[field] { status[field] = before }
        var known: [String: [JSONValue]] = [:]
        for condition in old.elements("conditions") {
            known[condition.text("type"), default: []].append(condition[field] ?? 0)
        }
        status.editEach("conditions") { condition in
            let type = condition.text("type")
            guard let before = known[type]?.first else { return }
            known[type]?.removeFirst()
            if (condition[field]?.int ?? 0) == 0, (before.int ?? 0) != 0 { condition[field] = before }
        }
    }
}
