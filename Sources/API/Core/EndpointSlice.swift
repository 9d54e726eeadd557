package import JSON
package import NetworkTypes

/// A part of the endpoints of one Service: addresses of one family that listen on the same ports.
package struct EndpointSlice: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "discovery.k8s.io", version: "v1", resource: "endpointslices")
    package static let kind = "EndpointSlice"
    package static let isNamespaced = true

    /// Label that names the Service that a slice belongs to.
    package static let serviceNameLabel = "kubernetes.io/service-name"
    /// Label that names who writes the slice.
    package static let managedByLabel = "endpointslice.kubernetes.io/managed-by"
    /// Label of slices of a headless Service.
    package static let headlessLabel = "service.kubernetes.io/headless"

    package var metadata: ObjectMeta
    /// `IPv4`, `IPv6` or `FQDN`.
    package var addressType: String
    package var endpoints: [Endpoint]
    /// Empty: no port is known.
    package var ports: [EndpointPort]

    package init(metadata: ObjectMeta, addressType: String = "IPv4", endpoints: [Endpoint] = [], ports: [EndpointPort] = []) {
        self.metadata = metadata
        self.addressType = addressType
        self.endpoints = endpoints
        self.ports = ports
    }

    package init(json: JSONValue) {
        self.init(
            metadata: ObjectMeta(json: json["metadata"] ?? .null), addressType: json["addressType"]?.string ?? "",
            endpoints: json["endpoints"]?.array?.map(Endpoint.init(json:)) ?? [],
            ports: json["ports"]?.array?.map(EndpointPort.init(json:)) ?? [])
    }

    /// The Service that the slice belongs to; nil without the label.
    package var service: NamespacedName? {
        guard let name = metadata.labels[Self.serviceNameLabel], !name.isEmpty else { return nil }
        return NamespacedName(namespace: metadata.namespace, name: name)
    }

    /// Nil for `FQDN` and names that we do not know.
    package var family: IPFamily? { IPFamily(kubernetesName: addressType) }
}

/// One entry of an EndpointSlice's `endpoints`.
package struct Endpoint: Hashable, Sendable {
    /// Fungible; only the first one is used, as upstream does.
    package var addresses: [String]
    /// Nil reads as true.
    package var ready: Bool?
    /// Nil reads as `ready`.
    package var serving: Bool?
    /// Nil reads as false.
    package var terminating: Bool?
    package var hostname: String
    package var nodeName: String?
    package var zone: String?
    /// `hints.forZones[].name`
    package var zoneHints: [String]
    /// `hints.forNodes[].name`
    package var nodeHints: [String]
    package var targetRef: ObjectReference?
    package var deprecatedTopology: [String: String]

    package init(
        addresses: [String], ready: Bool? = true, serving: Bool? = nil, terminating: Bool? = nil, hostname: String = "",
        nodeName: String? = nil, zone: String? = nil, zoneHints: [String] = [], nodeHints: [String] = [],
        targetRef: ObjectReference? = nil, deprecatedTopology: [String: String] = [:]
    ) {
        self.addresses = addresses
        self.ready = ready
        self.serving = serving
        self.terminating = terminating
        self.hostname = hostname
        self.nodeName = nodeName
        self.zone = zone
        self.zoneHints = zoneHints
        self.nodeHints = nodeHints
        self.targetRef = targetRef
        self.deprecatedTopology = deprecatedTopology
    }

    package init(json: JSONValue) {
        let conditions = json["conditions"]
        func names(_ list: String) -> [String] {
            json["hints"]?[list]?.array?.compactMap { $0["name"]?.string } ?? []
        }
        self.init(
            addresses: json["addresses"]?.array?.compactMap(\.string) ?? [],
            ready: conditions?["ready"]?.bool, serving: conditions?["serving"]?.bool,
            terminating: conditions?["terminating"]?.bool, hostname: json["hostname"]?.string ?? "",
            nodeName: json["nodeName"]?.string, zone: json["zone"]?.string, zoneHints: names("forZones"),
            nodeHints: names("forNodes"), targetRef: json["targetRef"].map(ObjectReference.init(json:)),
            deprecatedTopology: json["deprecatedTopology"]?.object?.strings ?? [:])
    }

    package var isReady: Bool { ready ?? true }
    package var isServing: Bool { serving ?? isReady }
    package var isTerminating: Bool { terminating ?? false }
}

/// One entry of an EndpointSlice's `ports`.
package struct EndpointPort: Hashable, Sendable {
    /// Equal to the Service port's name; empty for an unnamed one.
    package var name: String
    package var transport: String
    /// Nil: not known, such a port is ignored.
    package var port: Int?
    package var appProtocol: String?

    package init(name: String = "", transport: String = "TCP", port: Int?, appProtocol: String? = nil) {
        self.name = name
        self.transport = transport
        self.port = port
        self.appProtocol = appProtocol
    }

    package init(json: JSONValue) {
        self.init(
            name: json["name"]?.string ?? "", transport: json["protocol"]?.string ?? "TCP",
            port: json["port"]?.int.flatMap { Int(exactly: $0) }, appProtocol: json["appProtocol"]?.string)
    }

    package var transportProtocol: TransportProtocol? { TransportProtocol(kubernetesName: transport) }
}
