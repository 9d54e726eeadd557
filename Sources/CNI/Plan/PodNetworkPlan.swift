package import NetworkTypes

/// What wires one pod: a routed veth pair without bridge. The pod reaches everything through a link-local gateway whose link
/// address it is told, the host reaches the pod through a route per address; nobody asks the link for anything.
package struct PodNetworkPlan: Hashable, Sendable {
    /// Every host end has this address, so that a pod's gateway looks the same on every node. Set explicitly, or udev would
    /// give the link one of its own choice later.
    package static let hostMAC = MACAddress(0xeeee_eeee_eeee)
    package static let gatewayIPv4 = IPAddress.v4(IPv4Address(169, 254, 1, 1))
    /// fe80::1.
    package static let gatewayIPv6 = IPAddress.v6(IPv6Address(0xfe80 << 112 | 1))
    /// IPv6 does not work on links with less.
    private static let ipv6MTUMin: UInt32 = 1280

    package var host: LinkOperation.LinkEnd
    package var pod: LinkOperation.LinkEnd
    /// One per family.
    package var addresses: [IPAddress]
    package var mtu: UInt32?
    package var attachment: String

    /// - Parameters:
    ///   - addresses: The slot's, one per family.
    ///   - attachment: `InterfaceNames.attachment`.
    ///   - requestedMAC: Nil: made from the attachment.
    package init(addresses: [IPAddress], interface: String, attachment: String, mtu: UInt32?, requestedMAC: MACAddress? = nil) {
        host = LinkOperation.LinkEnd(name: InterfaceNames.hostEnd(for: addresses), address: Self.hostMAC)
        pod = LinkOperation.LinkEnd(name: interface, address: requestedMAC ?? Self.podMAC(attachment: attachment))
        self.addresses = addresses
        self.mtu = mtu
        self.attachment = attachment
    }

    package static func podMAC(attachment: String) -> MACAddress {
        MACAddress(locallyAdministered: StableHash.hash64(attachment))
    }

    package static func gateway(_ family: IPFamily) -> IPAddress { family == .ipv4 ? gatewayIPv4 : gatewayIPv6 }

    /// Takes the slot: fails when it is taken.
    package var reservation: LinkOperation { .createPair(host, pod: pod, mtu: mtu) }

    /// Everything after the reservation, the host's part first; the attachment's name before all, for without it a crash would
    /// leave a pair that DEL can only find through the pod's namespace.
    package var wiring: [LinkOperation] {
        var operations: [LinkOperation] = [.nameAttachment(attachment), .setUpHostEnd(ipv6: (mtu ?? .max) >= Self.ipv6MTUMin)]
        for address in addresses {
            operations += [.addHostRoute(address), .addHostNeighbor(address, pod.address)]
        }
        operations += [.setUpLoopback, .setUpPodEnd]
        for address in addresses {
            let gateway = Self.gateway(address.family)
            operations += [
                .addPodAddress(address), .addGatewayNeighbor(gateway, host.address), .addDefaultRoute(gateway),
            ]
        }
        return operations
    }

    /// What ADD answers when all of it is done.
    ///
    /// - Parameter linkMTU: What the kernel gave the pod's end.
    package func result(sandbox: String, linkMTU: UInt32?) -> CNIResult {
        var result = CNIResult()
        result.interfaces = [
            CNIResult.Interface(name: host.name, mac: host.address, mtu: linkMTU),
            CNIResult.Interface(name: pod.name, mac: pod.address, mtu: linkMTU, sandbox: sandbox),
        ]
        for address in addresses {
            let gateway = Self.gateway(address.family)
            if let own = InterfaceAddress(address, prefixLength: address.family.bitCount) {
                result.addresses.append(CNIResult.Address(own, gateway: gateway, interface: 1))
            }
            if let everything = CIDR(IPAddress(family: address.family, number: 0), prefixLength: 0) {
                result.routes.append(CNIResult.Route(everything, via: gateway))
            }
        }
        return result
    }
}
