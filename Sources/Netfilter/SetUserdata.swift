import NFTables

/// What nft stores beside a set whose key has a type without a name: the `typeof` expressions, so that a listing can be
/// loaded again.
///
/// - SeeAlso: nftables 1.0.6 `src/mnl.c` (`mnl_nft_set_add`) and `src/expression.c` (`..._build_udata`).
enum SetUserdata {
    private enum Item {
        static let keyByteOrder: UInt8 = 0
        static let dataByteOrder: UInt8 = 1
        static let keyTypeof: UInt8 = 3
        static let dataTypeof: UInt8 = 4
        static let dataInterval: UInt8 = 6
    }

    private enum Expression {
        static let payload: UInt32 = 7
        static let meta: UInt32 = 9
        static let concatenation: UInt32 = 13
        static let numgen: UInt32 = 23
    }

    /// `BYTEORDER_HOST_ENDIAN`
    private static let hostEndian: UInt32 = 1

    /// Empty when the set needs none.
    static func encode(_ set: NamedSet) -> [UInt8] {
        let value: [FieldType] = if case .fields(let fields) = set.value { fields } else { [] }
        if set.key == [.interface] { return item(Item.keyByteOrder, number(Self.hostEndian)) }
        guard set.key.contains(.random) || value.contains(.random) else { return [] }
        var bytes = item(Item.keyByteOrder, number(0))
        if !value.isEmpty { bytes += item(Item.dataByteOrder, number(0)) }
        bytes += item(Item.keyTypeof, expression(of: set.key))
        if !value.isEmpty {
            bytes += item(Item.dataTypeof, expression(of: value))
            bytes += item(Item.dataInterval, number(0))
        }
        return bytes
    }

    private static func expression(of fields: [FieldType]) -> [UInt8] {
        if fields.count == 1 { return expression(of: fields[0]) }
        let parts = fields.enumerated().flatMap { item(UInt8($0.offset), expression(of: $0.element)) }
        return typed(Expression.concatenation, parts)
    }

    private static func expression(of field: FieldType) -> [UInt8] {
        // Numbers of `enum proto_desc_id` (ip 12, ip6 13, th 11) and of the header's field; numgen: random, modulus 2, offset 0.
        switch field {
        case .ipv4Address: typed(Expression.payload, item(0, number(12)) + item(1, number(12)))
        case .ipv6Address: typed(Expression.payload, item(0, number(13)) + item(1, number(9)))
        case .transport: typed(Expression.meta, item(0, number(16)))
        case .port: typed(Expression.payload, item(0, number(11)) + item(1, number(2)))
        case .mark: typed(Expression.meta, item(0, number(3)))
        case .interface: typed(Expression.meta, item(0, number(4)))
        case .random: typed(Expression.numgen, item(0, number(1)) + item(1, number(2)) + item(2, number(0)))
        }
    }

    private static func typed(_ type: UInt32, _ content: [UInt8]) -> [UInt8] { item(0, number(type)) + item(1, content) }
    private static func item(_ type: UInt8, _ value: [UInt8]) -> [UInt8] { [type, UInt8(value.count)] + value }

    /// In the host's order.
    private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}
