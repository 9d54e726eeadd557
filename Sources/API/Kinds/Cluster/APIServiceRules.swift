package import JSON

/// - SeeAlso: Kubernetes 1.36 `kube-aggregator/pkg/registry/apiservice/strategy.go`,
///   `kube-aggregator/pkg/apis/apiregistration/validation/validation.go`.
package struct APIServiceRules: KindRules {
    package let separatesStatus = true
    package let allowsUnconditionalUpdate = false
    private let path = FieldPath("spec")

    /// Version and group make the name, so that of the core group ends in a dot.
    package func validateName(_ name: String) -> [String] { [] }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in spec.edit("service") { $0.setDefault("port", 443) } }
    }

    /// What this server serves itself is there at once.
    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = .object([:])
        guard !(object["spec"]?.has("service") ?? false) else { return }
        object["status"] = [
            "conditions": [
                [
                    "type": "Available", "status": "True",
                    "lastTransitionTime": object["metadata"]?["creationTimestamp"] ?? .null, "reason": "Local",
                    "message": "Local APIServices are always available",
                ]
            ]
        ]
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        let (group, version) = (spec.text("group"), spec.text("version"))
        var errors: [FieldError] = []
        if let name = object["metadata"]?.text("name"), name != version + "." + group {
            errors.append(
                .invalid(
                    FieldPath("metadata")("name"), .string(name),
                    "must be `spec.version+\".\"+spec.group`: \"\(version).\(group)\""))
        }
        errors += joined("group", group, group.isEmpty ? [] : NameValidation.dns1123Subdomain(group))
        errors += joined("version", version, NameValidation.dns1035Label(version))
        for (name, max) in [("groupPriorityMinimum", Int64(20_000)), ("versionPriority", 1000)] {
            let value = spec[name]?.int ?? 0
            if value <= 0 || value > max {
                errors.append(.invalid(path(name), .int(value), "must be positive and less than \(max)"))
            }
        }
        guard let service = spec["service"], !service.isNull else { return errors + local(spec) }
        return errors + remote(service, spec)
    }

    private func joined(_ name: String, _ value: String, _ messages: [String]) -> [FieldError] {
        messages.isEmpty ? [] : [.invalid(path(name), .string(value), messages.joined(separator: ","))]
    }

    private func local(_ spec: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        if let bundle = Base64.decode(spec.text("caBundle")), !bundle.isEmpty {
            errors.append(
                .invalid(path("caBundle"), .string("\(bundle.count) bytes"), "local APIServices may not have a caBundle"))
        }
        if spec["insecureSkipTLSVerify"]?.bool ?? false {
            errors.append(
                .invalid(path("insecureSkipTLSVerify"), true, "local APIServices may not have insecureSkipTLSVerify"))
        }
        return errors
    }

    private func remote(_ service: JSONValue, _ spec: JSONValue) -> [FieldError] {
        let at = path("service")
        var errors = FieldCheck.required(service, "namespace", at) + FieldCheck.required(service, "name", at)
        if let port = service["port"]?.int {
            let messages = NameValidation.portNumber(port)
            if !messages.isEmpty {
                errors.append(
                    .invalid(at("port"), .int(port), "port is not valid: " + messages.joined(separator: ",")))
            }
        }
        if spec["insecureSkipTLSVerify"]?.bool ?? false, !spec.text("caBundle").isEmpty {
            errors.append(.invalid(path("insecureSkipTLSVerify"), true, "may not be true if caBundle is present"))
        }
        return errors
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, condition) in (new["status"]?.elements("conditions") ?? []).enumerated() {
            let at = FieldPath("status")("conditions")[index]
            errors += FieldCheck.requiredOneOf(condition, "status", ["True", "False", "Unknown"], at)
            errors += FieldCheck.required(condition, "type", at)
        }
        return errors
    }

    package let columns: [Column] = [
        .objectName, Column("Service", "Who serves the group version."),
        Column("Available", "Whether it can be reached."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var service = "Local"
        if let reference = object["spec"]?["service"], !reference.isNull {
            service = "\(reference.text("namespace"))/\(reference.text("name"))"
        }
        let condition = (object["status"]?.elements("conditions") ?? []).first { $0.text("type") == "Available" }
        var available = condition?.text("status") ?? "Unknown"
        if available != "True", let reason = condition?.text("reason"), !reason.isEmpty { available += " (\(reason))" }
        return [Cells.name(object), .string(service), .string(available), Cells.age(object, now: now)]
    }
}
