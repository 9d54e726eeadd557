/// RFC 4648 base64 with padding, the form of byte fields in JSON.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let second = index + 1 < bytes.count ? bytes[index + 1] : 0
            let third = index + 2 < bytes.count ? bytes[index + 2] : 0
            let group = Int(bytes[index]) << 16 | Int(second) << 8 | Int(third)
            result.append(alphabet[group >> 18])
            result.append(alphabet[group >> 12 & 63])
            result.append(index + 1 < bytes.count ? alphabet[group >> 6 & 63] : 0x3d)
            result.append(index + 2 < bytes.count ? alphabet[group & 63] : 0x3d)
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Nil for anything that is not whole, padded base64. Line breaks are skipped, as Go's decoder does.
    package static func decode(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var group = 0
        var digits = 0
        var padding = 0
        for byte in text.utf8 {
            let value: Int
            switch byte {
            case 0x41...0x5a: value = Int(byte) - 0x41
            case 0x61...0x7a: value = Int(byte) - 0x61 + 26
            case 0x30...0x39: value = Int(byte) - 0x30 + 52
            case 0x2b: value = 62
            case 0x2f: value = 63
            case 0x3d:
                padding += 1
                value = 0
            case 0x0a, 0x0d: continue
            default: return nil
            }
            if padding > 0, byte != 0x3d { return nil }
            group = group << 6 | value
            digits += 1
            guard digits == 4 else { continue }
            guard padding <= 2 else { return nil }
            result.append(UInt8(group >> 16))
            if padding < 2 { result.append(UInt8(group >> 8 & 0xff)) }
            if padding < 1 { result.append(UInt8(group & 0xff)) }
            if padding > 0 { padding = 4 }
            (group, digits) = (0, 0)
        }
        return digits == 0 ? result : nil
    }
}
