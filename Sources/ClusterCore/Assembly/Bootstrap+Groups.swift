import API
import APIServer
import JSON
import NetworkTypes

// What the groups beside the core begin with: priority classes, flow control, the range of service addresses.
extension Bootstrap {
    func ensureGroupObjects() async throws {
        for known in PriorityClassRules.system {
            try await ensure(
                resource("scheduling.k8s.io", "priorityclasses"), "",
                [
                    "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1",
                    "metadata": ["name": .string(known.name)], "value": .int(known.value),
                    "description": .string(known.description),
                ])
        }
        let flow = "flowcontrol.apiserver.k8s.io"
        for level in FlowControlDefaults.mandatoryLevels + FlowControlDefaults.suggestedLevels {
            try await ensure(resource(flow, "prioritylevelconfigurations"), "", level)
        }
        for schema in FlowControlDefaults.mandatorySchemas + FlowControlDefaults.suggestedSchemas {
            let level = schema["spec"]?["priorityLevelConfiguration"]?["name"]?.string ?? ""
            try await ensure(
                resource(flow, "flowschemas"), schema,
                condition: [
                    "type": "Dangling", "status": "False", "reason": "Found",
                    "message": .string(
                        "This FlowSchema references the PriorityLevelConfiguration object named \"\(level)\" and it exists"),
                ])
        }
        try await ensure(
            resource("networking.k8s.io", "servicecidrs"),
            [
                "kind": "ServiceCIDR", "apiVersion": "networking.k8s.io/v1", "metadata": ["name": "kubernetes"],
                "spec": ["cidrs": JSONValue([serviceCIDR, secondaryServiceCIDR].compactMap { $0?.description })],
            ],
            condition: ["type": "Ready", "status": "True", "message": "Kubernetes default Service CIDR is ready"])
    }

    private func resource(_ group: String, _ resource: String) -> GroupVersionResource {
        GroupVersionResource(group: group, version: "v1", resource: resource)
    }

    /// A new object gets one condition, which began now.
    private func ensure(_ resource: GroupVersionResource, _ object: JSONValue, condition: JSONValue) async throws {
        guard let kind = Catalog.kind(resource) else { return }
        let key = NamespacedName(name: object["metadata"]?["name"]?.string ?? "")
        if registry.caches[resource]?.get(key) != nil { return }
        do throws(Status) {
            let created = try await registry.create(kind, namespace: "", object, .loopback)
            var condition = condition
            condition["lastTransitionTime"] = .string(registry.environment.now().description)
            var new = created.object
            new["status"] = ["conditions": [condition]]
            _ = try await registry.update(kind, key, new, part: .status, .loopback)
        } catch {
            // Another server that starts at the same moment was faster.
            guard error.isAlreadyExists || error.isConflict else { throw error }
        }
    }
}
