package import API
package import NetworkTypes

/// What the cluster says beside Services and endpoints, and the rules depend on.
package struct ClusterFacts: Hashable, Sendable {
    /// Nil: not known, or there is no such Node.
    package var node: NodeFacts?
    /// Ranges of cluster IPs, in order.
    package var serviceCIDRs: [CIDR]

    package init(node: NodeFacts? = nil, serviceCIDRs: [CIDR] = []) {
        self.node = node
        self.serviceCIDRs = serviceCIDRs
    }
}

/// What the proxy reads of its own Node. Heartbeats change none of it.
package struct NodeFacts: Hashable, Sendable {
    package static let zoneLabel = "topology.kubernetes.io/zone"

    package var zone: String?
    /// Internal addresses as the Node lists them, external ones without any.
    package var addresses: [IPAddress]
    package var podCIDRs: [CIDR]

    package init(zone: String? = nil, addresses: [IPAddress] = [], podCIDRs: [CIDR] = []) {
        self.zone = zone
        self.addresses = addresses
        self.podCIDRs = podCIDRs
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/util/node`, `GetNodeHostIPs`.
    package init(_ node: Node) {
        zone = node.metadata.labels[Self.zoneLabel].flatMap { $0.isEmpty ? nil : $0 }
        func addresses(_ type: String) -> [IPAddress] {
            node.addresses.filter { $0.type == type }.compactMap { IPAddress(parsing: $0.address) }
        }
        let inside = addresses("InternalIP")
        self.addresses = inside.isEmpty ? addresses("ExternalIP") : inside
        let prefixes = node.podCIDRs.isEmpty ? [node.podCIDR] : node.podCIDRs
        podCIDRs = prefixes.compactMap { CIDR(parsing: $0) }
    }
}
