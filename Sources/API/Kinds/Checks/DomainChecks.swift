import JSON

/// Names made of domains, with or without a path behind them.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/validation.go`, `ValidateCSIDriverName` and
///   `ValidateSignerName` of `pkg/apis/core/validation/validation.go`.
enum DomainChecks {
    /// At least three labels: the name of a webhook.
    static func qualified(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let messages = NameValidation.dns1123Subdomain(name)
        if !messages.isEmpty { return [.invalid(path, .string(name), messages.joined(separator: ","))] }
        if name.split(separator: ".").count < 3 {
            return [
                .invalid(path, .string(name), "should be a domain with at least three segments separated by dots")
            ]
        }
        return []
    }

    /// At least two labels, with or without a dot at the end.
    static func fullyQualified(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
        let messages = NameValidation.dns1123Subdomain(bare)
        if !messages.isEmpty { return [.invalid(path, .string(bare), messages.joined(separator: ","))] }
        let labels = bare.split(separator: ".").map(String.init)
        if labels.count < 2 {
            return [.invalid(path, .string(bare), "should be a domain with at least two segments separated by dots")]
        }
        for label in labels {
            let messages = NameValidation.dns1123Label(label)
            if !messages.isEmpty { return [.invalid(path, .string(label), messages.joined(separator: ","))] }
        }
        return []
    }

    private static let pathCharacters = Set("/-._~%!$&'()*+,;=:".utf8)

    /// `acme.io/foo`.
    static func prefixedPath(_ text: String, _ path: FieldPath) -> [FieldError] {
        if text.isEmpty { return [.required(path)] }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return [.invalid(path, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        var errors = FieldCheck.invalid(path, parts[0], NameValidation.dns1123Subdomain(parts[0]))
        let isPath = parts[1].utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || pathCharacters.contains(byte)
        }
        if !isPath {
            errors.append(
                .invalid(
                    path, .string(parts[1]),
                    "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"))
        }
        return errors
    }

    /// `*.example.com`.
    static func wildcard(_ text: String) -> [String] {
        var messages = text.utf8.count > NameValidation.subdomainLengthMax ? ["must be no more than 253 bytes"] : []
        let isFine =
            text.hasPrefix("*.") && !text.dropFirst(2).isEmpty
            && NameValidation.dns1123Subdomain(String(text.dropFirst(2))).isEmpty
        if !isFine {
            messages.append(
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
                    + "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. "
                    + "'*.example.com', regex used for validation is "
                    + "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
        }
        return messages
    }

    /// The name of a CSI or DRA driver.
    static func driver(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        if name.utf8.count > 63 { errors.append(.tooLong(path, bytesMax: 63)) }
        return errors + FieldCheck.invalid(path, name, NameValidation.dns1123Subdomain(name.lowercased()))
    }

    private static let signerLengthMax = 571

    /// `example.com/signer-name`.
    static func signer(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            return [
                .invalid(
                    path, .string(name), "must be a fully qualified domain and path of the form 'example.com/signer-name'")
            ]
        }
        var errors: [FieldError] = []
        if name.utf8.count > signerLengthMax { errors.append(.tooLong(path, bytesMax: signerLengthMax)) }
        let labels = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if labels.count < 2 {
            errors.append(
                .invalid(path, .string(parts[0]), "should be a domain with at least two segments separated by dots"))
        }
        for label in labels {
            errors += NameValidation.dns1123Label(label).map {
                .invalid(path, .string(parts[0]), "validating label \"\(label)\": \($0)")
            }
        }
        return errors + FieldCheck.invalid(path, parts[1], NameValidation.dns1123Subdomain(parts[1]))
    }
}
