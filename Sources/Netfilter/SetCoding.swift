import NFTables

/// Numbers that describe a set in netlink.
enum SetCoding {
    /// `NFT_DATA_VERDICT`
    static let verdictType: UInt32 = 0xffff_ff00

    private static let intervalFlag: UInt32 = 0x4  // NFT_SET_INTERVAL
    private static let timeoutFlag: UInt32 = 0x10  // NFT_SET_TIMEOUT
    private static let dynamicFlag: UInt32 = 0x20  // NFT_SET_EVAL
    private static let mapFlag: UInt32 = 0x8  // NFT_SET_MAP
    private static let concatenationFlag: UInt32 = 0x80  // NFT_SET_CONCAT

    static func flags(of set: NamedSet) -> UInt32 {
        (set.isMap ? mapFlag : 0) | (set.isInterval ? intervalFlag | (set.key.count > 1 ? concatenationFlag : 0) : 0)
            | (set.isDynamic ? timeoutFlag | dynamicFlag : 0)
    }

    static func isDynamic(flags: UInt32) -> Bool { flags & (timeoutFlag | dynamicFlag) == timeoutFlag | dynamicFlag }
    static func isInterval(flags: UInt32) -> Bool { flags & intervalFlag != 0 }

    /// Flags that we never set: a set with one of them is not ours.
    static func hasForeignFlag(_ flags: UInt32) -> Bool {
        let others = flags & (timeoutFlag | dynamicFlag)
        return flags & ~(intervalFlag | mapFlag | concatenationFlag | timeoutFlag | dynamicFlag) != 0
            || (others != 0 && !isDynamic(flags: flags))
    }

    /// nft's type number; of a concatenation the fields' numbers, six bits each.
    static func number(of fields: [FieldType]) -> UInt32 { fields.reduce(0) { $0 << 6 | $1.number } }

    /// Nil for a type that we do not use.
    static func fields(number: UInt32) -> [FieldType]? {
        var fields: [FieldType] = []
        var rest = number
        while rest != 0 {
            guard let type = types[rest & 0x3f] else { return nil }
            fields.insert(type, at: 0)
            rest >>= 6
        }
        return fields.isEmpty ? nil : fields
    }

    static func byteCount(of fields: [FieldType]) -> UInt32 { fields.reduce(0) { $0 + UInt32($1.wordCount) * 4 } }

    /// Without padding.
    static func fieldByteCount(_ field: FieldType) -> UInt32 {
        switch field {
        case .ipv4Address, .mark, .random, .interface: 4
        case .ipv6Address: 16
        case .transport: 1
        case .port: 2
        }
    }

    private static let types: [UInt32: FieldType] = Dictionary(
        uniqueKeysWithValues: [.ipv4Address, .ipv6Address, .transport, .port, .mark, .random, .interface].map { ($0.number, $0) })
}
