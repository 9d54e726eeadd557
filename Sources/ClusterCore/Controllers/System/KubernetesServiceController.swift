package import API
package import ControlLoop
package import JSON
package import NetworkTypes

/// Keeps the Service by which pods reach the API server, and its endpoints, as the configuration says.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controlplane/controller/kubernetesservice`.
package struct KubernetesServiceController: Controller {
    package static let name = "kubernetes-service-controller"
    static let key = NamespacedName(namespace: "default", name: "kubernetes")
    private static let portName = "https"
    private static let servicePort: Int64 = 443

    private let clusterIP: IPAddress
    private let servers: [IPAddress]
    private let port: Int

    /// - Parameters:
    ///   - clusterIP: The first address of the range of Services.
    ///   - servers: Where API servers listen, of one family.
    ///   - port: On which port they do.
    package init(clusterIP: IPAddress, servers: [IPAddress], port: Int) {
        self.clusterIP = clusterIP
        self.servers = servers.sorted()
        self.port = port
    }

    package var triggers: [Trigger<NamespacedName>] {
        [Self.ours(Service.self), Self.ours(Endpoints.self), Self.ours(EndpointSlice.self)]
    }

    private static func ours<Object: APIObject>(_ type: Object.Type) -> Trigger<NamespacedName> {
        .on(type) { $0.key == key ? [key] : [] }
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        var plan = Plan()
        let service = snapshot.get(Service.self, key)
        if service == nil {
            plan.add(
                .create(Service.resource, namespace: key.namespace, Self.service(clusterIP, port), tolerates: .alreadyExists))
        } else if let service, service.spec.ports.first?.targetPort != .number(port) || service.spec.ports.count != 1 {
            plan.add(
                .merge(Service.resource, key, ["spec": ["ports": Self.service(clusterIP, port)["spec"]?["ports"] ?? []]]))
        }
        let endpoints = snapshot.get(Endpoints.self, key)
        let subsets = Self.endpoints(servers, port)["subsets"]?.array ?? []
        if endpoints == nil {
            plan.add(
                .create(Endpoints.resource, namespace: key.namespace, Self.endpoints(servers, port), tolerates: .alreadyExists))
        } else if endpoints?.subsets != subsets {
            plan.add(.merge(Endpoints.resource, key, ["subsets": .array(subsets)]))
        }
        let wanted = Self.slice(servers, port)
        let slice = snapshot.get(EndpointSlice.self, key)
        if slice == nil {
            plan.add(.create(EndpointSlice.resource, namespace: key.namespace, wanted, tolerates: .alreadyExists))
        } else if slice?.endpoints != EndpointSlice(json: wanted).endpoints || slice?.ports != EndpointSlice(json: wanted).ports {
            plan.add(
                .merge(
                    EndpointSlice.resource, key,
                    ["endpoints": wanted["endpoints"] ?? [], "ports": wanted["ports"] ?? []]))
        }
        return plan
    }

    // MARK: The three objects, as every server writes them

    package static func service(_ clusterIP: IPAddress, _ port: Int) -> JSONValue {
        [
            "kind": "Service", "apiVersion": "v1",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["component": "apiserver", "provider": "kubernetes"],
            ],
            "spec": [
                "type": "ClusterIP", "clusterIP": .string(clusterIP.description),
                "clusterIPs": [.string(clusterIP.description)], "sessionAffinity": "None",
                "ports": [
                    [
                        "name": .string(portName), "protocol": "TCP", "port": .int(servicePort),
                        "targetPort": .int(Int64(port)),
                    ]
                ],
            ],
        ]
    }

    package static func endpoints(_ servers: [IPAddress], _ port: Int) -> JSONValue {
        [
            "kind": "Endpoints", "apiVersion": "v1",
            "metadata": [
                "name": "kubernetes", "namespace": "default",
                "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
            ],
            "subsets": [
                [
                    "addresses": .array(servers.map { ["ip": .string($0.description)] }),
                    "ports": [["name": .string(portName), "port": .int(Int64(port)), "protocol": "TCP"]],
                ]
            ],
        ]
    }

    package static func slice(_ servers: [IPAddress], _ port: Int) -> JSONValue {
        [
            "kind": .string(EndpointSlice.kind), "apiVersion": .string(EndpointSlice.apiVersion),
            "metadata": [
                "name": "kubernetes", "namespace": "default", "labels": [EndpointSlice.serviceNameLabel: "kubernetes"],
            ],
            "addressType": servers.first?.family == .ipv6 ? "IPv6" : "IPv4",
            "endpoints": .array(
                servers.map { ["addresses": [.string($0.description)], "conditions": ["ready": true]] }),
            "ports": [["name": .string(portName), "port": .int(Int64(port)), "protocol": "TCP"]],
        ]
    }
}
