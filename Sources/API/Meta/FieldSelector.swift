/// Which objects match by the value of a few named fields: `spec.nodeName=node1,status.phase!=Failed`.
///
/// Which fields exist is the kind's affair.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/fields/selector.go`.
package struct FieldSelector: Hashable, Sendable, CustomStringConvertible {
    package struct Term: Hashable, Sendable {
        package var field: String
        package var isEqual: Bool
        package var value: String

        package init(field: String, isEqual: Bool = true, value: String) {
            self.field = field
            self.isEqual = isEqual
            self.value = value
        }
    }

    package var terms: [Term]

    package static let everything = FieldSelector([])

    package init(_ terms: [Term]) { self.terms = terms }

    /// Reads `field=value`, `field==value` and `field!=value`, joined by commas; `\` protects `,`, `=` and itself.
    package init(parsing text: String) throws(SelectorError) {
        var terms: [Term] = []
        for part in Self.split(text) where !part.isEmpty {
            guard let term = Self.term(part) else {
                throw SelectorError("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            terms.append(term)
        }
        self.init(terms)
    }

    package var isEverything: Bool { terms.isEmpty }

    /// The value that `field` must have, where an equality says so.
    package func exactValue(of field: String) -> String? { terms.first { $0.isEqual && $0.field == field }?.value }

    /// A field that the object does not have counts as empty.
    package func matches(_ value: (String) -> String?) -> Bool {
        terms.allSatisfy { ((value($0.field) ?? "") == $0.value) == $0.isEqual }
    }

    package var description: String {
        terms.map { $0.field + ($0.isEqual ? "=" : "!=") + Self.escaped($0.value) }.joined(separator: ",")
    }

    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var escaped = false
        for character in text {
            if character == ",", !escaped {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
            escaped = character == "\\" && !escaped
        }
        parts.append(current)
        return parts
    }

    private static func term(_ part: String) -> Term? {
        for (symbol, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            guard let range = range(of: symbol, in: part) else { continue }
            guard let value = unescaped(String(part[range.upperBound...])) else { return nil }
            return Term(field: String(part[..<range.lowerBound]), isEqual: isEqual, value: value)
        }
        return nil
    }

    /// The first place where `symbol` stands.
    private static func range(of symbol: String, in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix(symbol) { return index..<text.index(index, offsetBy: symbol.count) }
            index = text.index(after: index)
        }
        return nil
    }

    private static func unescaped(_ text: String) -> String? {
        var result = ""
        var escaped = false
        for character in text {
            if escaped {
                guard "\\,=".contains(character) else { return nil }
                result.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "=" || character == "," {
                return nil
            } else {
                result.append(character)
            }
        }
        return escaped ? nil : result
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\,=".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
