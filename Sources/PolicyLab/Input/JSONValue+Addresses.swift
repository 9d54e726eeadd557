import JSON

extension JSONValue {
    /// Whether a text inside looks like an IPv6 address or prefix.
    var mentionsIPv6: Bool {
        switch self {
        case .string(let text):
            text.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2 && text.utf8.allSatisfy(Self.isAddressByte)
        case .array(let values): values.contains { $0.mentionsIPv6 }
        case .object(let object): object.members.contains { $0.value.mentionsIPv6 }
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

extension JSONValue {
    /// Every `cidr`, and every entry of `except` and `networks`.
    var prefixTexts: [String] {
        switch self {
        case .array(let values): values.flatMap(\.prefixTexts)
        case .object(let object):
            object.members.flatMap { member -> [String] in
                switch member.key {
                case "cidr": member.value.string.map { [$0] } ?? []
                case "except", "networks": member.value.array?.compactMap(\.string) ?? []
                default: member.value.prefixTexts
                }
            }
        default: []
        }
    }
}
