/// Text that is not JSON, or is beyond a limit of the parser.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case unexpectedEnd
        case invalidCharacter(UInt8)
        case invalidLiteral
        case invalidNumber
        case invalidEscape
        case invalidUTF8
        case controlCharacterInString
        case trailingData
        case tooDeep(limit: Int)
    }

    package var reason: Reason
    /// Byte position, from zero.
    package var offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// Worded as Go's `encoding/json` words it where it has a wording, because clients show it.
    package var description: String {
        switch reason {
        case .unexpectedEnd: "unexpected end of JSON input"
        case .invalidCharacter(let byte):
            "invalid character '\(Self.printable(byte))' looking for beginning of value (offset \(offset))"
        case .invalidLiteral: "invalid literal at offset \(offset)"
        case .invalidNumber: "invalid character in numeric literal at offset \(offset)"
        case .invalidEscape: "invalid escape in string at offset \(offset)"
        case .invalidUTF8: "invalid UTF-8 in string at offset \(offset)"
        case .controlCharacterInString: "invalid control character in string literal at offset \(offset)"
        case .trailingData: "invalid character after top-level value at offset \(offset)"
        case .tooDeep(let limit): "exceeded max depth of \(limit)"
        }
    }

    private static func printable(_ byte: UInt8) -> String {
        (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
    }
}
