package import API
package import NetworkTypes
package import Policy

/// One end of a probe, by position in its model.
package enum LabHost: Hashable, Sendable {
    case pod(Int)
    case outside(Int)
    /// The node that all pods run on.
    case node
}

/// One connection to try: from a host to a port of another one.
package struct Probe: Hashable, Sendable {
    package var source: LabHost
    package var destination: LabHost
    /// The port that the destination sees.
    package var port: ListeningPort
    package var family: IPFamily
    /// The virtual address that the packet is sent to; nil: the destination's own.
    package var service: ServiceDoor?

    package init(
        from source: LabHost, to destination: LabHost, _ port: ListeningPort, family: IPFamily, service: ServiceDoor? = nil
    ) {
        self.source = source
        self.destination = destination
        self.port = port
        self.family = family
        self.service = service
    }
}

/// A Service's port, by which a probe reaches a pod.
package struct ServiceDoor: Hashable, Sendable {
    package var service: NamespacedName
    package var address: IPAddress
    package var port: ListeningPort
    /// Which of the Service's backends this probe is led to.
    package var backend: Int
}

/// What became of the packets of a probe.
package enum PacketOutcome: Hashable, Sendable {
    /// The destination answered; SCTP: the first packet arrived there.
    case answered
    /// A rule dropped the first packet; the text is what the rule's report says.
    case dropped(String)
    /// Neither an answer nor a report within the time.
    case silent
    /// The packet could not be sent.
    case failed(errno: Int32)

    package var isAllowed: Bool { self == .answered }
}

/// The model with its engine: answers probes without a packet, and names hosts.
package struct LabOracle: Sendable {
    package static let nodeName = "node"

    package let model: LabModel
    package let engine: PolicyEngine

    package init(_ model: LabModel, options: PolicyOptions = PolicyOptions()) {
        self.init(model, policies: model.policies, options: options)
    }

    /// The same pods under other policies.
    package init(_ model: LabModel, policies: [LabPolicy], options: PolicyOptions = PolicyOptions()) {
        self.model = model
        engine = PolicyEngine(Self.world(model, policies: policies), options)
    }

    package static func world(_ model: LabModel, policies: [LabPolicy]) -> PolicyWorld {
        var network: [NetworkPolicy] = []
        var cluster: [ClusterNetworkPolicy] = []
        for policy in policies {
            if policy.isClusterWide {
                cluster.append(ClusterNetworkPolicy(json: policy.value))
            } else {
                network.append(NetworkPolicy(json: policy.value))
            }
        }
        return PolicyWorld(
            pods: model.networkedPods.map { PolicyPod($0) },
            namespaces: model.namespaces.values.map { PolicyNamespace($0.name, labels: $0.labels) },
            policies: network, clusterPolicies: cluster,
            nodes: [PolicyNode(nodeName, addresses: nodeAddresses)])
    }

    /// Of the node that all pods run on.
    package static let nodeAddresses = ["169.254.1.1", "fd00:10:254::1"].compactMap { IPAddress(parsing: $0) }

    package func verdict(_ probe: Probe) -> ConnectionVerdict? {
        guard let source = party(probe.source, probe.family), let destination = party(probe.destination, probe.family) else {
            return nil
        }
        return engine.verdict(
            Connection(
                from: source, to: destination, probe.port.transport, probe.port.number.rawValue, family: probe.family))
    }

    package func allows(_ probe: Probe) -> Bool { verdict(probe)?.isAllowed ?? false }

    private func party(_ host: LabHost, _ family: IPFamily) -> Party? {
        switch host {
        case .pod(let index): .pod(model.pods[index].key)
        case .outside(let index): model.outside[index].address(family).map { .address($0) }
        case .node: .node(Self.nodeName)
        }
    }

    package func address(_ host: LabHost, _ family: IPFamily) -> IPAddress? {
        switch host {
        case .pod(let index): model.pods[index].address(family)
        case .outside(let index): model.outside[index].address(family)
        case .node: Self.nodeAddresses.first { $0.family == family }
        }
    }

    package func name(_ host: LabHost) -> String {
        switch host {
        case .pod(let index): model.pods[index].key.description
        case .outside(let index): "outside:\(model.outside[index].name)"
        case .node: "node"
        }
    }

    /// `shop/web-0 -> shop/db-0:5432/tcp`, with the family where it is not IPv4.
    package func name(_ probe: Probe) -> String {
        let port = probe.service?.port ?? probe.port
        let target = probe.service.map { "service:\($0.service)" } ?? name(probe.destination)
        let behind = probe.service == nil ? "" : " (\(name(probe.destination)):\(probe.port.number))"
        let family = probe.family == .ipv6 ? " over IPv6" : ""
        return "\(name(probe.source)) -> \(target):\(port)\(behind)\(family)"
    }
}

extension PolicyPod {
    init(_ pod: LabPod) {
        self.init(
            pod.key, uid: pod.key.description, labels: pod.labels, addresses: pod.addresses,
            ports: pod.ports.compactMap { port in
                guard !port.name.isEmpty, let number = UInt16(exactly: port.number) else { return nil }
                return NamedPort(port.name, port.transport, number)
            }, nodeName: LabOracle.nodeName, usesHostNetwork: pod.isOnHostNetwork)
    }
}
