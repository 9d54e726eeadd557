import JSON

/// Rules of the kinds that own pods through a selector and a template.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/apps/validation/validation.go`, `ValidatePodTemplateSpecForReplicaSet`.
enum TemplateOwner {
    /// The selector itself: there, well formed, not empty.
    static func selector(_ spec: JSONValue, _ path: FieldPath, kind: String) -> [FieldError] {
        guard spec.has("selector") else { return [.required(path("selector"))] }
        let selector = spec["selector"] ?? [:]
        var errors = LabelValidation.selector(selector, path("selector"))
        if isEmpty(selector) { errors.append(.invalid(path("selector"), selector, "empty selector is invalid for \(kind)")) }
        return errors
    }

    private static func isEmpty(_ selector: JSONValue) -> Bool {
        (selector["matchLabels"]?.object?.isEmpty ?? true) && selector.elements("matchExpressions").isEmpty
    }

    /// Whether a selector that selects something selects the template's own labels.
    static func match(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard spec.has("selector") else { return [] }
        let selector = LabelSelector(json: spec["selector"])
        let labels = spec["template"]?["metadata"]?["labels"]
        if selector.isEverything || selector.matches(labels?.object?.strings ?? [:]) { return [] }
        return [
            .invalid(
                path("template")("metadata")("labels"), FieldCheck.sorted(labels),
                "`selector` does not match template `labels`")
        ]
    }

    /// The template of a controller whose pods run for ever.
    ///
    /// - Parameters:
    ///   - kind: As upstream names it in the message about deadlines.
    ///   - old: The specification before an update; nil for a new one.
    static func template(
        _ spec: JSONValue, _ path: FieldPath, kind: String, old: JSONValue? = nil
    ) -> [FieldError] {
        match(spec, path) + podTemplate(spec["template"], path("template"), old: old?["template"])
            + runsForEver(spec, path, kind: kind)
    }

    static func runsForEver(_ spec: JSONValue, _ path: FieldPath, kind: String) -> [FieldError] {
        let at = path("template")("spec")
        let pod = spec["template"]?["spec"] ?? [:]
        var errors: [FieldError] = []
        if pod.text("restartPolicy") != "Always" {
            errors.append(.notSupported(at("restartPolicy"), .string(pod.text("restartPolicy")), supported: ["Always"]))
        }
        if pod.has("activeDeadlineSeconds") {
            errors.append(.forbidden(at("activeDeadlineSeconds"), "activeDeadlineSeconds in \(kind) is not Supported"))
        }
        return errors
    }

    /// The template as a template, whatever its owner asks of the restart policy.
    ///
    /// - Parameter old: The template before an update; nil for a new one.
    static func podTemplate(_ template: JSONValue?, _ path: FieldPath, old: JSONValue? = nil) -> [FieldError] {
        PodTemplateValidation.validate(template, path, old: old)
    }

    static func immutableSelector(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["spec"]?["selector"], old["spec"]?["selector"], FieldPath("spec")("selector"))
    }

    static func notAboveReplicas(_ status: JSONValue?, _ names: [String], _ path: FieldPath) -> [FieldError] {
        let all = status?["replicas"]?.int ?? 0
        return names.compactMap { name in
            let count = status?[name]?.int ?? 0
            return count > all ? .invalid(path(name), .int(count), "cannot be greater than status.replicas") : nil
        }
    }

    static func availableNotAboveReady(
        _ status: JSONValue?, _ path: FieldPath, named ready: String = "readyReplicas"
    ) -> [FieldError] {
        let available = status?["availableReplicas"]?.int ?? 0
        if available <= status?["readyReplicas"]?.int ?? 0 { return [] }
        return [.invalid(path("availableReplicas"), .int(available), "cannot be greater than \(ready)")]
    }

    /// The status of a kind that counts replicas.
    ///
    /// - Parameters:
    ///   - names: Counts that may not be negative.
    ///   - parts: Of them those that count some of the replicas, besides `availableReplicas`.
    static func replicaStatus(
        _ status: JSONValue?, _ names: [String], parts: [String], _ path: FieldPath
    ) -> [FieldError] {
        FieldCheck.nonNegative(status, names, path) + notAboveReplicas(status, parts + ["availableReplicas"], path)
            + availableNotAboveReady(status, path)
    }
}
