package import NetworkTypes

/// One step in building the cables between nodes. Each runs in namespaces of ours; none touches the host's network.
package enum FabricOperation: Hashable, Sendable {
    /// Creates the namespace, pinned below /run/netns, with its loopback up.
    case createNamespace(String)
    case createBridge(String, namespace: String)
    /// Creates a veth pair whose ends are born in their namespaces.
    case createCable(inside: String, namespace: String, outside: String, outsideNamespace: String)
    case setLinkAddress(MACAddress, link: String, namespace: String)
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
        var steps = [FabricOperation.createNamespace(namespace)] + withoutDuplicateDetection(cluster, namespace)
        steps.append(.createBridge(bridge, namespace: namespace))
        for address in cluster.fabricAddresses {
            steps.append(.addAddress(onFabric(address), link: bridge, namespace: namespace))
        }
        steps.append(.setUp(link: bridge, namespace: namespace))
        return steps + cluster.families.list.map { forwarding($0, namespace) }
    }

    /// What one node needs at each boot: its namespace does not survive power-off.
    ///
    /// Reverse path filtering is off because a reply to a node port may leave by another link than the request came in by.
    package static func node(_ node: NodeIdentity, of cluster: ClusterPlan) -> [FabricOperation] {
        let namespace = node.networkNamespace
        let fabric = cluster.fabricNamespace
        var steps = [FabricOperation.createNamespace(namespace)] + withoutDuplicateDetection(cluster, namespace)
        steps += [
            .createCable(inside: nodeLink, namespace: namespace, outside: node.fabricLink, outsideNamespace: fabric),
            .setLinkAddress(linkAddress(node), link: nodeLink, namespace: namespace),
            .attach(link: node.fabricLink, bridge: bridge, namespace: fabric),
            .setUp(link: node.fabricLink, namespace: fabric),
        ]
        for address in node.addresses {
            steps.append(.addAddress(onFabric(address), link: nodeLink, namespace: namespace))
        }
        steps.append(.setUp(link: nodeLink, namespace: namespace))
        for gateway in cluster.fabricAddresses { steps.append(.addDefaultRoute(via: gateway, namespace: namespace)) }
        steps += cluster.families.list.map { forwarding($0, namespace) }
        steps += ["all", "default"].map {
            .setSysctl("net/ipv4/conf/\($0)/rp_filter", value: "0", namespace: namespace)
        }
        return steps
    }

    /// Links of ours have nobody else on them, and a router asks for neighbours only once its own address is not in doubt.
    private static func withoutDuplicateDetection(_ cluster: ClusterPlan, _ namespace: String) -> [FabricOperation] {
        guard cluster.families.list.contains(.ipv6) else { return [] }
        return [.setSysctl("net/ipv6/conf/default/accept_dad", value: "0", namespace: namespace)]
    }

    /// The same at each boot: others remember it, and would look for the node at an old one for some seconds.
    private static func linkAddress(_ node: NodeIdentity) -> MACAddress {
        MACAddress(locallyAdministered: 0x0218_0000_0000 | UInt64(node.number))
    }

    private static func forwarding(_ family: IPFamily, _ namespace: String) -> FabricOperation {
        .setSysctl(
            family == .ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding", value: "1", namespace: namespace)
    }

    private static func onFabric(_ address: IPAddress) -> InterfaceAddress {
        let length = ClusterPlan.fabricNetwork(address.family).prefixLength
        guard let result = InterfaceAddress(address, prefixLength: length) else {
            preconditionFailure("the fabric's prefix length is one of its family")
        }
        return result
    }
}
