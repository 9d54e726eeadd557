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
        case "status.podIPs":
            return (object["status"]?.elements("podIPs") ?? []).map { $0.text("ip") }.joined(separator: ",")
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
        let spec = object["spec"] ?? [:]
        var status: JSONValue = ["phase": "Pending", "qosClass": .string(PodDefaults.qualityOfService(spec))]
        if !spec.elements("schedulingGates").isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates", "lastProbeTime": nil,
                ]
            ]
        }
        object["status"] = status
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdate(&new, old)
        if new["status"]?.text("qosClass").isEmpty ?? true {
            new[path: ["status", "qosClass"]] = old["status"]?["qosClass"]
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors = PodValidation.validate(spec, FieldPath("spec"))
        if !spec.elements("ephemeralContainers").isEmpty {
            errors.append(.forbidden(FieldPath("spec")("ephemeralContainers"), "cannot be set on create"))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = PodValidation.validate(after, path)
        for list in ["containers", "initContainers"] where after.elements(list).count != before.elements(list).count {
            errors.append(.forbidden(path(list), "pod updates may not add or remove containers"))
            return errors
        }
        errors += deadline(after, before, path)
        errors += tolerations(after, before, path)
        if Self.fixed(after, before) != Self.fixed(before, before) {
            errors.append(
                .forbidden(
                    path,
                    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"))
        }
        return errors
    }

    private func deadline(_ after: JSONValue, _ before: JSONValue, _ path: FieldPath) -> [FieldError] {
        let at = path("activeDeadlineSeconds")
        switch (after["activeDeadlineSeconds"]?.int, before["activeDeadlineSeconds"]?.int) {
        case (let now?, let was?) where now > was:
            return [.invalid(at, .int(now), "must be less than or equal to previous value")]
        case (nil, .some): return [.invalid(at, nil, "must not update from a positive integer to nil value")]
        default: return []
        }
    }

    private func tolerations(_ after: JSONValue, _ before: JSONValue, _ path: FieldPath) -> [FieldError] {
        func identity(_ value: JSONValue) -> JSONValue {
            var value = value
            value["tolerationSeconds"] = nil
            return value
        }
        let now = Set(after.elements("tolerations").map(identity))
        let kept = before.elements("tolerations").allSatisfy { now.contains(identity($0)) }
        if kept { return [] }
        return [.forbidden(path("tolerations"), "existing toleration can not be modified except its tolerationSeconds")]
    }

    /// The specification with what an update may change set to what it was.
    private static func fixed(_ spec: JSONValue, _ old: JSONValue) -> JSONValue {
        var spec = spec
        for list in ["containers", "initContainers"] {
            let images = old.elements(list).map { $0["image"] }
            var index = 0
            spec.editEach(list) { container in
                container["image"] = images.indices.contains(index) ? images[index] : nil
                index += 1
            }
        }
        for name in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] { spec[name] = old[name] }
        if (old["terminationGracePeriodSeconds"]?.int ?? 0) < 0, spec["terminationGracePeriodSeconds"]?.int == 1 {
            spec["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
        }
        return spec
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let nominated = new["status"]?.text("nominatedNodeName") ?? ""
        if nominated.isEmpty { return [] }
        return NameValidation.dns1123Subdomain(nominated).map {
            .invalid(FieldPath("status")("nominatedNodeName"), .string(nominated), $0)
        }
    }

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
