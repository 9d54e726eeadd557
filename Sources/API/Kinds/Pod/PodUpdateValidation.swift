import JSON

/// What an update of a Pod may change.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodUpdate`.
enum PodUpdateValidation {
    private static let mutable = [
        "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ]

    static func validate(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = PodValidation.pod(new, PodValidationOptions(isPod: true, old: old))
        errors += PodAnnotationValidation.validateUpdate(
            new["metadata"]?["annotations"], old["metadata"]?["annotations"], FieldPath("metadata")("annotations"))
        for list in ["containers", "initContainers"] where after.elements(list).count != before.elements(list).count {
            return (errors + [.forbidden(path(list), "pod updates may not add or remove containers")]).unique
        }
        let (deadlineErrors, stops) = deadline(after, before, path("activeDeadlineSeconds"))
        errors += deadlineErrors
        if stops { return errors.unique }
        errors += tolerations(after, before, path("tolerations"))
        errors += schedulingGates(after, before, path("schedulingGates"))
        var changed = withMutableFields(of: before, after)
        if !before.elements("schedulingGates").isEmpty { errors += gated(&changed, before, path) }
        if !SemanticEquality.equal(changed, before) {
            let difference = GoDifference.print("core.PodSpec", from: before, to: changed)
            errors.append(
                .forbidden(
                    path,
                    "pod updates may not change fields other than \(mutable.joined(separator: ","))\n\(difference)"))
        }
        return errors.unique
    }

    private static func deadline(
        _ after: JSONValue, _ before: JSONValue, _ path: FieldPath
    ) -> (errors: [FieldError], stops: Bool) {
        switch (after["activeDeadlineSeconds"]?.int, before["activeDeadlineSeconds"]?.int) {
        case (let now?, _) where !(0...Int64(Int32.max)).contains(now):
            return (FieldCheck.range(now, 0...Int64(Int32.max), path), true)
        case (let now?, let was?) where now > was:
            return ([.invalid(path, .int(now), "must be less than or equal to previous value")], true)
        case (nil, .some):
            return ([.invalid(path, GoValue.null, "must not update from a positive integer to nil value")], false)
        default: return ([], false)
        }
    }

    private static func tolerations(_ after: JSONValue, _ before: JSONValue, _ path: FieldPath) -> [FieldError] {
        func identity(_ value: JSONValue) -> JSONValue {
            var value = value
            value["tolerationSeconds"] = nil
            return value
        }
        let now = Set(after.elements("tolerations").map(identity))
        if before.elements("tolerations").allSatisfy({ now.contains(identity($0)) }) { return [] }
        return [.forbidden(path, "existing toleration can not be modified except its tolerationSeconds")]
    }

    private static func schedulingGates(_ after: JSONValue, _ before: JSONValue, _ path: FieldPath) -> [FieldError] {
        let known = Set(before.elements("schedulingGates").map { $0.text("name") })
        return after.elements("schedulingGates").enumerated().filter { !known.contains($1.text("name")) }.map {
            .forbidden(
                path[$0]("name"), "only deletion is allowed, but found new scheduling gate '\($1.text("name"))'")
        }
    }

    /// The specification with what an update may change set to what it was.
    private static func withMutableFields(of old: JSONValue, _ spec: JSONValue) -> JSONValue {
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

    /// A gated pod's choice of nodes may be narrowed; `spec` gets back what was there.
    private static func gated(_ spec: inout JSONValue, _ old: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let (after, before) = (spec["nodeSelector"]?.object?.strings ?? [:], old["nodeSelector"]?.object?.strings ?? [:])
        if before.contains(where: { after[$0.key] != $0.value }) {
            errors.append(
                .invalid(
                    path("nodeSelector"), JSONValue(after),
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)"))
        }
        spec["nodeSelector"] = old["nodeSelector"]
        let (now, was) = (spec["affinity"]?["nodeAffinity"], old["affinity"]?["nodeAffinity"])
        guard !SemanticEquality.equal(now, was) else { return errors }
        errors += nodeAffinity(now, was, path("affinity")("nodeAffinity"))
        if let was {
            spec[path: ["affinity", "nodeAffinity"]] = was
        } else {
            spec.edit("affinity") { $0["nodeAffinity"] = nil }
            if spec["affinity"] == [:], !old.has("affinity") { spec["affinity"] = nil }
        }
        return errors
    }

    private static func nodeAffinity(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let field = "requiredDuringSchedulingIgnoredDuringExecution"
        let at = path(field)("nodeSelectorTerms")
        let before = old?[field]?.elements("nodeSelectorTerms") ?? []
        let after = new?[field]?.elements("nodeSelectorTerms") ?? []
        if before.isEmpty { return [] }
        if before.count != after.count {
            return [
                .invalid(
                    at, .array(after.map(GoValue.nodeSelectorTerm)),
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
            ]
        }
        return zip(after, before).enumerated().filter { !onlyAdds($1.0, $1.1) }.map {
            .invalid(
                at[$0], GoValue.nodeSelectorTerm($1.0), "only additions are allowed (no mutations or deletions)")
        }
    }

    private static func onlyAdds(_ new: JSONValue, _ old: JSONValue) -> Bool {
        let fields = ["matchExpressions", "matchFields"]
        if fields.allSatisfy({ old.elements($0).isEmpty }) { return fields.allSatisfy { new.elements($0).isEmpty } }
        return fields.allSatisfy { new.elements($0).starts(with: old.elements($0)) }
    }
}
