/// Standard base64 with padding (RFC 4648).
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var iterator = bytes.makeIterator()
        while let first = iterator.next() {
            let second = iterator.next()
            let third = second == nil ? nil : iterator.next()
            let bits = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
            text.append(digits[Int(bits >> 18)])
            text.append(digits[Int(bits >> 12 & 63)])
            text.append(second == nil ? UInt8(ascii: "=") : digits[Int(bits >> 6 & 63)])
            text.append(third == nil ? UInt8(ascii: "=") : digits[Int(bits & 63)])
        }
        return text
    }

    /// Nil for anything but whole groups of four digits; padding may only stand at the end.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var digitsInGroup = 0
        var padding = 0
        for character in text {
            if character == UInt8(ascii: "=") {
                padding += 1
                bits <<= 6
            } else {
                guard padding == 0, let value = value(character) else { return nil }
                bits = bits << 6 | value
            }
            digitsInGroup += 1
            guard digitsInGroup == 4 else { continue }
            guard padding <= 2 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
            if padding < 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            if padding < 1 { bytes.append(UInt8(truncatingIfNeeded: bits)) }
            bits = 0
            digitsInGroup = 0
        }
        return bytes
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
