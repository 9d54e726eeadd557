package import NetworkTypes

/// A VXLAN device that forwards by entries alone: no multicast group, and nothing learned from packets.
///
/// - SeeAlso: `linux/if_link.h`, `IFLA_VXLAN_*`; RFC 7348.
package struct VXLANSettings: Hashable, Sendable {
    /// The VXLAN network identifier, 24 bits.
    package var identifier: UInt32
    /// Where encapsulated packets come from; its family is the one that the device sends and receives by.
    package var local: IPAddress
    package var port: Port
    package var isLearning: Bool

    package init(identifier: UInt32, local: IPAddress, port: Port, isLearning: Bool = false) {
        self.identifier = identifier
        self.local = local
        self.port = port
        self.isLearning = isLearning
    }

    /// From the attributes of `IFLA_INFO_DATA`; nil when one is missing, as for a device without `local`.
    init?(_ attributes: [Attribute]) {
        var identifier: UInt32?
        var local: IPAddress?
        var port: UInt16?
        var isLearning = true
        for attribute in attributes {
            switch attribute.type {
            case VXLANAttribute.identifier: identifier = attribute.number
            case VXLANAttribute.local, VXLANAttribute.local6: local = IPAddress(bytes: attribute.payload)
            case VXLANAttribute.learning: isLearning = attribute.number != 0
            case VXLANAttribute.port:
                guard attribute.payload.count == 2 else { return nil }
                port = attribute.payload.reduce(0) { $0 << 8 | UInt16($1) }
            default: break
            }
        }
        guard let identifier, let local, let port else { return nil }
        self.init(identifier: identifier, local: local, port: Port(rawValue: port), isLearning: isLearning)
    }

    func encode(into writer: inout MessageWriter) {
        writer.attribute(VXLANAttribute.identifier, number: identifier)
        writer.attribute(local.family == .ipv4 ? VXLANAttribute.local : VXLANAttribute.local6, bytes: local.bytes)
        writer.attribute(VXLANAttribute.learning, number: UInt8(isLearning ? 1 : 0))
        // The one number of rtnetlink in network order.
        writer.attribute(VXLANAttribute.port, bytes: [UInt8(port.rawValue >> 8), UInt8(truncatingIfNeeded: port.rawValue)])
    }
}

private enum VXLANAttribute {
    static let identifier: UInt16 = 1
    static let local: UInt16 = 4
    static let learning: UInt16 = 7
    static let port: UInt16 = 15
    static let local6: UInt16 = 17
}
