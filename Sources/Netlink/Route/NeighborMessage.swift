package import NetworkTypes

/// Which link address an IP address has on an interface.
///
/// - SeeAlso: `linux/neighbour.h`.
package struct NeighborMessage: Hashable, Sendable {
    /// `NUD_PERMANENT`: never asked for, never expired.
    package static let permanent: UInt16 = 0x80

    package var index: InterfaceIndex
    package var address: IPAddress
    package var linkAddress: MACAddress?
    package var state: UInt16

    package init(_ address: IPAddress, at linkAddress: MACAddress?, on index: InterfaceIndex, state: UInt16 = permanent) {
        self.index = index
        self.address = address
        self.linkAddress = linkAddress
        self.state = state
    }

    package var replace: NetlinkMessage { request(.newNeighbor, [.create, .replace]) }
    package var delete: NetlinkMessage { request(.deleteNeighbor) }

    /// Asks for the entry of the address on the interface (Linux 5.0); its state and link address are not sent.
    package var get: NetlinkMessage {
        var question = self
        question.state = 0
        question.linkAddress = nil
        return question.request(.getNeighbor)
    }

    package static func list(_ family: IPFamily) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(family).rawValue)
        writer.append([UInt8](repeating: 0, count: 11))
        return NetlinkMessage(.getNeighbor, flags: .dump, payload: writer.bytes)
    }

    private func request(_ type: MessageType, _ flags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(address.family).rawValue)
        writer.append([0, 0, 0])
        writer.append(index.rawValue)
        writer.append(state)
        writer.append(UInt16(0))  // flags, type
        writer.attribute(NeighborAttribute.destination, bytes: address.bytes)
        if let linkAddress { writer.attribute(NeighborAttribute.linkAddress, bytes: linkAddress.bytes) }
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    /// Reads `RTM_NEWNEIGH` and `RTM_DELNEIGH`; nil for another type, another family, or a message cut short.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newNeighbor || message.type == .deleteNeighbor else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.skip(4), let index = reader.integer(Int32.self), let state = reader.integer(UInt16.self), reader.skip(2)
        else { return nil }
        var address: IPAddress?
        var linkAddress: MACAddress?
        while let attribute = reader.attribute() {
            switch attribute.type {
            case NeighborAttribute.destination: address = IPAddress(bytes: attribute.payload)
            case NeighborAttribute.linkAddress: linkAddress = MACAddress(bytes: attribute.payload)
            default: break
            }
        }
        guard let address else { return nil }
        self.init(address, at: linkAddress, on: InterfaceIndex(rawValue: index), state: state)
    }
}

private enum NeighborAttribute {
    static let destination: UInt16 = 1
    static let linkAddress: UInt16 = 2
}
