package import NetworkTypes

/// Where a VXLAN device sends frames for a link address.
///
/// - SeeAlso: `linux/neighbour.h`; the kernel's `vxlan_fdb_add`.
package struct TunnelEntryMessage: Hashable, Sendable {
    package var index: InterfaceIndex
    package var linkAddress: MACAddress
    /// The other end of the tunnel; nil when the kernel reports an entry without one.
    package var destination: IPAddress?
    /// `NUD_PERMANENT`, or how long an entry that somebody made lives.
    package var state: UInt16

    package init(
        _ linkAddress: MACAddress, to destination: IPAddress?, on index: InterfaceIndex,
        state: UInt16 = NeighborMessage.permanent
    ) {
        self.index = index
        self.linkAddress = linkAddress
        self.destination = destination
        self.state = state
    }

    /// Overwrites an entry of the same link address.
    package var replace: NetlinkMessage { request(.newNeighbor, [.create, .replace]) }
    package var delete: NetlinkMessage { request(.deleteNeighbor) }

    /// Every entry of one device.
    package static func list(on index: InterfaceIndex) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append([bridgeFamily, 0, 0, 0])
        writer.append(index.rawValue)
        writer.append(UInt32(0))
        return NetlinkMessage(.getNeighbor, flags: .dump, payload: writer.bytes)
    }

    private static let bridgeFamily: UInt8 = 7
    /// `NUD_NOARP`, which `bridge fdb add` sets and nothing here depends on.
    private static let noARP: UInt16 = 0x40
    /// `NTF_SELF`: the device's own table, not that of a bridge it is a port of.
    private static let ownTable: UInt8 = 0x02

    private func request(_ type: MessageType, _ flags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append([Self.bridgeFamily, 0, 0, 0])
        writer.append(index.rawValue)
        writer.append(state)
        writer.append([Self.ownTable, 0])
        writer.attribute(TunnelEntryAttribute.linkAddress, bytes: linkAddress.bytes)
        if let destination { writer.attribute(TunnelEntryAttribute.destination, bytes: destination.bytes) }
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    /// Reads what a dump or a notification says; nil for another type, for neighbours, and for a message cut short.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newNeighbor || message.type == .deleteNeighbor else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.integer(UInt8.self) == Self.bridgeFamily, reader.skip(3), let index = reader.integer(Int32.self),
            let state = reader.integer(UInt16.self), reader.skip(2)
        else { return nil }
        var linkAddress: MACAddress?
        var destination: IPAddress?
        while let attribute = reader.attribute() {
            switch attribute.type {
            case TunnelEntryAttribute.linkAddress: linkAddress = MACAddress(bytes: attribute.payload)
            case TunnelEntryAttribute.destination: destination = IPAddress(bytes: attribute.payload)
            default: break
            }
        }
        guard let linkAddress else { return nil }
        self.init(linkAddress, to: destination, on: InterfaceIndex(rawValue: index), state: state & ~Self.noARP)
    }
}

extension NetlinkMessage {
    /// The device that a notification about a neighbour or a forwarding entry concerns; nil for other types.
    package var neighborDevice: InterfaceIndex? {
        guard type == .newNeighbor || type == .deleteNeighbor else { return nil }
        var reader = MessageReader(payload)
        guard reader.skip(4), let index = reader.integer(Int32.self) else { return nil }
        return InterfaceIndex(rawValue: index)
    }
}

private enum TunnelEntryAttribute {
    static let destination: UInt16 = 1
    static let linkAddress: UInt16 = 2
}
