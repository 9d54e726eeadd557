package import NetworkTypes

/// A network interface, as a request describes it or the kernel reports it. What is nil is not sent, or was not reported.
///
/// - SeeAlso: `linux/if_link.h`, `linux/rtnetlink.h` (`struct ifinfomsg`).
package struct LinkMessage: Hashable, Sendable {
    package struct Flags: OptionSet, Hashable, Sendable {
        package var rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let up = Flags(rawValue: 0x1)
        package static let loopback = Flags(rawValue: 0x8)
        package static let pointToPoint = Flags(rawValue: 0x10)
        package static let running = Flags(rawValue: 0x40)
    }

    package indirect enum Kind: Hashable, Sendable {
        /// The description of the other end; nil when the kernel reports a link, for it never tells.
        case veth(peer: LinkMessage?)
        case bridge
        /// Nil: the settings are not sent, or could not be read.
        case vxlan(VXLANSettings?)
        case other(String)

        package var name: String {
            switch self {
            case .veth: "veth"
            case .bridge: "bridge"
            case .vxlan: "vxlan"
            case .other(let name): name
            }
        }
    }

    /// Per-interface IPv4 settings, `net.ipv4.conf.NAME.*`.
    package struct IPv4Settings: Hashable, Sendable {
        package var forwarding: Bool
        package var sendRedirects: Bool
        /// 0 off, 1 strict, 2 loose.
        package var reversePathFilter: UInt32
        /// `route_localnet`: packets from and to 127.0.0.0/8 may use the link. Sent only when true.
        package var routesLoopback = false

        package init(forwarding: Bool, sendRedirects: Bool, reversePathFilter: UInt32) {
            self.forwarding = forwarding
            self.sendRedirects = sendRedirects
            self.reversePathFilter = reversePathFilter
        }
    }

    package var index: InterfaceIndex?
    package var flags: Flags = []
    /// Which of `flags` a request changes.
    package var changedFlags: Flags = []
    package var name: String?
    package var alternativeNames: [String] = []
    /// Free text, at most 255 bytes.
    package var alias: String?
    package var address: MACAddress?
    package var mtu: UInt32?
    package var group: UInt32?
    /// The bridge that this link is a port of; in a request 0 takes it out.
    package var master: InterfaceIndex?
    /// The other end of a veth pair, counted in the namespace `peerNamespace`.
    package var peerIndex: InterfaceIndex?
    /// Set when the other end is in another namespace: the number by which this one knows it; -1 when it knows none.
    package var peerNamespace: Int32?
    package var kind: Kind?
    /// Transmit and receive queues, set at creation.
    package var queues: UInt32?
    /// The namespace to create the link in, as a descriptor of the sender.
    package var namespaceDescriptor: Int32?
    package var ipv4: IPv4Settings?
    /// `IN6_ADDR_GEN_MODE_*`: 0 gives the link a link-local address from its MAC, 1 none.
    package var ipv6AddressGeneration: UInt8?

    package init() {}

    package init(index: InterfaceIndex) { self.index = index }
    package init(name: String) { self.name = name }
    package init(alternativeName: String) { alternativeNames = [alternativeName] }

    package var isUp: Bool { flags.contains(.up) }

    /// Makes a request that sets the link up or down.
    package mutating func setUp(_ up: Bool = true) {
        changedFlags.insert(.up)
        if up { flags.insert(.up) } else { flags.remove(.up) }
    }
}

enum LinkAttribute {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let link: UInt16 = 5
    static let master: UInt16 = 10
    static let info: UInt16 = 18
    static let alias: UInt16 = 20
    static let familySettings: UInt16 = 26
    static let group: UInt16 = 27
    static let namespaceDescriptor: UInt16 = 28
    static let transmitQueues: UInt16 = 31
    static let receiveQueues: UInt16 = 32
    static let linkNamespace: UInt16 = 37
    static let properties: UInt16 = 52
    static let alternativeName: UInt16 = 53

    /// Inside `info`.
    static let infoKind: UInt16 = 1
    static let infoData: UInt16 = 2
    /// Inside the data of a veth.
    static let vethPeer: UInt16 = 1
    /// Inside `familySettings` for IPv4, and there inside.
    static let inetConfiguration: UInt16 = 1
    static let forwarding: UInt16 = 1
    static let sendRedirects: UInt16 = 6
    static let reversePathFilter: UInt16 = 8
    static let routeLoopback: UInt16 = 26
    /// Inside `familySettings` for IPv6.
    static let addressGeneration: UInt16 = 8

    static let nestedFlag: UInt16 = 0x8000
}
