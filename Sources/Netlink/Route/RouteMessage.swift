package import NetworkTypes

/// A route of one destination with one next hop.
///
/// - SeeAlso: `linux/rtnetlink.h`, `struct rtmsg`.
package struct RouteMessage: Hashable, Sendable {
    /// Who made a route; shown by `ip route` as `proto`.
    package struct Origin: RawRepresentable, Hashable, Sendable {
        package var rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let kernel = Origin(rawValue: 2)
        package static let boot = Origin(rawValue: 3)
        package static let `static` = Origin(rawValue: 4)
        /// Host routes to pods of this node: the plugin's.
        package static let pod = Origin(rawValue: 201)
        /// Routes to other nodes' pods: the agent's.
        package static let node = Origin(rawValue: 202)
    }

    package enum Scope: UInt8, Hashable, Sendable {
        case universe = 0
        case site = 200
        case link = 253
        case host = 254
        case nowhere = 255
    }

    package enum Kind: UInt8, Hashable, Sendable {
        case unspecified = 0
        case unicast = 1
        case local = 2
        case broadcast = 3
        case anycast = 4
        case multicast = 5
        case blackhole = 6
        case unreachable = 7
        case prohibit = 8
    }

    /// The main table.
    package static let mainTable: UInt32 = 254
    /// The kernel's own: addresses of this node, broadcast and multicast.
    package static let localTable: UInt32 = 255

    package var destination: CIDR
    package var gateway: IPAddress?
    package var index: InterfaceIndex?
    /// The source address of packets that this node itself sends; nil: the kernel chooses.
    package var preferredSource: IPAddress?
    package var priority: UInt32?
    package var table: UInt32
    package var origin: Origin
    package var scope: Scope
    package var kind: Kind
    /// The gateway counts as on the link although no prefix of the interface holds it.
    package var onLink: Bool

    package init(
        _ destination: CIDR, via gateway: IPAddress? = nil, on index: InterfaceIndex?, origin: Origin = .boot,
        scope: Scope? = nil, kind: Kind = .unicast, onLink: Bool = false, table: UInt32 = mainTable,
        preferredSource: IPAddress? = nil, priority: UInt32? = nil
    ) {
        self.destination = destination
        self.gateway = gateway
        self.index = index
        self.origin = origin
        self.scope = scope ?? (gateway == nil && destination.family == .ipv4 && kind == .unicast ? .link : .universe)
        self.kind = kind
        self.onLink = onLink
        self.table = table
        self.preferredSource = preferredSource
        self.priority = priority
    }
}

extension RouteMessage {
    /// EEXIST when there is a route of the same destination and priority.
    package var create: NetlinkMessage { request(.newRoute, [.create, .exclusive]) }
    package var replace: NetlinkMessage { request(.newRoute, [.create, .replace]) }
    /// IPv4: stands behind routes of the same destination and priority, and takes over when they go. IPv6 makes one route with
    /// several next hops of them.
    package var append: NetlinkMessage { request(.newRoute, [.create, .append]) }
    package var delete: NetlinkMessage { request(.deleteRoute) }

    package static func list(_ family: IPFamily) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(family).rawValue)
        writer.append([UInt8](repeating: 0, count: 11))
        return NetlinkMessage(.getRoute, flags: .dump, payload: writer.bytes)
    }

    /// Asks which route a packet to `address` takes; the answer is the table's entry with its whole prefix.
    package static func lookup(_ address: IPAddress) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(address.family).rawValue)
        writer.append(UInt8(address.family.bitCount))
        writer.append([UInt8](repeating: 0, count: 6))
        writer.append(RouteFlags.matchEntry)
        writer.attribute(RouteAttribute.destination, bytes: address.bytes)
        return NetlinkMessage(.getRoute, payload: writer.bytes)
    }

    private func request(_ type: MessageType, _ flags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(destination.family).rawValue)
        writer.append(UInt8(destination.prefixLength))
        writer.append(UInt16(0))  // source length, type of service
        writer.append(table <= 255 ? UInt8(table) : 0)
        writer.append(origin.rawValue)
        writer.append(scope.rawValue)
        writer.append(kind.rawValue)
        writer.append(onLink ? RouteFlags.onLink : 0)
        if destination.prefixLength > 0 { writer.attribute(RouteAttribute.destination, bytes: destination.first.bytes) }
        if let gateway { writer.attribute(RouteAttribute.gateway, bytes: gateway.bytes) }
        if let index { writer.attribute(RouteAttribute.outputInterface, number: index.rawValue) }
        if let preferredSource { writer.attribute(RouteAttribute.preferredSource, bytes: preferredSource.bytes) }
        if let priority { writer.attribute(RouteAttribute.priority, number: priority) }
        if table > 255 { writer.attribute(RouteAttribute.table, number: table) }
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    /// Reads `RTM_NEWROUTE` and `RTM_DELROUTE`; nil for another type or family, and for scopes and kinds unknown here.
    /// The next hops of a multipath route are left out.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newRoute || message.type == .deleteRoute else { return nil }
        var reader = MessageReader(message.payload)
        guard let familyByte = reader.integer(UInt8.self), let family = AddressFamily(rawValue: familyByte)?.ipFamily,
            let length = reader.integer(UInt8.self), reader.skip(2), let shortTable = reader.integer(UInt8.self),
            let origin = reader.integer(UInt8.self), let scope = reader.integer(UInt8.self).flatMap(Scope.init(rawValue:)),
            let kind = reader.integer(UInt8.self).flatMap(Kind.init(rawValue:)), let flags = reader.integer(UInt32.self)
        else { return nil }
        let attributes = reader.attributes()
        func address(_ type: UInt16) -> IPAddress? {
            attributes.first { $0.type == type }.flatMap { IPAddress(bytes: $0.payload) }
        }
        func number(_ type: UInt16) -> UInt32? { attributes.first { $0.type == type }?.number }
        let first = address(RouteAttribute.destination) ?? IPAddress(family: family, number: 0)
        guard let destination = CIDR(first, prefixLength: Int(length)) else { return nil }
        self.init(
            destination, via: address(RouteAttribute.gateway),
            on: number(RouteAttribute.outputInterface).map { InterfaceIndex(rawValue: Int32(bitPattern: $0)) },
            origin: Origin(rawValue: origin), scope: scope, kind: kind, onLink: flags & RouteFlags.onLink != 0,
            table: number(RouteAttribute.table) ?? UInt32(shortTable), preferredSource: address(RouteAttribute.preferredSource),
            priority: number(RouteAttribute.priority))
    }
}

private enum RouteAttribute {
    static let destination: UInt16 = 1
    static let outputInterface: UInt16 = 4
    static let gateway: UInt16 = 5
    static let priority: UInt16 = 6
    static let preferredSource: UInt16 = 7
    static let table: UInt16 = 15
}

private enum RouteFlags {
    static let onLink: UInt32 = 0x4
    /// `RTM_F_FIB_MATCH`.
    static let matchEntry: UInt32 = 0x2000
}
