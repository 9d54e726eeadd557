import API
import APIServer
import JSON
import NetworkTypes

/// What every cluster begins with: namespaces, roles, the `kubernetes` Service and its endpoints.
///
/// Run at every start; what is there already stays as it is, but the endpoints follow the configuration.
struct Bootstrap {
    let registry: ObjectRegistry
    let serviceCIDR: CIDR
    let advertiseAddress: IPAddress
    let advertisePort: Int

    static let namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"]

    func run() async throws {
        for name in Self.namespaces {
            try await ensure(
                core("namespaces"), "",
                ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)]])
        }
        for (resource, object) in BuiltInRoles.objects { try await ensure(resource, "", object) }
        try await ensure(core("services"), "default", service)
        try await replace(core("endpoints"), endpoints)
        try await replace(
            GroupVersionResource(group: "discovery.k8s.io", version: "v1", resource: "endpointslices"), endpointSlice)
    }

    private func core(_ resource: String) -> GroupVersionResource {
        GroupVersionResource(group: "", version: "v1", resource: resource)
    }

    private func ensure(_ resource: GroupVersionResource, _ namespace: String, _ object: JSONValue) async throws {
        guard let kind = Catalog.kind(resource) else { return }
        let key = NamespacedName(namespace: namespace, name: object["metadata"]?["name"]?.string ?? "")
        if registry.caches[resource]?.get(key) != nil { return }
        _ = try await registry.create(kind, namespace: namespace, object, .loopback)
    }

    private func replace(_ resource: GroupVersionResource, _ object: JSONValue) async throws {
        guard let kind = Catalog.kind(resource) else { return }
        let key = NamespacedName(namespace: "default", name: "kubernetes")
        guard registry.caches[resource]?.get(key) != nil else {
            _ = try await registry.create(kind, namespace: "default", object, .loopback)
            return
        }
        _ = try await registry.update(kind, key, object, part: .whole, .loopback)
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
                    "addresses": [["ip": .string(advertiseAddress.description)]],
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
            "addressType": .string(advertiseAddress.family == .ipv4 ? "IPv4" : "IPv6"),
            "endpoints": [["addresses": [.string(advertiseAddress.description)], "conditions": ["ready": true]]],
            "ports": [["name": "https", "port": .int(Int64(advertisePort)), "protocol": "TCP"]],
        ]
    }
}
