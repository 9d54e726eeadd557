import API
import JSON

// What the nodes' network parts may read beyond what upstream's role for a service proxy grants.
extension Bootstrap {
    /// The group in the certificate that the nodes' proxy, policies and name server present.
    static let networkAgents = "skiff:network-agents"

    func ensureNetworkAgents() async throws {
        let group = "rbac.authorization.k8s.io"
        func resource(_ name: String) -> GroupVersionResource {
            GroupVersionResource(group: group, version: "v1", resource: name)
        }
        func rule(_ group: String, _ resources: [String], _ verbs: [String]) -> JSONValue {
            ["apiGroups": [.string(group)], "resources": JSONValue(resources), "verbs": JSONValue(verbs)]
        }
        let read = ["get", "list", "watch"]
        try await ensure(
            resource("clusterroles"), "",
            [
                "kind": "ClusterRole", "apiVersion": .string("\(group)/v1"), "metadata": ["name": .string(Self.networkAgents)],
                "rules": [
                    rule("", ["pods", "namespaces", "nodes", "services"], read),
                    rule("discovery.k8s.io", ["endpointslices"], read),
                    rule("networking.k8s.io", ["networkpolicies"], read),
                    rule("policy.networking.k8s.io", ["clusternetworkpolicies"], read),
                    rule("", ["events"], ["create", "patch", "update"]),
                    rule("events.k8s.io", ["events"], ["create", "patch", "update"]),
                ],
            ])
        try await ensure(
            resource("clusterrolebindings"), "",
            [
                "kind": "ClusterRoleBinding", "apiVersion": .string("\(group)/v1"),
                "metadata": ["name": .string(Self.networkAgents)],
                "roleRef": ["apiGroup": .string(group), "kind": "ClusterRole", "name": .string(Self.networkAgents)],
                "subjects": [["apiGroup": .string(group), "kind": "Group", "name": .string(Self.networkAgents)]],
            ])
    }
}
