package import API
package import JSON
package import NetworkTypes

/// A container port with a name: what a policy's named port resolves to.
package struct NamedPort: Hashable, Sendable {
    package var name: String
    package var transport: TransportProtocol
    package var number: UInt16

    package init(_ name: String, _ transport: TransportProtocol, _ number: UInt16) {
        self.name = name
        self.transport = transport
        self.number = number
    }
}

/// A Pod as policies see it.
package struct PolicyPod: Hashable, Sendable {
    package var key: NamespacedName
    /// Empty where objects come from files.
    package var uid: String
    package var labels: [String: String]
    /// Every address of either family; of a pod in the host's network the node's.
    package var addresses: [IPAddress]
    package var ports: [NamedPort]
    /// Empty: not placed.
    package var nodeName: String
    package var usesHostNetwork: Bool
    /// None of its containers runs or will run again: its addresses may belong to another pod.
    package var isFinished: Bool

    package init(
        _ key: NamespacedName, uid: String = "", labels: [String: String] = [:], addresses: [IPAddress] = [],
        ports: [NamedPort] = [], nodeName: String = "", usesHostNetwork: Bool = false, isFinished: Bool = false
    ) {
        self.key = key
        self.uid = uid
        self.labels = labels
        self.addresses = addresses
        self.ports = ports
        self.nodeName = nodeName
        self.usesHostNetwork = usesHostNetwork
        self.isFinished = isFinished
    }

    package init(_ pod: Pod) {
        let containers = pod.spec.containers + pod.spec.initContainers.filter(\.isRestartable)
        let texts = pod.status.podIPs.isEmpty ? [pod.status.podIP] : pod.status.podIPs
        self.init(
            // The runtime knows a static pod by the uid that its mirror carries in an annotation.
            pod.key, uid: pod.metadata.annotations["kubernetes.io/config.mirror"] ?? pod.metadata.uid,
            labels: pod.metadata.labels,
            addresses: texts.compactMap { IPAddress(parsing: $0) },
            ports: containers.flatMap(\.ports).compactMap { port in
                guard !port.name.isEmpty, let number = UInt16(exactly: port.containerPort),
                    let transport = TransportProtocol(kubernetesName: port.protocol.isEmpty ? "TCP" : port.protocol)
                else { return nil }
                return NamedPort(port.name, transport, number)
            },
            nodeName: pod.spec.nodeName, usesHostNetwork: pod.spec.hostNetwork, isFinished: pod.isFinished)
    }

    package init(json: JSONValue) { self.init(Pod(json: json)) }

    /// Whether selectors of peers and subjects may choose it. One without addresses is chosen too: it has no traffic yet.
    package var isSelectable: Bool { !usesHostNetwork && !isFinished }

    package func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}

/// A Namespace as policies see it.
package struct PolicyNamespace: Hashable, Sendable {
    package static let nameLabel = "kubernetes.io/metadata.name"

    package let name: String
    /// With `kubernetes.io/metadata.name`, whether or not the object had it.
    package let labels: [String: String]

    package init(_ name: String, labels: [String: String] = [:]) {
        self.name = name
        self.labels = labels.merging([Self.nameLabel: name]) { _, own in own }
    }

    package init(json: JSONValue) {
        let meta = ObjectMeta(json: json["metadata"] ?? [:])
        self.init(meta.name, labels: meta.labels)
    }
}

/// A Node as policies see it.
package struct PolicyNode: Hashable, Sendable {
    package var name: String
    package var labels: [String: String]
    /// Internal and external ones.
    package var addresses: [IPAddress]

    package init(_ name: String, labels: [String: String] = [:], addresses: [IPAddress] = []) {
        self.name = name
        self.labels = labels
        self.addresses = addresses
    }

    package init(json: JSONValue) {
        let node = Node(json: json)
        self.init(
            node.metadata.name, labels: node.metadata.labels,
            addresses: node.addresses.compactMap { IPAddress(parsing: $0.address) })
    }
}
