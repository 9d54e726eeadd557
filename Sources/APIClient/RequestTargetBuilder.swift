/// Path and query of a request, percent-encoded.
package struct RequestTargetBuilder {
    private(set) package var target: String
    private var hasQuery = false

    /// `path` may hold names that need no encoding only; Kubernetes allows no others.
    package init(path: String) { target = path }

    package mutating func add(_ name: String, _ value: String) {
        target += (hasQuery ? "&" : "?") + name + "=" + Self.encode(value)
        hasQuery = true
    }

    /// RFC 3986: everything but the unreserved characters.
    package static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }
}
