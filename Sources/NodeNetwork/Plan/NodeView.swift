package import API
package import NetworkTypes

/// What routing needs to know of a Node.
package struct NodeView: Hashable, Sendable {
    package var name: String
    /// `status.addresses` of type `InternalIP`, at most one is used per family.
    package var addresses: [IPAddress]
    package var podCIDRs: [CIDR]
    /// Entries of `spec.podCIDRs` that are no prefixes.
    package var unreadable: [String]
    /// Of two nodes that claim the same pods the older one has them.
    package var created: Timestamp

    package init(
        name: String, addresses: [IPAddress], podCIDRs: [CIDR], unreadable: [String] = [],
        created: Timestamp = Timestamp(seconds: 0)
    ) {
        self.name = name
        self.addresses = addresses
        self.podCIDRs = podCIDRs
        self.unreadable = unreadable
        self.created = created
    }

    package init(_ node: Node) {
        let texts = node.podCIDRs.isEmpty && !node.podCIDR.isEmpty ? [node.podCIDR] : node.podCIDRs
        self.init(
            name: node.metadata.name,
            addresses: node.addresses.filter { $0.type == "InternalIP" }.compactMap { IPAddress(parsing: $0.address) },
            podCIDRs: texts.compactMap { CIDR(parsing: $0) }, unreadable: texts.filter { CIDR(parsing: $0) == nil },
            created: node.metadata.creationTimestamp ?? Timestamp(seconds: .max))
    }

    package func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}
