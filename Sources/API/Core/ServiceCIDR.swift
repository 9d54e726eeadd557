package import JSON
package import NetworkTypes

/// A range that Services get their addresses from.
package struct ServiceCIDR: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "networking.k8s.io", version: "v1", resource: "servicecidrs")
    package static let kind = "ServiceCIDR"
    package static let isNamespaced = false

    /// The one that the server makes of its own configuration.
    package static let defaultName = "kubernetes"
    package static let protectionFinalizer = "networking.k8s.io/service-cidr-finalizer"

    package var metadata: ObjectMeta
    /// One, or one of each family.
    package var ranges: [CIDR]
    package var conditions: [Condition]

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        ranges = (json["spec"]?["cidrs"]?.array ?? []).compactMap { $0.string.flatMap { CIDR(parsing: $0) } }
        conditions = (json["status"]?["conditions"]?.array ?? []).map(Condition.init(json:))
    }

    /// Whether Services may get new addresses from it.
    package var isReady: Bool { !metadata.isBeingDeleted && conditions["Ready"]?.isTrue == true }
}

/// One address of a Service, held by an object of that name: `IPAddress` of the API.
package struct ServiceIPAddress: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "networking.k8s.io", version: "v1", resource: "ipaddresses")
    package static let kind = "IPAddress"
    package static let isNamespaced = false

    package static let managedByLabel = "ipaddress.kubernetes.io/managed-by"
    package static let familyLabel = "ipaddress.kubernetes.io/ip-family"
    package static let manager = "ipallocator.k8s.io"

    package var metadata: ObjectMeta
    /// The group, resource and name of the owner; the namespace is empty for owners without one.
    package var parent: Parent

    package struct Parent: Hashable, Sendable {
        package var group: String
        package var resource: String
        package var namespace: String
        package var name: String
    }

    package init(json: JSONValue) {
        let reference = json["spec"]?["parentRef"]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        parent = Parent(
            group: reference?["group"]?.string ?? "", resource: reference?["resource"]?.string ?? "",
            namespace: reference?["namespace"]?.string ?? "", name: reference?["name"]?.string ?? "")
    }

    package var address: IPAddress? { IPAddress(parsing: metadata.name) }
    /// Whether the server handed it out; others may be made by anybody.
    package var isOurs: Bool { metadata.labels[Self.managedByLabel] == Self.manager }

    /// The object that holds `address` for a Service.
    package static func object(_ address: IPAddress, for service: NamespacedName) -> JSONValue {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind),
            "metadata": [
                "name": .string(address.description),
                "labels": [
                    managedByLabel: .string(manager), familyLabel: address.family == .ipv4 ? "IPv4" : "IPv6",
                ],
            ],
            "spec": [
                "parentRef": [
                    "resource": "services", "namespace": .string(service.namespace),
                    "name": .string(service.name),
                ]
            ],
        ]
    }
}
