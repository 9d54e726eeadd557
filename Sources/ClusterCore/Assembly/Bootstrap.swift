import API
import APIServer
import ControlLoop
import Controllers
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
    let secondaryServiceCIDR: CIDR?
    /// Of every server, in order.
    let advertiseAddresses: [IPAddress]
    let advertisePort: Int

    func run() async throws {
        for name in SystemNamespacesController.namespaces {
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
        try await ensureNetworkAgents()
        // Upstream gives it the first address of the range, outside what is handed out freely.
        if let address = serviceCIDR.address(at: 1) {
            try await ensure(core("services"), "default", KubernetesServiceController.service(address, advertisePort))
        }
        try await ensureNameService()
        // No endpoint may be a loopback address: a server that is reached no other way has none.
        guard !advertiseAddresses.contains(where: \.isLoopback) else { return }
        try await writeEndpoints()
    }

    /// Brings the endpoints of the `kubernetes` Service in line with the servers there are.
    func writeEndpoints() async throws {
        try await replace(
            core("endpoints"), KubernetesServiceController.endpoints(advertiseAddresses, advertisePort))
        try await replace(
            GroupVersionResource(group: "discovery.k8s.io", version: "v1", resource: "endpointslices"),
            KubernetesServiceController.slice(advertiseAddresses, advertisePort))
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
}
