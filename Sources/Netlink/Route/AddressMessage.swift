package import NetworkTypes

/// An address of an interface.
///
/// - SeeAlso: `linux/if_addr.h`.
package struct AddressMessage: Hashable, Sendable {
    package struct Flags: OptionSet, Hashable, Sendable {
        package var rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// IPv6: usable at once, without asking the link whether somebody has it.
        package static let noDuplicateDetection = Flags(rawValue: 0x02)
        package static let permanent = Flags(rawValue: 0x80)
        /// IPv6: do not make a route for the prefix.
        package static let noPrefixRoute = Flags(rawValue: 0x200)
    }

    package var index: InterfaceIndex
    package var address: InterfaceAddress
    package var flags: Flags
    /// Never the source of a packet unless a program asks for it: scope `host` in IPv4, deprecated in IPv6. Written, not read.
    package var isReserved = false

    package init(_ address: InterfaceAddress, on index: InterfaceIndex, flags: Flags = []) {
        self.index = index
        self.address = address
        self.flags = flags
    }

    /// EEXIST when the interface has it.
    package var create: NetlinkMessage { request(.newAddress, [.create, .exclusive]) }
    package var replace: NetlinkMessage { request(.newAddress, [.create, .replace]) }
    package var delete: NetlinkMessage { request(.deleteAddress) }

    /// Every address of the namespace; nil: both families.
    package static func list(_ family: IPFamily? = nil) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append((family.map { AddressFamily($0) } ?? .unspecified).rawValue)
        writer.append([0, 0, 0])
        writer.append(UInt32(0))
        return NetlinkMessage(.getAddress, flags: .dump, payload: writer.bytes)
    }

    private func request(_ type: MessageType, _ messageFlags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(address.address.family).rawValue)
        writer.append(UInt8(address.prefixLength))
        writer.append(UInt8(truncatingIfNeeded: flags.rawValue))
        let isHost = address.address.isLoopback || isReserved && address.address.family == .ipv4
        writer.append(UInt8(isHost ? RouteMessage.Scope.host.rawValue : 0))
        writer.append(index.rawValue)
        writer.attribute(AddressAttribute.local, bytes: address.address.bytes)
        writer.attribute(AddressAttribute.address, bytes: address.address.bytes)
        if flags.rawValue > UInt32(UInt8.max) { writer.attribute(AddressAttribute.flags, number: flags.rawValue) }
        if isReserved, address.address.family == .ipv6, type == .newAddress {
            // `ifa_cacheinfo`: preferred for no time, valid for ever; the kernel fills in the rest.
            let bytes = [UInt8](repeating: 0, count: 4) + [UInt8](repeating: 255, count: 4) + [UInt8](repeating: 0, count: 8)
            writer.attribute(AddressAttribute.cacheInfo, bytes: bytes)
        }
        return NetlinkMessage(type, flags: messageFlags, payload: writer.bytes)
    }

    /// Reads `RTM_NEWADDR` and `RTM_DELADDR`; nil for another type, another family, or a message cut short.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newAddress || message.type == .deleteAddress else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.skip(1), let length = reader.integer(UInt8.self), let shortFlags = reader.integer(UInt8.self),
            reader.skip(1), let index = reader.integer(Int32.self)
        else { return nil }
        var flags = UInt32(shortFlags)
        var local: IPAddress?
        var address: IPAddress?
        while let attribute = reader.attribute() {
            switch attribute.type {
            case AddressAttribute.address: address = IPAddress(bytes: attribute.payload)
            case AddressAttribute.local: local = IPAddress(bytes: attribute.payload)
            case AddressAttribute.flags: flags = attribute.number ?? flags
            default: break
            }
        }
        // On a point-to-point link the two differ and `address` is the other end's.
        guard let own = local ?? address, let complete = InterfaceAddress(own, prefixLength: Int(length)) else { return nil }
        self.init(complete, on: InterfaceIndex(rawValue: index), flags: Flags(rawValue: flags))
    }
}

private enum AddressAttribute {
    static let address: UInt16 = 1
    static let local: UInt16 = 2
    static let cacheInfo: UInt16 = 6
    static let flags: UInt16 = 8
}
