package import Netlink
package import NetworkTypes

/// How nodes that share no link reach each other's pods; the same on every node of a cluster.
package struct TunnelSettings: Hashable, Sendable {
    /// Which pairs of nodes use the tunnel.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Those without a common link.
        case auto
        /// None: a node without a common link is reported.
        case direct
        /// All, as where the network between nodes drops packets with pods' addresses.
        case vxlan
    }

    package var mode: Mode
    package var identifier: UInt32
    package var port: Port
    /// Bytes that tunnels take at most, where a way between nodes takes less than their links; nil: what the links take.
    package var mtuMax: UInt32?

    /// 75433 spells SKIFF on a telephone: a number that no other network plugin takes by default (flannel 1, Cilium 2, Calico
    /// 4096). The port is VXLAN's own (IANA): what network cards and firewalls know.
    package init(mode: Mode = .auto, identifier: UInt32 = 75433, port: Port = 4789, mtuMax: UInt32? = nil) {
        self.mode = mode
        self.identifier = identifier
        self.port = port
        self.mtuMax = mtuMax
    }

    /// - Parameter link: What the link takes that encapsulated packets leave by.
    package func mtu(_ family: IPFamily, over link: UInt32) -> UInt32 {
        min(link - min(link, TunnelPlan.overhead(family)), mtuMax ?? .max)
    }
}

/// One VXLAN device of this node and all that leads through it. There is one for each family that nodes are reached by.
package struct TunnelPlan: Hashable, Sendable {
    /// The other end of a tunnel.
    package struct Peer: Hashable, Sendable {
        package var node: String
        /// Where encapsulated packets go.
        package var address: IPAddress
        package var podCIDRs: [CIDR]

        package init(node: String, address: IPAddress, podCIDRs: [CIDR]) {
            self.node = node
            self.address = address
            self.podCIDRs = podCIDRs
        }

        /// Follows from the address, so that no node has to tell the others.
        package var linkAddress: MACAddress { TunnelPlan.linkAddress(of: address) }
    }

    package var settings: VXLANSettings
    /// Bytes, of packets inside.
    package var mtu: UInt32
    /// What this node sends from into the tunnel: the first address of its pods, which no pod gets. The answers come back
    /// through the tunnel for it; to another address of the node they might come by a link that takes no pods' packets.
    package var addresses: [IPAddress]
    /// Sorted by name.
    package var peers: [Peer]

    package init(settings: VXLANSettings, mtu: UInt32, addresses: [IPAddress], peers: [Peer]) {
        self.settings = settings
        self.mtu = mtu
        self.addresses = addresses
        self.peers = peers
    }

    package static func deviceName(_ family: IPFamily) -> String { family == .ipv4 ? "skiff-vx4" : "skiff-vx6" }

    /// Outer headers: Ethernet of the packet inside, VXLAN, UDP, and IP of 20 or 40 bytes.
    package static func overhead(_ family: IPFamily) -> UInt32 { family == .ipv4 ? 50 : 70 }

    package var name: String { Self.deviceName(settings.local.family) }
    package var linkAddress: MACAddress { Self.linkAddress(of: settings.local) }

    /// IPv4 addresses fit behind two bytes of ours; of IPv6 there are 40 bits of a hash (FNV-1a).
    package static func linkAddress(of address: IPAddress) -> MACAddress {
        switch address.family {
        case .ipv4: MACAddress(0x0a53_0000_0000 | UInt64(truncatingIfNeeded: address.number))
        case .ipv6:
            MACAddress(
                0x0e00_0000_0000
                    | address.bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } >> 24)
        }
    }

    /// - Parameter index: What the kernel calls the device.
    package func routes(on index: InterfaceIndex) -> [RouteMessage] {
        peers.flatMap { peer in
            peer.podCIDRs.map { cidr in
                RouteMessage(
                    cidr, via: cidr.first, on: index, origin: .node, onLink: true,
                    preferredSource: addresses.first { $0.family == cidr.family })
            }
        }
    }

    /// The gateways of those routes, which answer nobody: where they are is said once for all.
    package func neighbors(on index: InterfaceIndex) -> [NeighborMessage] {
        peers.flatMap { peer in
            peer.podCIDRs.map { NeighborMessage($0.first, at: peer.linkAddress, on: index) }
        }
    }

    package func forwarding(on index: InterfaceIndex) -> [TunnelEntryMessage] {
        peers.map { TunnelEntryMessage($0.linkAddress, to: $0.address, on: index) }
    }
}
