package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `ValidatePodCreate` and `ValidatePodUpdate` of
///   `pkg/apis/core/validation/validation.go`.
package struct PodRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    package let selectableFields = [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        switch field {
        case "spec.hostNetwork": return String(object["spec"]?["hostNetwork"]?.bool ?? false)
        case "status.podIP", "status.podIPs":
            let first = object["status"]?.elements("podIPs").first?.text("ip") ?? ""
            return first.isEmpty ? object["status"]?.text("podIP") ?? "" : first
        default: return object[path: field.split(separator: ".").map(String.init)]?.string ?? ""
        }
    }

    package func applyDefaults(_ object: inout JSONValue) {
        object.setDefault("spec", .object([:]))
        object.edit("spec") { spec in
            PodDefaults.apply(&spec)
            PodDefaults.applyToPod(&spec)
        }
        object.edit("status") { status in
            let address = status.text("podIP")
            if !address.isEmpty, status.elements("podIPs").isEmpty { status["podIPs"] = [["ip": .string(address)]] }
            let host = status.text("hostIP")
            if !host.isEmpty, status.elements("hostIPs").isEmpty { status["hostIPs"] = [["ip": .string(host)]] }
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object[path: ["metadata", "generation"]] = 1
        let labels = object["metadata"]?["labels"]?.object?.strings ?? [:]
        object.edit("spec") { spec in
            PodPreparation.dropDisabled(&spec)
            PodPreparation.mergeLabelKeys(&spec, labels: labels)
        }
        PodPreparation.adoptAppArmor(&object)
        object["status"] = PodPreparation.firstStatus(object["spec"] ?? [:])
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new.edit("spec") { PodPreparation.dropDisabled(&$0, old: old["spec"]) }
        StatusSeparation.update(&new, old, self)
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdate(&new, old)
        let before = old["status"] ?? [:]
        new.edit("status") { status in
            if status.text("qosClass").isEmpty { status["qosClass"] = before["qosClass"] }
            PodPreparation.keepObservedGenerations(&status, before)
        }
    }

    package func prepareForSubresourceUpdate(_ subresource: String, new: inout JSONValue, old: JSONValue) {
        new = PodSubresources.prepare(subresource, new, old)
    }

    package func validate(_ object: JSONValue) -> [FieldError] { PodValidation.create(object).unique }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { PodUpdateValidation.validate(new, old) }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        PodStatusValidation.validate(new, old)
    }

    package func validateSubresourceUpdate(_ subresource: String, new: JSONValue, old: JSONValue) -> [FieldError] {
        PodSubresources.validate(subresource, new, old)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] { isNew ? PodWarnings.pod(object) : [] }

    package let columns: [Column] = [
        .objectName,
        Column("Ready", "Containers that are ready, of all containers."),
        Column("Status", "What the pod is doing, from its phase and its containers."),
        Column("Restarts", "Restarts of containers, and when the last one was."),
        .age,
        Column("IP", wide: true, "Address of the pod."),
        Column("Node", wide: true, "Node that runs the pod."),
        Column("Nominated Node", wide: true, "Node that the pod preempts others on."),
        Column("Readiness Gates", wide: true, "Extra conditions that hold, of those that must."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { PodCells(object, now: now).cells }
}
