import API
import APIServer
import ControlLoop
import JSON
import NetworkTypes

/// What every cluster begins with: namespaces, roles, the `kubernetes` Service and its endpoints.
///
/// Run at every start; what is there already stays as it is, but roles get back what they lack, and the endpoints follow the
/// configuration.
struct Bootstrap {
    let registry: ObjectRegistry
    let lifecycle: ServerLifecycle
    let serviceCIDR: CIDR
    /// Of every server, in order.
    let advertiseAddresses: [IPAddress]
    let advertisePort: Int

    static let namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"]

    func run() async throws {
        for name in Self.namespaces {
            try await ensure(
                core("namespaces"), "",
                ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]])
        }
        lifecycle.finish(.systemNamespaces)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in BootstrapPolicy.entries { group.addTask { try await reconcile(entry) } }
            try await group.waitForAll()
        }
        lifecycle.finish(.roles)
        try await ensureGroupObjects()
        try await ensure(core("services"), "default", service)
        // No endpoint may be a loopback address: a server that is reached no other way has none.
        guard !advertiseAddresses.contains(where: \.isLoopback) else { return }
        try await writeEndpoints()
    }

    /// Brings the endpoints of the `kubernetes` Service in line with the servers there are.
    func writeEndpoints() async throws {
        try await replace(core("endpoints"), endpoints)
        try await replace(
            GroupVersionResource(group: "discovery.k8s.io", version: "v1", resource: "endpointslices"), endpointSlice)
    }

    private func core(_ resource: String) -> GroupVersionResource {
        GroupVersionResource(group: "", version: "v1", resource: resource)
    }

    func ensure(_ resource: GroupVersionResource, _ namespace: String, _ object: JSONValue) async throws {
        guard let kind = Catalog.kind(resource) else { return }
        let key = NamespacedName(namespace: namespace, name: object["metadata"]?["name"]?.string ?? "")
        if registry.caches[resource]?.get(key) != nil { return }
        do {
            _ = try await registry.create(kind, namespace: namespace, object, .loopback)
        } catch {
            // Another server that starts at the same moment was faster.
            guard error.isAlreadyExists else { throw error }
        }
    }

    /// Makes a role or binding, or gives it back what it lacks.
    private func reconcile(_ entry: BootstrapPolicy.Entry) async throws {
        guard let kind = Catalog.kind(entry.resource) else { return }
        guard let found = registry.caches[entry.resource]?.get(entry.key) else {
            return try await create(kind, entry.key.namespace, entry.object)
        }
        switch PolicyReconciliation.plan(expected: entry.object, found: found.object) {
        case .keep: break
        case .update(let object): _ = try await registry.update(kind, entry.key, object, part: .whole, .loopback)
        case .recreate(let object):
            _ = try await registry.delete(kind, entry.key, DeletionOptions(), .loopback)
            try await create(kind, entry.key.namespace, object)
        }
    }

    /// Another server of the same store may have been faster.
    private func create(_ kind: KindDefinition, _ namespace: String, _ object: JSONValue) async throws {
        do throws(Status) {
            _ = try await registry.create(kind, namespace: namespace, object, .loopback)
        } catch {
            guard error.isAlreadyExists else { throw error }
        }
    }

    private func replace(_ resource: GroupVersionResource, _ object: JSONValue) async throws {
        guard let kind = Catalog.kind(resource) else { return }
        let key = NamespacedName(namespace: "default", name: "kubernetes")
        do {
            guard registry.caches[resource]?.get(key) != nil else {
                _ = try await registry.create(kind, namespace: "default", object, .loopback)
                return
            }
            _ = try await registry.update(kind, key, object, part: .whole, .loopback)
        } catch {
            // Another server writes the same; the next look puts right what is still amiss.
            guard error.isAlreadyExists || error.isConflict else { throw error }
        }
    }

    private var service: JSONValue {
        // Upstream gives it the first address of the range, outside what is handed out freely.
        let address = serviceCIDR.address(at: 1)?.description ?? ""
        return [
            "kind": "Service", "apiVersion": "v1",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["component": "apiserver", "provider": "kubernetes"],
            ],
            "spec": [
                "type": "ClusterIP", "clusterIP": .string(address), "clusterIPs": [.string(address)],
                "sessionAffinity": "None",
                "ports": [
                    ["name": "https", "protocol": "TCP", "port": 443, "targetPort": .int(Int64(advertisePort))]
                ],
            ],
        ]
    }

    private var endpoints: JSONValue {
        [
            "kind": "Endpoints", "apiVersion": "v1",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
            ],
            "subsets": [
                [
                    "addresses": .array(advertiseAddresses.map { ["ip": .string($0.description)] }),
                    "ports": [["name": "https", "port": .int(Int64(advertisePort)), "protocol": "TCP"]],
                ]
            ],
        ]
    }

    private var endpointSlice: JSONValue {
        [
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": [
                "name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"],
            ],
            "addressType": .string(advertiseAddresses.first?.family == .ipv6 ? "IPv6" : "IPv4"),
            "endpoints": .array(
                advertiseAddresses.map { ["addresses": [.string($0.description)], "conditions": ["ready": true]] }),
            "ports": [["name": "https", "port": .int(Int64(advertisePort)), "protocol": "TCP"]],
        ]
    }
}
