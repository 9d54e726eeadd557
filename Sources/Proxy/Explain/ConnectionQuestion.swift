package import API
package import NetworkTypes

/// A connection that somebody wants to open, with every name resolved.
package struct ConnectionQuestion: Sendable {
    package enum Source: Hashable, Sendable {
        case pod(Pod)
        case node(Node)
        case outside
    }

    /// How the destination is addressed.
    package enum Way: String, Hashable, Sendable {
        case clusterIP = "cluster IP"
        case externalIP = "external IP"
        case loadBalancer = "load balancer address"
        case nodePort = "node port"
        /// A pod's own address, or a name that resolves to one.
        case direct = "address"
    }

    package var source: Source
    package var sourceAddress: IPAddress
    /// Nil for an address that no Service has.
    package var service: Service?
    /// Of the Service; nil without one, and for a headless Service's pods.
    package var servicePort: ServicePort?
    package var way: Way
    package var address: IPAddress
    package var transport: TransportProtocol
    package var port: NetworkTypes.Port
    /// The node whose rules the first packet meets; nil: not known.
    package var nodeName: String?

    package var family: IPFamily { address.family }

    package var sourceText: String {
        switch source {
        case .pod(let pod): "pod \(pod.key)"
        case .node(let node): "node \(node.metadata.name)"
        case .outside: "\(sourceAddress)"
        }
    }

    package var targetText: String {
        let place = "\(address.family == .ipv6 ? "[\(address)]" : "\(address)"):\(port)/\(transport.kubernetesName)"
        guard let service else { return place }
        return "service \(service.key) at its \(way.rawValue) \(place)"
    }

    package var text: String { "\(sourceText) -> \(targetText)" }

    /// Traffic from pods and nodes is inside the cluster.
    package var isFromOutside: Bool { source == .outside }
}

/// Who may answer a connection.
package struct Candidate: Hashable, Sendable {
    package var backend: Backend
    /// Nil for an address that is no pod's.
    package var pod: NamespacedName?
    package var nodeName: String?

    package init(backend: Backend, pod: NamespacedName? = nil, nodeName: String? = nil) {
        self.backend = backend
        self.pod = pod
        self.nodeName = nodeName
    }

    package var text: String { pod.map { "\(backend.text) (pod \($0))" } ?? backend.text }
}

extension Backend {
    package var text: String { address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
