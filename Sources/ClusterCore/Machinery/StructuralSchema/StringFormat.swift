import API
import CEL

/// The formats of text that a schema may ask for; any other name is taken as a remark.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/validation/formats.go`, `kube-openapi/pkg/validation/strfmt`.
enum StringFormat {
    static func isKnown(_ name: String) -> Bool { numbers.contains(name) || checks[normal(name)] != nil }

    /// Nil when the format is none for text.
    static func validate(_ text: String, _ name: String) -> Bool? { checks[normal(name)].map { $0(text) } }

    private static let numbers: Set<String> = ["int32", "int64", "float", "double", "float32", "float64"]

    /// Dashes do not count, but in the names that Kubernetes added.
    private static func normal(_ name: String) -> String {
        name.hasPrefix("k8s-") ? name : String(name.filter { $0 != "-" })
    }

    private static func matching(_ pattern: String) -> @Sendable (String) -> Bool {
        guard let pattern = try? Pattern(pattern) else { preconditionFailure("format pattern: \(pattern)") }
        return { pattern.matches($0) }
    }

    private static let uuidTail = "[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"

    private static let checks: [String: @Sendable (String) -> Bool] = [
        "bsonobjectid": matching("^[0-9a-fA-F]{24}$"),
        "uri": { text in text.utf8.first == 0x2f || uri(text) },
        "email": matching(#"^[^@\s<>()\[\],;:"]+@[^@\s<>()\[\],;:"]+$"#),
        "hostname": { text in text.utf8.count <= 255 && hostname(text) },
        "ipv4": { IPText.isVersion4($0) },
        "ipv6": { IPText.isVersion6($0) },
        "cidr": { IPText.isPrefix($0) },
        "mac": matching(
            "^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}[:-]){0,2}[0-9a-fA-F]{2}$|^([0-9a-fA-F]{4}[.]){2,3}[0-9a-fA-F]{4}$"),
        "uuid": matching("(?i)^[0-9a-f]{8}-?" + uuidTail),
        "uuid3": matching("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"),
        "uuid4": matching("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"),
        "uuid5": matching("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"),
        "isbn": { isbn10($0) || isbn13($0) }, "isbn10": isbn10, "isbn13": isbn13,
        "creditcard": { text in
            let digits = text.utf8.filter { $0 != 0x2d && $0 != 0x20 }
            return (12...19).contains(digits.count) && luhn(digits)
        },
        "ssn": matching(#"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#),
        "hexcolor": matching("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
        "rgbcolor": matching(
            #"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,"#
                + #"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$"#),
        "byte": { text in
            text.utf8.count % 4 == 0 && matching("^[A-Za-z0-9+/]*={0,2}$")(text)
        },
        "password": { _ in true },
        "date": { text in date(text) },
        "duration": { text in duration(text) },
        "datetime": { text in Timestamp(parsing: text) != nil },
        "k8s-short-name": { text in NameValidation.dns1123Label(text).isEmpty },
        "k8s-long-name": { text in NameValidation.dns1123Subdomain(text).isEmpty },
    ]

    private static let hostname = matching(
        #"^([a-zA-Z0-9\p{L}]([a-zA-Z0-9\p{L}-]{0,61}[a-zA-Z0-9\p{L}])?)(\.[a-zA-Z0-9\p{L}]([a-zA-Z0-9\p{L}-]{0,61}"#
            + #"[a-zA-Z0-9\p{L}])?)*\.?$"#)
    /// An absolute reference.
    private static let uri = matching(#"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*$"#)

    private static func date(_ text: String) -> Bool {
        guard text.utf8.count == 10, let time = Timestamp(parsing: text + "T00:00:00Z") else { return false }
        // A day that the month does not have would be printed as another date.
        return time.description.hasPrefix(text)
    }

    /// `1h30m`, `2 days`, `500ms`.
    private static let duration = matching(
        #"^\s*[+-]?(0|(\d+(\.\d*)?|\.\d+)\s*(ns|nanos?|nanoseconds?|us|µs|μs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|"#
            + #"seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*)+$"#)

    private static func luhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (index, byte) in digits.reversed().enumerated() {
            guard (0x30...0x39).contains(byte) else { return false }
            let digit = Int(byte - 0x30) * (index % 2 == 0 ? 1 : 2)
            sum += digit > 9 ? digit - 9 : digit
        }
        return sum % 10 == 0
    }

    @Sendable private static func isbn10(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 != 0x2d && $0 != 0x20 }
        guard digits.count == 10 else { return false }
        var sum = 0
        for (index, byte) in digits.enumerated() {
            let isLastX = index == 9 && byte | 0x20 == 0x78
            guard isLastX || (0x30...0x39).contains(byte) else { return false }
            sum += (10 - index) * (isLastX ? 10 : Int(byte - 0x30))
        }
        return sum % 11 == 0
    }

    @Sendable private static func isbn13(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 != 0x2d && $0 != 0x20 }
        guard digits.count == 13, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        let sum = digits.enumerated().reduce(0) { $0 + Int($1.element - 0x30) * ($1.offset % 2 == 0 ? 1 : 3) }
        return sum % 10 == 0
    }
}

/// The text forms of addresses.
enum IPText {
    static func isVersion4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (Int(part) ?? 256) < 256 && (part == "0" || !part.hasPrefix("0"))
            }
    }

    static func isVersion6(_ text: String) -> Bool {
        guard text.contains(":") else { return false }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false).map(String.init)
        guard halves.count <= 2 else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, part) in parts.enumerated() {
                let isLast = index == halves.count - 1 && position == parts.count - 1
                if isLast, isVersion4(String(part)) {
                    groups += 2
                } else {
                    guard (1...4).contains(part.utf8.count), UInt16(part, radix: 16) != nil else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }

    static func isPrefix(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let length = Int(parts[1]), String(length) == parts[1], length >= 0 else { return false }
        return (isVersion4(parts[0]) && length <= 32) || (isVersion6(parts[0]) && length <= 128)
    }
}
