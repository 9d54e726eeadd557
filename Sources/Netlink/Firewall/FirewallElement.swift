/// What a field of a set's key or data is, by the numbers that `nft` gives its types.
package enum FirewallType: UInt32, Hashable, Sendable {
    case ipv4Address = 7
    case ipv6Address = 8
    case transportProtocol = 12
    case port = 13
    case interfaceIndex = 20

    private var byteCount: Int {
        switch self {
        case .ipv4Address, .interfaceIndex: 4
        case .ipv6Address: 16
        case .transportProtocol: 1
        case .port: 2
        }
    }

    /// Bytes of several fields together: each but a lone one is padded to a register of four.
    static func length(of fields: [FirewallType]) -> UInt32 {
        fields.count == 1
            ? UInt32(fields[0].byteCount) : UInt32(fields.reduce(0) { $0 + ($1.byteCount + 3) & ~3 })
    }

    /// Six bits for each field.
    static func code(of fields: [FirewallType]) -> UInt32 { fields.reduce(0) { $0 << 6 | $1.rawValue } }
}

/// One element of a set or map.
package struct FirewallElement: Hashable, Sendable {
    package var key: [UInt8]
    /// Empty in sets.
    package var data: [UInt8]
    package var comment: String?
    /// In an interval set: the first key after a stretch, which another element begins.
    package var endsInterval: Bool

    package init(key: [UInt8], data: [UInt8] = [], comment: String? = nil, endsInterval: Bool = false) {
        self.key = key
        self.data = data
        self.comment = comment
        self.endsInterval = endsInterval
    }

    /// Puts fields behind each other as registers hold them.
    package static func fields(_ fields: [[UInt8]]) -> [UInt8] {
        fields.flatMap { $0 + [UInt8](repeating: 0, count: (4 - $0.count % 4) % 4) }
    }

    func encode(into writer: inout MessageWriter) {
        writer.nest(1) { $0.attribute(1, bytes: key) }
        if !data.isEmpty { writer.nest(2) { $0.attribute(1, bytes: data) } }
        if endsInterval { writer.attribute(3, bigEndian: 1) }
        if let comment { writer.attribute(6, bytes: FirewallComment.encode(comment)) }
    }

    /// The elements that an answer to `listElements` or `getElement` holds.
    package static func elements(in message: NetlinkMessage) -> [FirewallElement] {
        var reader = MessageReader(message.payload)
        guard reader.skip(4) else { return [] }
        return reader.attributes().filter { $0.type == 3 }.flatMap { $0.nested }.map { entry in
            var element = FirewallElement(key: [])
            for part in entry.nested {
                switch part.type {
                case 1: element.key = part.nested.first { $0.type == 1 }.map { Array($0.payload) } ?? []
                case 2: element.data = part.nested.first { $0.type == 1 }.map { Array($0.payload) } ?? []
                case 3: element.endsInterval = part.payload.last.map { $0 & 1 == 1 } ?? false
                case 6: element.comment = FirewallComment.decode(part.payload)
                default: break
                }
            }
            return element
        }
    }
}

/// What `getTable` answers.
package enum FirewallTable {
    package static func comment(in message: NetlinkMessage) -> String? {
        var reader = MessageReader(message.payload)
        guard reader.skip(4) else { return nil }
        return reader.attributes().first { $0.type == 6 }.flatMap { FirewallComment.decode($0.payload) }
    }
}
