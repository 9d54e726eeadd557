/// Names of time zones: their form, and which exist.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/batch/validation/validation.go`, `validateTimeZone`.
package enum TimeZoneName {
    private static let partLengthMax = 14

    package static func isWellFormed(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            let bytes = part.utf8
            guard (1...partLengthMax).contains(bytes.count), part != ".", part != "..", !part.hasPrefix("-") else {
                return false
            }
            return bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == 0x2e || byte == 0x2d || byte == 0x5f || byte == 0x2b
            }
        }
    }

    /// Whether the time zone database has it.
    package static func isKnown(_ name: String) -> Bool { name == "UTC" || known.contains(name) }

    private static let known: Set<String> = {
        let text = TimeZoneTable.names.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        return Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }()
}
