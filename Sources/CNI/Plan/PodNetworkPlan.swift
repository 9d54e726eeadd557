package import Netlink
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
    /// The number of a namespace's first interface besides `lo`.
    package static let firstIndex = InterfaceIndex(rawValue: 2)
    /// IPv6 does not work on links with less.
    private static let ipv6MTUMin: UInt32 = 1280

    package var host: LinkOperation.LinkEnd
    package var pod: LinkOperation.LinkEnd
    /// One per family.
    package var addresses: [IPAddress]
    package var mtu: UInt32?
    package var attachment: String
    package var options: Options

    /// What is not the same for every pod.
    package struct Options: Hashable, Sendable {
        package var requestedMAC: MACAddress?
        /// Whether the kernel knows IPv6 at all.
        package var kernelHasIPv6: Bool
        package var hasPorts: Bool
        package var alias: String?
        /// Of the pod object; policies find the pod's interface by it.
        package var podUID: String?
        package var group: UInt32?
        /// Destinations of the pod's routes; nil: everything.
        package var destinations: [CIDR]?
        /// Whether the pod has other interfaces: answers must leave by the one whose address they carry.
        package var isAmongOthers = false

        package init(
            requestedMAC: MACAddress? = nil, kernelHasIPv6: Bool = true, hasPorts: Bool = false, alias: String? = nil,
            podUID: String? = nil,
            group: UInt32? = nil, destinations: [CIDR]? = nil
        ) {
            self.requestedMAC = requestedMAC
            self.kernelHasIPv6 = kernelHasIPv6
            self.hasPorts = hasPorts
            self.alias = alias
            self.podUID = podUID
            self.group = group
            self.destinations = destinations
        }
    }

    /// - Parameters:
    ///   - addresses: One per family.
    ///   - attachment: `InterfaceNames.attachment`.
    package init(
        addresses: [IPAddress], interface: String, attachment: String, mtu: UInt32?, options: Options = Options()
    ) {
        host = LinkOperation.LinkEnd(name: InterfaceNames.hostEnd(for: addresses), address: Self.hostMAC)
        pod = LinkOperation.LinkEnd(name: interface, address: options.requestedMAC ?? Self.podMAC(attachment: attachment))
        self.addresses = addresses
        self.mtu = mtu
        self.attachment = attachment
        self.options = options
    }

    package static func podMAC(attachment: String) -> MACAddress {
        MACAddress(locallyAdministered: StableHash.hash64(attachment))
    }

    package static func gateway(_ family: IPFamily) -> IPAddress { family == .ipv4 ? gatewayIPv4 : gatewayIPv6 }

    /// Takes the address: fails when it is taken.
    package var reservation: LinkOperation { .createPair(host, pod: pod, mtu: mtu) }

    /// Everything after the reservation, the host's part first; the names before all, for without them a crash would leave a
    /// pair that DEL can only find through the pod's namespace.
    package var wiring: [LinkOperation] {
        let ipv6 = hasIPv6
        var names = [attachment] + InterfaceNames.others(for: addresses)
        if options.hasPorts { names.append(InterfaceNames.ports(ofHostEnd: host.name)) }
        if let uid = options.podUID { names.append(InterfaceNames.pod(uid: uid, hostEnd: host.name)) }
        let settings = LinkOperation.HostSettings(
            ipv6: ipv6, alias: options.alias, group: options.group,
            routesLoopback: options.hasPorts && addresses.contains { $0.family == .ipv4 })
        var operations: [LinkOperation] = [.nameHostEnd(names), .configureHostEnd(settings), .setUpHostEnd]
        for address in addresses {
            operations += [.addHostRoute(address), .addHostNeighbor(address, pod.address)]
        }
        operations.append(.setUpLoopback)
        if ipv6, addresses.contains(where: { $0.family == .ipv6 }) { operations.append(.keepPodEndWithoutAddress) }
        operations.append(.setUpPodEnd)
        for address in addresses {
            let gateway = Self.gateway(address.family)
            if address.family == .ipv6, ipv6 { operations += linkLocalAddress.map { [.addPodAddress($0)] } ?? [] }
            operations += ownAddress(address).map { [.addPodAddress($0)] } ?? []
            operations.append(.addGatewayNeighbor(gateway, host.address))
            operations += routes(address.family).map { .addPodRoute($0, via: gateway) }
        }
        if options.isAmongOthers {
            operations += addresses.map { .addSourceRoute(via: Self.gateway($0.family)) }
            operations += addresses.map { .addSourceRule($0) }
        }
        return operations
    }

    /// What ends the wiring, once the pod's end is up; the answers do not matter.
    ///
    /// Whoever asks for a link makes the kernel do first what is still to be done about its carrier (`linkwatch_sync_dev` in
    /// `rtnl_getlink`, from Linux 6.8 on), so the host end passes packets when ADD returns. For IPv6 that includes a route to all
    /// multicast, one for each link and all of one destination: the kernel goes through them at every such packet, and through
    /// all when a link comes or goes. Nobody multicasts to a host end, whose neighbors are written down.
    package func settling(_ indices: PairIndices) -> [NetlinkMessage] {
        var requests = [LinkMessage(index: indices.host).get]
        if hasIPv6, let multicast = CIDR(IPAddress(family: .ipv6, number: 0xff << 120), prefixLength: 8) {
            let route = RouteMessage(
                multicast, on: indices.host, origin: .kernel, kind: .multicast, table: RouteMessage.localTable)
            requests.append(route.delete)
        }
        return requests
    }

    /// Whether the kernel gives the pair IPv6.
    private var hasIPv6: Bool { options.kernelHasIPv6 && (mtu ?? .max) >= Self.ipv6MTUMin }

    /// What the kernel would make of the MAC address, but usable at once.
    package var linkLocalAddress: InterfaceAddress? {
        let mac = UInt128(pod.address.value)
        let identifier = (mac >> 24) << 40 | 0xff_fe00_0000 | mac & 0xff_ffff
        return InterfaceAddress(.v6(IPv6Address(0xfe80 << 112 | identifier ^ 0x0200_0000_0000_0000)), prefixLength: 64)
    }

    /// Where the pod's routes of a family lead.
    package func routes(_ family: IPFamily) -> [CIDR] {
        if let destinations = options.destinations { return destinations.filter { $0.family == family } }
        return CIDR(IPAddress(family: family, number: 0), prefixLength: 0).map { [$0] } ?? []
    }

    private func ownAddress(_ address: IPAddress) -> InterfaceAddress? {
        InterfaceAddress(address, prefixLength: address.family.bitCount)
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
            if let own = ownAddress(address) { result.addresses.append(CNIResult.Address(own, gateway: gateway, interface: 1)) }
            result.routes += routes(address.family).map { CNIResult.Route($0, via: gateway) }
        }
        return result
    }
}
