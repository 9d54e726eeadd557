package import NetworkTypes

/// A rule that packets with one source address look up their route in a table of its own first.
///
/// - SeeAlso: `linux/fib_rules.h`.
package struct RuleMessage: Hashable, Sendable {
    /// Behind the table of local addresses, before the main one.
    private static let priority: UInt32 = 1000
    private static let toTable: UInt8 = 1

    package var source: IPAddress
    /// Nil in a request to delete: whatever table.
    package var table: UInt32?
    package var origin: RouteMessage.Origin

    package init(from source: IPAddress, table: UInt32?, origin: RouteMessage.Origin = .pod) {
        self.source = source
        self.table = table
        self.origin = origin
    }

    package var create: NetlinkMessage { request(.newRule, [.create]) }
    /// ENOENT when there is none.
    package var delete: NetlinkMessage { request(.deleteRule) }

    package static func list(_ family: IPFamily) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append(AddressFamily(family).rawValue)
        writer.append([UInt8](repeating: 0, count: 11))
        return NetlinkMessage(.getRule, flags: .dump, payload: writer.bytes)
    }

    private func request(_ type: MessageType, _ flags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append([AddressFamily(source.family).rawValue, 0, UInt8(source.family.bitCount), 0])
        writer.append([0, 0, 0, Self.toTable])
        writer.append(UInt32(0))
        writer.attribute(RuleAttribute.source, bytes: source.bytes)
        writer.attribute(RuleAttribute.priority, number: Self.priority)
        if let table { writer.attribute(RuleAttribute.table, number: table) }
        writer.attribute(RuleAttribute.origin, number: origin.rawValue)
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    /// Reads `RTM_NEWRULE` of a rule for one source address; nil for another rule.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newRule else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.skip(12) else { return nil }
        let attributes = reader.attributes()
        func first(_ type: UInt16) -> Attribute? { attributes.first { $0.type == type } }
        guard let source = first(RuleAttribute.source).flatMap({ IPAddress(bytes: $0.payload) }),
            let origin = first(RuleAttribute.origin)?.number.flatMap({ UInt8(exactly: $0) })
        else { return nil }
        self.init(from: source, table: first(RuleAttribute.table)?.number, origin: RouteMessage.Origin(rawValue: origin))
    }
}

private enum RuleAttribute {
    static let source: UInt16 = 2
    static let priority: UInt16 = 6
    static let table: UInt16 = 15
    static let origin: UInt16 = 21
}

extension MessageType {
    package static let newRule = MessageType(rawValue: 32)
    package static let deleteRule = MessageType(rawValue: 33)
    package static let getRule = MessageType(rawValue: 34)
}
