package import NetworkTypes

/// The address families of a cluster's nodes, pods and Services.
package enum ClusterFamilies: String, Hashable, Sendable, CaseIterable {
    case ipv4, ipv6, dual

    /// The primary one first.
    package var list: [IPFamily] {
        switch self {
        case .ipv4: [.ipv4]
        case .ipv6: [.ipv6]
        case .dual: [.ipv4, .ipv6]
        }
    }
}

/// The ranges of a cluster on this machine. They live in namespaces of their own, so two clusters may have the same.
extension ClusterPlan {
    /// The nodes' cables: the bridge, and the API server on it, have the first address.
    package static func fabricNetwork(_ family: IPFamily) -> CIDR { constant(family == .ipv4 ? "172.18.0.0/24" : "fd18::/64") }

    /// /24 and /64 a node: 256 nodes of IPv4, 65,536 of IPv6.
    package static func podNetwork(_ family: IPFamily) -> CIDR {
        constant(family == .ipv4 ? podNetwork : "fd10:244::/48")
    }

    /// 65,536 addresses of either family: upstream's allocator keeps a range of IPv6 to /108 or less.
    package static func serviceNetwork(_ family: IPFamily) -> CIDR {
        constant(family == .ipv4 ? serviceNetwork : "fd10:96::/112")
    }

    /// The primary family first, like all lists below.
    package var fabricAddresses: [IPAddress] {
        families.list.compactMap { Self.fabricNetwork($0).address(at: 1) }
    }
    package var fabricNetworks: [CIDR] { families.list.map { Self.fabricNetwork($0) } }
    package var podNetworks: [CIDR] { families.list.map { Self.podNetwork($0) } }
    package var serviceNetworks: [CIDR] { families.list.map { Self.serviceNetwork($0) } }
    /// By which pods reach the API server: the first of each range of Services.
    package var apiServiceAddresses: [IPAddress] { serviceNetworks.compactMap { $0.address(at: 1) } }

    /// `172.18.0.11` and `fd18::11` for node 1.
    static func nodeAddress(_ number: Int, _ family: IPFamily) -> IPAddress {
        let text = family == .ipv4 ? "172.18.0.\(10 + number)" : "fd18::\(10 + number)"
        guard let address = IPAddress(parsing: text) else { preconditionFailure("\(text): nodes are numbered to 32") }
        return address
    }

    private static func constant(_ text: String) -> CIDR {
        guard let result = CIDR(parsing: text) else { preconditionFailure("\(text) is a constant prefix") }
        return result
    }
}

extension IPAddress {
    /// In brackets when it is IPv6, as before a port.
    package var urlHost: String { family == .ipv6 ? "[\(self)]" : description }
}
