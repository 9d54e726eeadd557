package import NetworkTypes

/// One step in building the cables between nodes. Each runs in namespaces of ours; none touches the host's network.
package enum FabricOperation: Hashable, Sendable {
    /// Creates the namespace, pinned below /run/netns, with its loopback up.
    case createNamespace(String)
    case createBridge(String, namespace: String)
    /// Creates a veth pair whose ends are born in their namespaces.
    case createCable(inside: String, namespace: String, outside: String, outsideNamespace: String)
    /// Plugs a link into a bridge.
    case attach(link: String, bridge: String, namespace: String)
    case addAddress(InterfaceAddress, link: String, namespace: String)
    case setUp(link: String, namespace: String)
    case addDefaultRoute(via: IPAddress, namespace: String)
    /// Writes a file below /proc/sys of the namespace: `net/ipv4/ip_forward`.
    case setSysctl(String, value: String, namespace: String)
}

/// The bridge, and the cable of each node, as lists of steps.
package enum FabricPlan {
    package static let bridge = "br0"
    package static let nodeLink = "eth0"

    /// What the cluster needs once, before its first node.
    package static func fabric(_ cluster: ClusterPlan) -> [FabricOperation] {
        let namespace = cluster.fabricNamespace
        return [
            .createNamespace(namespace),
            .createBridge(bridge, namespace: namespace),
            .addAddress(onFabric(cluster.fabricAddress), link: bridge, namespace: namespace),
            .setUp(link: bridge, namespace: namespace),
            .setSysctl("net/ipv4/ip_forward", value: "1", namespace: namespace),
        ]
    }

    /// What one node needs at each boot: its namespace does not survive power-off.
    ///
    /// Reverse path filtering is off because a reply to a node port may leave by another link than the request came in by.
    package static func node(_ node: NodeIdentity, of cluster: ClusterPlan) -> [FabricOperation] {
        let namespace = node.networkNamespace
        let fabric = cluster.fabricNamespace
        return [
            .createNamespace(namespace),
            .createCable(inside: nodeLink, namespace: namespace, outside: node.fabricLink, outsideNamespace: fabric),
            .attach(link: node.fabricLink, bridge: bridge, namespace: fabric),
            .setUp(link: node.fabricLink, namespace: fabric),
            .addAddress(onFabric(node.address), link: nodeLink, namespace: namespace),
            .setUp(link: nodeLink, namespace: namespace),
            .addDefaultRoute(via: .v4(cluster.fabricAddress), namespace: namespace),
            .setSysctl("net/ipv4/ip_forward", value: "1", namespace: namespace),
            .setSysctl("net/ipv4/conf/all/rp_filter", value: "0", namespace: namespace),
            .setSysctl("net/ipv4/conf/default/rp_filter", value: "0", namespace: namespace),
        ]
    }

    private static func onFabric(_ address: IPv4Address) -> InterfaceAddress {
        guard let result = InterfaceAddress(.v4(address), prefixLength: ClusterPlan.fabricPrefixLength) else {
            preconditionFailure("24 is a prefix length of IPv4")
        }
        return result
    }
}
