package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/node/strategy.go`, `ValidateNode`, `SetDefaults_NodeStatus`, `printNode`.
package struct NodeRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["spec.unschedulable"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["spec"]?["unschedulable"]?.bool ?? false)
    }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            let (single, all) = (spec.text("podCIDR"), spec.elements("podCIDRs"))
            if !single.isEmpty, all.isEmpty { spec["podCIDRs"] = [.string(single)] }
            if single.isEmpty, let first = all.first { spec["podCIDR"] = first }
        }
        object.edit("status") { status in
            if !(status["allocatable"]?.object?.members.isEmpty ?? true) { return }
            if let capacity = status["capacity"], !capacity.isNull { status["allocatable"] = capacity }
        }
    }

    /// A node brings its status along when it registers.
    package func prepareForCreate(_ object: inout JSONValue) {}

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) { new["status"] = old["status"] }

    package func validate(_ object: JSONValue) -> [FieldError] { NodeValidation.validate(object, old: nil) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        (NodeValidation.validate(new, old: old) + NodeValidation.update(new, old)).unique
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { NodeValidation.update(new, old) }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        let spec = object["spec"] ?? [:]
        return [
            ("configSource", "the feature is no longer supported"),
            ("externalID", "this field is deprecated, and is unused by Kubernetes"),
        ].filter { spec.has($0.0) }.map { "spec.\($0.0): \($0.1)" }
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
