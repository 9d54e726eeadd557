package import API
package import JSON
package import NetworkTypes

/// Everything that the input says about who may reach whom: pods with addresses, Services, namespaces, policies.
package struct LabModel: Sendable {
    /// In order of namespace and name.
    package var pods: [LabPod] = []
    package var namespaces: [String: LabNamespace] = [:]
    /// In order of namespace and name.
    package var services: [LabService] = []
    /// In order of the input.
    package var policies: [LabPolicy] = []
    /// Hosts outside the cluster, which the expectations name.
    package var outside: [OutsideHost] = []
    /// Documents of kind Expectations among the input.
    package var expectations: [ManifestObject] = []
    /// How often each kind was left out because it says nothing about reachability.
    package var skippedKinds: [String: Int] = [:]
    package var skipped: [InputProblem] = []
    /// What the user should know although the input is fine.
    package var notices: [InputProblem] = []

    package init() {}

    package func pod(_ name: NamespacedName) -> LabPod? {
        pods.first { $0.namespace == name.namespace && $0.name == name.name }
    }

    /// Makes a host of an address that a flow names and that nobody has.
    package mutating func nameAddresses(of flow: FlowPattern) {
        for case .address(let address) in [flow.source, flow.destination]
        where !pods.contains(where: { $0.addresses.contains(address) })
            && !outside.contains(where: { $0.addresses.contains(address) })
        {
            outside.append(OutsideHost(name: address.description, addresses: [address]))
        }
    }

    /// The pods that policies act on and packets are sent between.
    package var networkedPods: [LabPod] { pods.filter { !$0.isOnHostNetwork } }
}

/// One pod, as it stands in the input or as a workload of the input would make it.
package struct LabPod: Hashable, Sendable {
    package var namespace: String
    package var name: String
    package var labels: [String: String]
    /// What made it; its own name for a bare pod. Replicas of one workload share it.
    package var workload: Workload
    /// Declared `containerPorts`.
    package var ports: [ContainerPortNumber]
    package var isOnHostNetwork: Bool
    /// At most one of each family.
    package var addresses: [IPAddress]
    package var node: String
    package var place: SourcePlace

    package struct Workload: Hashable, Sendable, Comparable, CustomStringConvertible {
        package var namespace: String
        package var kind: String
        package var name: String

        package init(namespace: String, kind: String, name: String) {
            self.namespace = namespace
            self.kind = kind
            self.name = name
        }

        package var description: String { "\(namespace)/\(name)" }

        package static func < (left: Workload, right: Workload) -> Bool {
            (left.namespace, left.name, left.kind) < (right.namespace, right.name, right.kind)
        }
    }

    package var key: NamespacedName { NamespacedName(namespace: namespace, name: name) }
    package func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }

    /// The pod as the engine and the compiler read it: running, with its addresses.
    package var json: JSONValue {
        let ports: [JSONValue] = self.ports.map { port in
            var json: JSONValue = ["containerPort": JSONValue(port.number), "protocol": .string(port.transport.kubernetesName)]
            if !port.name.isEmpty { json["name"] = .string(port.name) }
            return json
        }
        let addresses: [JSONValue] = self.addresses.map { ["ip": .string($0.description)] }
        var status: JSONValue = ["phase": "Running", "podIPs": .array(addresses)]
        if let first = self.addresses.first { status["podIP"] = .string(first.description) }
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string("\(namespace)/\(name)"),
                "labels": JSONValue(labels),
            ],
            "spec": [
                "nodeName": .string(node), "hostNetwork": .bool(isOnHostNetwork),
                "containers": [["name": "main", "ports": .array(ports)]],
            ],
            "status": status,
        ]
    }
}

/// A port that a container declares.
package struct ContainerPortNumber: Hashable, Sendable {
    /// Empty when it has none.
    package var name: String
    package var number: Int
    package var transport: TransportProtocol

    package init(name: String = "", number: Int, transport: TransportProtocol) {
        self.name = name
        self.number = number
        self.transport = transport
    }

    package var listening: ListeningPort? {
        Port(exactly: number).map { ListeningPort(transport: transport, number: $0) }
    }
}

/// A port of one transport protocol: what a probe aims at.
package struct ListeningPort: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var transport: TransportProtocol
    package var number: Port

    package init(transport: TransportProtocol, number: Port) {
        self.transport = transport
        self.number = number
    }

    package var description: String { "\(number)/\(transport.name)" }

    package static func < (left: ListeningPort, right: ListeningPort) -> Bool {
        (left.transport, left.number) < (right.transport, right.number)
    }
}

/// A namespace, from the input or implied by what lives in it.
package struct LabNamespace: Hashable, Sendable {
    package var name: String
    /// With `kubernetes.io/metadata.name`, which every namespace carries.
    package var labels: [String: String]
    /// Nil: the input has no such Namespace.
    package var place: SourcePlace?

    package static let nameLabel = "kubernetes.io/metadata.name"

    package init(name: String, labels: [String: String] = [:], place: SourcePlace? = nil) {
        self.name = name
        self.labels = labels
        self.labels[Self.nameLabel] = name
        self.place = place
    }

    package var json: JSONValue {
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name), "labels": JSONValue(labels)]]
    }
}

/// A Service with the pods behind it.
package struct LabService: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var port: ListeningPort
        /// Backends in the order of pods; the port is the one that the pod sees.
        package var backends: [Backend]
    }

    package struct Backend: Hashable, Sendable {
        package var pod: NamespacedName
        package var port: ListeningPort
    }

    package var namespace: String
    package var name: String
    /// Empty for a headless Service and for ExternalName.
    package var addresses: [IPAddress]
    package var entries: [Entry]
    package var place: SourcePlace

    package var key: NamespacedName { NamespacedName(namespace: namespace, name: name) }
    package func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}

/// A NetworkPolicy or ClusterNetworkPolicy, with defaults applied, that passed validation.
package struct LabPolicy: Hashable, Sendable {
    package var object: ManifestObject

    package init(object: ManifestObject) { self.object = object }

    package var kind: String { object.kind }
    package var namespace: String { object.namespace }
    package var name: String { object.name }
    package var key: NamespacedName { NamespacedName(namespace: namespace, name: name) }
    package var place: SourcePlace { object.place }
    package var value: JSONValue { object.value }
    package var isClusterWide: Bool { kind == "ClusterNetworkPolicy" }
}

/// A host outside the cluster: an address that no pod has.
package struct OutsideHost: Hashable, Sendable {
    package var name: String
    /// At most one of each family.
    package var addresses: [IPAddress]

    package init(name: String, addresses: [IPAddress]) {
        self.name = name
        self.addresses = addresses
    }

    package func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}
