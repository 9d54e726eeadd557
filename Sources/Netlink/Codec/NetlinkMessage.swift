/// One netlink message: the header's fields, and the bytes behind the header.
///
/// - SeeAlso: `linux/netlink.h`, `struct nlmsghdr`.
package struct NetlinkMessage: Hashable, Sendable {
    package var type: MessageType
    package var flags: MessageFlags
    /// Set by the socket; answers carry the number of their request.
    package var sequence: UInt32
    /// Set by the kernel.
    package var port: UInt32
    /// The family's fixed header and the attributes.
    package var payload: [UInt8]

    package init(
        _ type: MessageType, flags: MessageFlags = [], sequence: UInt32 = 0, port: UInt32 = 0, payload: [UInt8] = []
    ) {
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.port = port
        self.payload = payload
    }

    package func encode(into writer: inout MessageWriter) {
        writer.append(UInt32(16 + payload.count))
        writer.append(type.rawValue)
        writer.append(flags.rawValue)
        writer.append(sequence)
        writer.append(port)
        writer.append(payload)
        writer.pad()
    }
}

/// - SeeAlso: `linux/netlink.h`, `linux/rtnetlink.h`.
package struct MessageType: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let noop = MessageType(rawValue: 1)
    package static let error = MessageType(rawValue: 2)
    package static let done = MessageType(rawValue: 3)
    package static let overrun = MessageType(rawValue: 4)
    package static let newLink = MessageType(rawValue: 16)
    package static let deleteLink = MessageType(rawValue: 17)
    package static let getLink = MessageType(rawValue: 18)
    package static let newAddress = MessageType(rawValue: 20)
    package static let deleteAddress = MessageType(rawValue: 21)
    package static let getAddress = MessageType(rawValue: 22)
    package static let newRoute = MessageType(rawValue: 24)
    package static let deleteRoute = MessageType(rawValue: 25)
    package static let getRoute = MessageType(rawValue: 26)
    package static let newNeighbor = MessageType(rawValue: 28)
    package static let deleteNeighbor = MessageType(rawValue: 29)
    package static let getNeighbor = MessageType(rawValue: 30)
    package static let newLinkProperty = MessageType(rawValue: 108)
    package static let deleteLinkProperty = MessageType(rawValue: 109)
}

/// - SeeAlso: `linux/netlink.h`. The bits above 0x80 mean different things in requests to create, to get, and in answers.
package struct MessageFlags: OptionSet, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let request = MessageFlags(rawValue: 0x1)
    package static let multipart = MessageFlags(rawValue: 0x2)
    package static let acknowledge = MessageFlags(rawValue: 0x4)
    package static let dumpInterrupted = MessageFlags(rawValue: 0x10)
    /// With `create`: overwrite what exists.
    package static let replace = MessageFlags(rawValue: 0x100)
    /// With `create`: fail with EEXIST when it exists.
    package static let exclusive = MessageFlags(rawValue: 0x200)
    package static let create = MessageFlags(rawValue: 0x400)
    package static let append = MessageFlags(rawValue: 0x800)
    package static let dump = MessageFlags(rawValue: 0x300)
    /// In an acknowledgement: the request is not repeated in it.
    package static let capped = MessageFlags(rawValue: 0x100)
    /// In an acknowledgement: attributes follow that explain the error.
    package static let explained = MessageFlags(rawValue: 0x200)
}
