import JSON

/// What an unquoted word means.
///
/// - SeeAlso: go-yaml v2 `resolve.go`: YAML 1.1 with `yes`, `on`, octal `0644` and underscores in numbers.
enum PlainScalar {
    /// Nil for the infinities and NaN, which JSON cannot say.
    static func resolve(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first else { return .null }
        if let word = words[text] { return word }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            if notNumbers.contains(text) { return nil }
            return number(text) ?? .string(text)
        default: return .string(text)
        }
    }

    private static let words: [String: JSONValue] = {
        var words: [String: JSONValue] = [:]
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { words[text] = true }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { words[text] = false }
        for text in ["~", "null", "Null", "NULL"] { words[text] = .null }
        return words
    }()

    private static let notNumbers: Set<String> = [
        ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
    ]

    private static func number(_ text: String) -> JSONValue? {
        let plain = text.filter { $0 != "_" }
        if let whole = integer(plain) { return .int(whole) }
        guard isDecimalFraction(plain), let value = Double(plain.hasPrefix("+") ? String(plain.dropFirst()) : plain),
            value.isFinite
        else { return nil }
        return .double(value)
    }

    /// As Go's `ParseInt` with base 0: `0x`, `0b`, `0o`, and a leading zero for octal.
    private static func integer(_ text: String) -> Int64? {
        let negative = text.hasPrefix("-")
        let digits = negative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let (body, radix): (Substring, Int) =
            switch digits.prefix(2).lowercased() {
            case "0x": (digits.dropFirst(2), 16)
            case "0b": (digits.dropFirst(2), 2)
            case "0o": (digits.dropFirst(2), 8)
            default: digits.count > 1 && digits.hasPrefix("0") ? (digits.dropFirst(), 8) : (digits, 10)
            }
        guard let first = body.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int64((negative ? "-" : "") + body, radix: radix)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isDecimalFraction(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func skipDigits() -> Int {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        func skip(_ bytes: [UInt8]) -> Bool {
            guard let first = rest.first, bytes.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = skip([0x2b, 0x2d])
        let whole = skipDigits()
        if skip([0x2e]) {
            guard skipDigits() > 0 || whole > 0 else { return false }
        } else if whole == 0 {
            return false
        }
        if skip([0x65, 0x45]) {
            _ = skip([0x2b, 0x2d])
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
