import JSON

/// `ephemeralcontainers` and `resize`: writes to one part of a pod.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `ValidatePodEphemeralContainersUpdate`, `ValidatePodResize`.
enum PodSubresources {
    /// The old pod with the one part that the subresource may write.
    static func prepare(_ subresource: String, _ new: JSONValue, _ old: JSONValue) -> JSONValue {
        var result = old
        var metadata = old["metadata"] ?? [:]
        for name in ["resourceVersion", "managedFields"] { metadata[name] = new["metadata"]?[name] }
        result["metadata"] = metadata
        switch subresource {
        case "ephemeralcontainers":
            result[path: ["spec", "ephemeralContainers"]] = new["spec"]?["ephemeralContainers"]
        default: result["spec"] = resized(new["spec"] ?? [:], old["spec"] ?? [:])
        }
        if !SemanticEquality.equal(result["spec"], old["spec"]) {
            result[path: ["metadata", "generation"]] = .int((old["metadata"]?["generation"]?.int ?? 0) + 1)
        }
        return result
    }

    private static func resized(_ new: JSONValue, _ old: JSONValue) -> JSONValue {
        let lists = ["containers", "initContainers"]
        // Left as it is, so that validation says what is wrong with it.
        if lists.contains(where: { new.elements($0).count != old.elements($0).count }) { return new }
        var result = old
        result["resources"] = new["resources"]
        for list in lists {
            let (after, before) = (new.elements(list), old.elements(list))
            if before.isEmpty { continue }
            let isSameOrder = zip(after, before).allSatisfy { $0.text("name") == $1.text("name") }
            result[list] = .array(
                isSameOrder
                    ? zip(after, before).map { after, before in
                        var container = before
                        container["resources"] = after["resources"]
                        container["resizePolicy"] = after["resizePolicy"]
                        return container
                    } : after)
        }
        return result
    }

    static func validate(_ subresource: String, _ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let annotations = FieldPath("metadata")("annotations")
        var errors = PodValidation.pod(new, PodValidationOptions(isPod: true, old: old))
        let isMirror = old["metadata"]?["annotations"]?[PodAnnotationValidation.mirror] != nil
        guard subresource == "ephemeralcontainers" else {
            return (errors + resize(new, old, isMirror: isMirror, errors)).unique
        }
        errors += PodAnnotationValidation.validateUpdate(
            new["metadata"]?["annotations"], old["metadata"]?["annotations"], annotations)
        if isMirror { return [.forbidden(FieldPath(), "static pods do not support ephemeral containers")] }
        return (errors + ephemeral(new["spec"] ?? [:], old["spec"] ?? [:])).unique
    }

    /// Ephemeral containers are only ever added.
    private static func ephemeral(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")("ephemeralContainers")
        var errors: [FieldError] = []
        for container in old.elements("ephemeralContainers") {
            let name = container.text("name")
            guard let kept = new.elements("ephemeralContainers").last(where: { $0.text("name") == name }) else {
                errors.append(.forbidden(path, "existing ephemeral containers \"\(name)\" may not be removed\n"))
                continue
            }
            if SemanticEquality.equal(kept, container) { continue }
            let difference = GoDifference.print("core.EphemeralContainer", from: container, to: kept)
            errors.append(
                .forbidden(path, "existing ephemeral containers \"\(name)\" may not be changed\n\(difference)"))
        }
        return errors
    }

    private static func resize(
        _ new: JSONValue, _ old: JSONValue, isMirror: Bool, _ found: [FieldError]
    ) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        if isMirror { return [.forbidden(FieldPath(), "static pods cannot be resized")] }
        if before["os"]?.text("name") == "windows" { return [.forbidden(FieldPath(), "windows pods cannot be resized")] }
        var errors: [FieldError] = []
        let stored = old["status"]?.text("qosClass") ?? ""
        if (stored.isEmpty ? PodQuality.of(before) : stored) != PodQuality.of(after) {
            errors.append(
                .invalid(
                    path, .string(new["status"]?.text("qosClass") ?? ""),
                    "Pod QOS Class may not change as a result of resizing"))
        }
        let running = (old["status"]?.elements("containerStatuses") ?? []).first { $0["state"]?.has("running") ?? false }
        if let running, !running.has("resources") {
            errors.append(.forbidden(path, "Pod running on node without support for resize"))
        }
        for list in ["containers", "initContainers"] {
            let (wanted, were) = (after.elements(list), before.elements(list))
            if wanted.count != were.count {
                return errors + [.forbidden(path(list), "containers may not be added or removed on resize")]
            }
            if zip(wanted, were).contains(where: { $0.text("name") != $1.text("name") }) {
                return errors + [.forbidden(path(list), "containers may not be renamed or reordered on resize")]
            }
            for (index, (container, was)) in zip(wanted, were).enumerated() {
                errors += removal(container["resources"], was["resources"], path(list)[index]("resources"))
                if !isOnlyResized(container, was) {
                    let what = list == "containers" ? "" : " for init containers"
                    errors.append(.forbidden(path, "only cpu and memory resources\(what) are mutable"))
                }
            }
        }
        errors += removal(after["resources"], before["resources"], path("resources"))
        return errors
    }

    private static func removal(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        ["requests", "limits"].filter { field in
            let kept = ResourceList(json: new?[field])
            return ResourceList(json: old?[field]).keys.contains { kept[$0] == nil }
        }.map { .forbidden(path($0), "resource \($0) cannot be removed") }
    }

    /// Nothing but amounts of processor and memory, and the resize policy, which validation of the whole judges.
    private static func isOnlyResized(_ new: JSONValue, _ old: JSONValue) -> Bool {
        func rest(_ container: JSONValue) -> JSONValue {
            var container = container
            container.edit("resources") { resources in
                for field in ["requests", "limits"] {
                    resources.edit(field) { amounts in
                        amounts["cpu"] = nil
                        amounts["memory"] = nil
                    }
                }
            }
            return container
        }
        return SemanticEquality.equal(rest(new), rest(old))
    }
}
