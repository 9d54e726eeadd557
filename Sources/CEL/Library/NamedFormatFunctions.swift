/// A form that texts of Kubernetes have.
package enum NamedFormat: String, Hashable, Sendable, CaseIterable {
    case dns1123Label, dns1123Subdomain, dns1035Label, qualifiedName, dns1123LabelPrefix, dns1123SubdomainPrefix
    case dns1035LabelPrefix, labelValue, uri, uuid, byte, date, datetime

    private static let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let subdomain = "\(label)(\\.\(label))*"
    private static let label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
    private static let qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        (try? Pattern("^(\(pattern))$"))?.matches(text) ?? false
    }

    /// What is wrong with a text; empty: nothing.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/validation.go`, `apiserver/pkg/cel/library/format.go`.
    func problems(_ text: String) -> [String] {
        switch self {
        case .dns1123Label: return Self.label(text)
        case .dns1123LabelPrefix: return Self.label(Self.masked(text))
        case .dns1123Subdomain: return Self.subdomain(text)
        case .dns1123SubdomainPrefix: return Self.subdomain(Self.masked(text))
        case .dns1035Label: return Self.label1035(text)
        case .dns1035LabelPrefix: return Self.label1035(Self.masked(text))
        case .qualifiedName: return Self.qualifiedName(text)
        case .labelValue: return Self.labelValue(text)
        case .uri: return URLValue(text) == nil ? ["invalid URI for request"] : []
        case .uuid:
            let isValid = Self.matches(text, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
            return isValid ? [] : ["does not match the UUID format"]
        case .byte: return Base64Text.decode(text) == nil ? ["invalid base64"] : []
        case .date: return CELTimestamp(date: text) == nil ? ["invalid date"] : []
        case .datetime: return CELTimestamp(text) == nil ? ["invalid datetime"] : []
        }
    }

    /// A dash at the end of a prefix is followed by more.
    private static func masked(_ text: String) -> String { text.hasSuffix("-") && text.count > 1 ? text.dropLast() + "a" : text }

    private static func tooLong(_ limit: Int) -> String { "must be no more than \(limit) bytes" }

    private static func label(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append(tooLong(63)) }
        if !matches(text, label) {
            let isSubdomain = matches(text, subdomain)
            problems.append(
                isSubdomain
                    ? "must not contain dots"
                    : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
                        + "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                        + "'\(label)')")
        }
        return problems
    }

    private static func subdomain(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 253 { problems.append(tooLong(253)) }
        if !matches(text, subdomain) {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
                    + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '\(subdomain)')")
        }
        return problems
    }

    private static func label1035(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append(tooLong(63)) }
        if !matches(text, label1035) {
            problems.append(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
                    + "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
                    + "'\(label1035)')")
        }
        return problems
    }

    private static func qualifiedName(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let form =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '\(qualified)')"
        guard parts.count <= 2 else {
            return ["a qualified name \(form) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        }
        var problems: [String] = []
        if parts.count == 2 {
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else {
                problems += subdomain(parts[0]).map { "prefix part \($0)" }
            }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty {
            problems.append("name part must be non-empty")
        } else if name.utf8.count > 63 {
            problems.append("name part \(tooLong(63))")
        }
        if !matches(name, qualified) { problems.append("name part \(form)") }
        return problems
    }

    private static func labelValue(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append(tooLong(63)) }
        if !text.isEmpty, !matches(text, qualified) {
            problems.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
                    + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
                    + "validation is '(\(qualified))?')")
        }
        return problems
    }
}

/// `format.dns1123Label().validate(text)`
enum NamedFormatFunctions: FunctionLibrary {
    static let declarations: String = {
        let named = NamedFormat.allCases.map { "format.\($0.rawValue)() -> kubernetes.NamedFormat" }
        return
            (named + [
                "format.named(string) -> optional<kubernetes.NamedFormat>",
                "kubernetes.NamedFormat: validate(string) -> optional<list<string>>",
            ]).joined(separator: "\n")
    }()

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first, arguments.dropFirst().first) {
        case ("format.named", .string(let wanted), nil):
            return .optional(NamedFormat(rawValue: wanted).map { .opaque(.format($0)) })
        case ("validate", .opaque(.format(let format)), .string(let text)):
            let problems = format.problems(text)
            return .optional(problems.isEmpty ? nil : .list(problems.map { .string($0) }))
        case (_, nil, nil):
            guard name.hasPrefix("format.") else { return nil }
            return NamedFormat(rawValue: String(name.dropFirst(7))).map { .opaque(.format($0)) }
        default: return nil
        }
    }
}
