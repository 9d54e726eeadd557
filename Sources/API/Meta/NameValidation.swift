/// What names, labels and ports may look like. Each check gives the messages of upstream, empty when the text is fine.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/validate/content` and `pkg/util/validation/validation.go`.
package enum NameValidation {
    package static let labelLengthMax = 63
    package static let subdomainLengthMax = 253

    static func tooLong(_ max: Int) -> String { "must be no more than \(max) bytes" }

    package static func dns1123Label(_ text: String) -> [String] {
        var messages = text.utf8.count > labelLengthMax ? [tooLong(labelLengthMax)] : []
        if !isDNS1123Label(text) {
            messages.append(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
                    + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
        }
        return messages
    }

    package static func dns1123Subdomain(_ text: String) -> [String] {
        var messages = text.utf8.count > subdomainLengthMax ? [tooLong(subdomainLengthMax)] : []
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if !parts.allSatisfy({ isDNS1123Label(String($0)) }) {
            messages.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
                    + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
        }
        return messages
    }

    /// A name in a DNS search list, where labels may begin with an underscore and hold some.
    package static func dns1123SubdomainWithUnderscore(_ text: String) -> [String] {
        var messages = text.utf8.count > subdomainLengthMax ? [tooLong(subdomainLengthMax)] : []
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy { part in
            let rest = part.first == "_" ? part.dropFirst() : part
            return isDNS1123Label(String(rest).replacing("_", with: "a")) && rest.first != "_" && rest.last != "_"
        }
        if !isFine {
            messages.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start "
                    + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + "'_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')")
        }
        return messages
    }

    /// The name of an HTTP header.
    package static func httpHeaderName(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2d }) { return [] }
        return [
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is "
                + "'[-A-Za-z0-9]+')"
        ]
    }

    /// A user's or group's number.
    package static func identity(_ number: Int64) -> [String] {
        (0...Int64(Int32.max)).contains(number) ? [] : [FieldCheck.inclusive(0...Int64(Int32.max))]
    }

    package static func dns1035Label(_ text: String) -> [String] {
        var messages = text.utf8.count > labelLengthMax ? [tooLong(labelLengthMax)] : []
        if !isDNS1123Label(text) || !(text.utf8.first.map { (0x61...0x7a).contains($0) } ?? false) {
            messages.append(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
                    + "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
                    + "'[a-z]([-a-z0-9]*[a-z0-9])?')")
        }
        return messages
    }

    /// A label's or annotation's key: `name` or `prefix/name`.
    package static func qualifiedName(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var messages: [String] = []
        var name = text
        switch parts.count {
        case 1: break
        case 2:
            name = parts[1]
            if parts[0].isEmpty {
                messages.append("prefix part must be non-empty")
            } else {
                messages += dns1123Subdomain(parts[0]).map { "prefix part " + $0 }
            }
        default:
            return [
                "a qualified name " + qualifiedNameRule
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if name.isEmpty {
            messages.append("name part must be non-empty")
        } else if name.utf8.count > labelLengthMax {
            messages.append("name part " + tooLong(labelLengthMax))
        }
        if !isLabelWord(name) { messages.append("name part " + qualifiedNameRule) }
        return messages
    }

    private static let qualifiedNameRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    package static func labelValue(_ text: String) -> [String] {
        var messages = text.utf8.count > labelLengthMax ? [tooLong(labelLengthMax)] : []
        if !text.isEmpty, !isLabelWord(text) {
            messages.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
                    + "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
                    + "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        }
        return messages
    }

    /// A segment of a path: RBAC's names.
    package static func pathSegmentName(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        var messages: [String] = []
        for part in ["/", "%"] where text.contains(part) { messages.append("may not contain '\(part)'") }
        return messages
    }

    /// A key of a ConfigMap or Secret.
    package static func configMapKey(_ text: String) -> [String] {
        var messages = text.utf8.count > subdomainLengthMax ? [tooLong(subdomainLengthMax)] : []
        if text.isEmpty || !text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }) {
            messages.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
                    + "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
        }
        if text == "." { messages.append("must not be '.'") }
        if text == ".." {
            messages.append("must not be '..'")
        } else if text.hasPrefix("..") {
            messages.append("must not start with '..'")
        }
        return messages
    }

    /// An environment variable's name, in the relaxed rule that is on since 1.34.
    package static func environmentName(_ text: String) -> [String] {
        if text.isEmpty || !text.utf8.allSatisfy({ (0x20...0x7e).contains($0) && $0 != 0x3d }) {
            return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
        }
        return []
    }

    package static func portNumber(_ port: Int64) -> [String] {
        (1...65535).contains(port) ? [] : ["must be between 1 and 65535, inclusive"]
    }

    /// A port's name: IANA service name syntax.
    package static func portName(_ text: String) -> [String] {
        var messages: [String] = []
        if text.utf8.count > 15 { messages.append("must be no more than 15 bytes") }
        let allowed = text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        if text.isEmpty || !allowed {
            messages.append(
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-) (regex used for validation is '[-a-z0-9]+')"
            )
        }
        if !text.utf8.contains(where: { (0x61...0x7a).contains($0) }) {
            messages.append("must contain at least one letter (a-z)")
        }
        if text.contains("--") { messages.append("must not contain consecutive hyphens") }
        if text.hasPrefix("-") || text.hasSuffix("-") { messages.append("must not begin or end with a hyphen") }
        return messages
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static func isDNS1123Label(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, first != 0x2d, last != 0x2d else { return false }
        return bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
    }

    private static func isLabelWord(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
    }
}
