package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/node/strategy.go`, `ValidateNode`, `SetDefaults_NodeStatus`, `printNode`.
package struct NodeRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["spec.unschedulable"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["spec"]?["unschedulable"]?.bool ?? false)
    }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("status") { status in
            if !(status["allocatable"]?.object?.members.isEmpty ?? true) { return }
            if let capacity = status["capacity"], !capacity.isNull { status["allocatable"] = capacity }
        }
    }

    /// A node brings its status along when it registers.
    package func prepareForCreate(_ object: inout JSONValue) {}

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        for (index, taint) in (object["spec"]?.elements("taints") ?? []).enumerated() {
            let at = path("taints")[index]
            let key = taint.text("key")
            errors += NameValidation.qualifiedName(key).map { .invalid(at("key"), .string(key), $0) }
            let value = taint.text("value")
            errors += NameValidation.labelValue(value).map { .invalid(at("value"), .string(value), $0) }
            let effect = taint.text("effect")
            let effects = ["NoExecute", "NoSchedule", "PreferNoSchedule"]
            if effect.isEmpty {
                errors.append(.required(at("effect")))
            } else if !effects.contains(effect) {
                errors.append(.notSupported(at("effect"), .string(effect), supported: effects))
            }
        }
        for (index, range) in (object["spec"]?.elements("podCIDRs") ?? []).enumerated()
        where CIDR(parsing: range.string ?? "") == nil {
            errors.append(
                .invalid(
                    path("podCIDRs")[index], range,
                    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"))
        }
        return errors
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["status"] = old["status"]
        let single = new["spec"]?.text("podCIDR") ?? ""
        if !single.isEmpty, new["spec"]?.elements("podCIDRs").isEmpty ?? true {
            new[path: ["spec", "podCIDRs"]] = .array([.string(single)])
        }
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = validate(new)
        let path = FieldPath("spec")
        let before = old["spec"]?.elements("podCIDRs") ?? []
        if !before.isEmpty, new["spec"]?.elements("podCIDRs") ?? [] != before {
            errors.append(.forbidden(path("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
        }
        let provider = old["spec"]?.text("providerID") ?? ""
        if !provider.isEmpty, new["spec"]?.text("providerID") ?? "" != provider {
            errors.append(.forbidden(path("providerID"), "node updates may not change providerID except from \"\" to valid"))
        }
        return errors
    }

    package let columns: [Column] = [
        .objectName,
        Column("Status", "Whether the node is ready, and whether pods may be placed on it."),
        Column("Roles", "Roles from the node's labels."),
        .age,
        Column("Version", "Version of the kubelet."),
        Column("Internal-IP", wide: true, "Address inside the cluster."),
        Column("External-IP", wide: true, "Address outside the cluster."),
        Column("OS-Image", wide: true, "Operating system."),
        Column("Kernel-Version", wide: true, "Kernel."),
        Column("Container-Runtime", wide: true, "Container runtime and its version."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let status = object["status"] ?? [:]
        let system = status["nodeInfo"] ?? [:]
        func address(_ type: String) -> JSONValue {
            Cells.text(status.elements("addresses").first { $0.text("type") == type }?["address"])
        }
        func fact(_ name: String) -> JSONValue { .string(system.text(name).isEmpty ? "<unknown>" : system.text(name)) }
        return [
            Cells.name(object), .string(condition(object)), .string(roles(object)), Cells.age(object, now: now),
            .string(system.text("kubeletVersion")), address("InternalIP"), address("ExternalIP"), fact("osImage"),
            fact("kernelVersion"), fact("containerRuntimeVersion"),
        ]
    }

    private func condition(_ object: JSONValue) -> String {
        let ready = object["status"]?.elements("conditions").first { $0.text("type") == "Ready" }
        var text = ready.map { $0.text("status") == "True" ? "Ready" : "NotReady" } ?? "Unknown"
        if object["spec"]?["unschedulable"]?.bool ?? false { text += ",SchedulingDisabled" }
        return text
    }

    private func roles(_ object: JSONValue) -> String {
        let prefix = "node-role.kubernetes.io/"
        var roles: Set<String> = []
        for member in object["metadata"]?["labels"]?.object?.members ?? [] {
            if member.key.hasPrefix(prefix), member.key.count > prefix.count {
                roles.insert(String(member.key.dropFirst(prefix.count)))
            } else if member.key == "kubernetes.io/role", let role = member.value.string, !role.isEmpty {
                roles.insert(role)
            }
        }
        return roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ",")
    }
}
