/// The path and query of a request line, taken apart and decoded.
///
/// Decoding follows Go's `net/url`: `+` is a space in the query and itself in the path; a query item with a broken escape is
/// dropped; a path with a broken escape is refused.
struct RequestTarget: Hashable, Sendable {
    var path: String
    var rawPath: String
    /// Behind the question mark, as it stood; empty when there is none.
    var rawQuery: String
    var query: [HTTPRequest.QueryItem]

    /// Nil when the path's escapes are broken or it does not start with `/` (or is not `*`).
    init?(_ target: String) {
        var rest = Substring(target)
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://"),
            let slash = rest[scheme.upperBound...].firstIndex(of: "/")
        {
            rest = rest[slash...]  // absolute form, as proxies send it
        }
        if let fragment = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let question = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let raw = rest[..<(question ?? rest.endIndex)]
        guard raw.hasPrefix("/") || raw == "*", let decoded = PercentCoding.decode(raw, plusIsSpace: false) else { return nil }
        path = decoded
        rawPath = String(raw)
        rawQuery = question.map { String(rest[rest.utf8.index(after: $0)...]) } ?? ""
        query = question.map { Self.items(rest[rest.utf8.index(after: $0)...]) } ?? []
    }

    private static func items(_ text: Substring) -> [HTTPRequest.QueryItem] {
        text.split(separator: "&", omittingEmptySubsequences: true).compactMap { part in
            if part.utf8.contains(UInt8(ascii: ";")) { return nil }
            let equals = part.utf8.firstIndex(of: UInt8(ascii: "="))
            let rawValue = equals.map { part[part.utf8.index(after: $0)...] } ?? ""
            guard let name = PercentCoding.decode(part[..<(equals ?? part.endIndex)], plusIsSpace: true),
                let value = PercentCoding.decode(rawValue, plusIsSpace: true)
            else { return nil }
            return HTTPRequest.QueryItem(name: name, value: value)
        }
    }
}

/// Percent escapes of URLs (RFC 3986).
package enum PercentCoding {
    /// Nil when a `%` is not followed by two hexadecimal digits. Bytes that are not UTF-8 become U+FFFD.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Escapes everything but unreserved characters, so that the result fits a query value or one path segment.
    package static func encode(_ text: some StringProtocol) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
