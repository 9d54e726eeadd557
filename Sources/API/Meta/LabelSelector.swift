package import JSON

/// Text that is no selector.
package struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// Which labels match: every requirement must hold.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/labels/selector.go`.
package struct LabelSelector: Hashable, Sendable, CustomStringConvertible {
    package enum Operator: Hashable, Sendable {
        case equals, notEquals, `in`, notIn, exists, doesNotExist, greaterThan, lessThan
    }

    package struct Requirement: Hashable, Sendable, CustomStringConvertible {
        package var key: String
        package var `operator`: Operator
        package var values: [String]

        package init(_ key: String, _ operator: Operator, _ values: [String] = []) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        package func matches(_ labels: [String: String]) -> Bool {
            let found = labels[key]
            switch `operator` {
            case .equals, .in: return found.map(values.contains) ?? false
            case .notEquals, .notIn: return found.map { !values.contains($0) } ?? true
            case .exists: return found != nil
            case .doesNotExist: return found == nil
            case .greaterThan, .lessThan:
                guard let found, let left = Int64(found), let text = values.first, let right = Int64(text) else { return false }
                return `operator` == .greaterThan ? left > right : left < right
            }
        }

        package var description: String {
            switch `operator` {
            case .equals: "\(key)=\(values.first ?? "")"
            case .notEquals: "\(key)!=\(values.first ?? "")"
            case .in: "\(key) in (\(values.sorted().joined(separator: ",")))"
            case .notIn: "\(key) notin (\(values.sorted().joined(separator: ",")))"
            case .exists: key
            case .doesNotExist: "!\(key)"
            case .greaterThan: "\(key)>\(values.first ?? "")"
            case .lessThan: "\(key)<\(values.first ?? "")"
            }
        }
    }

    /// In order of key.
    package var requirements: [Requirement]
    /// True for a selector that is absent (nil): it matches no object, where an empty one matches all.
    package var matchesNothing = false

    package static let everything = LabelSelector([])
    package static let nothing: LabelSelector = {
        var selector = LabelSelector([])
        selector.matchesNothing = true
        return selector
    }()

    package init(_ requirements: [Requirement]) {
        self.requirements = requirements.sorted { $0.key < $1.key }
    }

    /// `spec.selector` of a Service or ReplicationController.
    package init(matchLabels: [String: String]) {
        self.init(matchLabels.map { Requirement($0.key, .equals, [$0.value]) })
    }

    /// `metav1.LabelSelector`; nil and null match nothing, `{}` matches everything.
    package init(json: JSONValue?) {
        guard let object = json?.object else {
            self = .nothing
            return
        }
        var found = (object["matchLabels"]?.object?.strings ?? [:]).map { Requirement($0.key, .equals, [$0.value]) }
        var unknown = false
        for expression in object["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = expression["values"]?.array?.compactMap(\.string) ?? []
            switch expression["operator"]?.string {
            case "In": found.append(Requirement(key, .in, values))
            case "NotIn": found.append(Requirement(key, .notIn, values))
            case "Exists": found.append(Requirement(key, .exists))
            case "DoesNotExist": found.append(Requirement(key, .doesNotExist))
            default: unknown = true
            }
        }
        self.init(found)
        matchesNothing = unknown
    }

    package var isEverything: Bool { requirements.isEmpty && !matchesNothing }

    package func matches(_ labels: [String: String]) -> Bool {
        !matchesNothing && requirements.allSatisfy { $0.matches(labels) }
    }

    /// The query form, `app=web,tier in (a,b)`.
    package var description: String {
        matchesNothing ? "<nothing>" : requirements.map(\.description).joined(separator: ",")
    }
}

extension LabelSelector {
    /// Reads the query form: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
    package init(parsing text: String) throws(SelectorError) {
        var parser = LabelSelectorParser(text)
        self.init(try parser.requirements())
    }
}

/// Reads the query form of a label selector, token by token.
private struct LabelSelectorParser {
    private enum Token: Equatable {
        case word(String), symbol(String), end

        var text: String {
            switch self {
            case .word(let text), .symbol(let text): text
            case .end: ""
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func requirements() throws(SelectorError) -> [LabelSelector.Requirement] {
        var result: [LabelSelector.Requirement] = []
        if peek() == .end { return result }
        while true {
            result.append(try requirement())
            let token = next()
            if token == .end { return result }
            guard token == .symbol(",") else { throw unexpected(token, expected: "',' or 'end of string'") }
            let following = peek()
            if case .word = following { continue }
            guard following == .symbol("!") else { throw unexpected(following, expected: "identifier after ','") }
        }
    }

    private mutating func requirement() throws(SelectorError) -> LabelSelector.Requirement {
        var token = next()
        let negated = token == .symbol("!")
        if negated { token = next() }
        guard case .word(let key) = token else { throw unexpected(token, expected: "identifier") }
        if let message = NameValidation.qualifiedName(key).first {
            throw SelectorError("unable to parse requirement: key: Invalid value: \"\(key)\": \(message)")
        }
        if negated { return .init(key, .doesNotExist) }
        let following = peek()
        if following == .end || following == .symbol(",") { return .init(key, .exists) }
        let operation = next()
        switch operation {
        case .symbol("="), .symbol("=="): return .init(key, .equals, [try value(key)])
        case .symbol("!="): return .init(key, .notEquals, [try value(key)])
        case .symbol(">"): return .init(key, .greaterThan, [try number(key)])
        case .symbol("<"): return .init(key, .lessThan, [try number(key)])
        case .word("in"): return .init(key, .in, try list(key))
        case .word("notin"): return .init(key, .notIn, try list(key))
        default: throw unexpected(operation, expected: "in, notin, =, ==, !=, gt, lt")
        }
    }

    private mutating func value(_ key: String) throws(SelectorError) -> String {
        let token = peek()
        if token == .end || token == .symbol(",") { return "" }
        guard case .word(let value) = next() else { throw unexpected(token, expected: "identifier") }
        return try checked(value, key)
    }

    private mutating func number(_ key: String) throws(SelectorError) -> String {
        let value = try value(key)
        guard Int64(value) != nil else {
            throw SelectorError(
                "unable to parse requirement: values[0][\(key)]: Invalid value: \"\(value)\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
        }
        return value
    }

    private mutating func list(_ key: String) throws(SelectorError) -> [String] {
        let open = next()
        guard open == .symbol("(") else { throw unexpected(open, expected: "'('") }
        var values: [String] = []
        while true {
            let token = next()
            switch token {
            case .word(let value):
                values.append(try checked(value, key))
                let separator = next()
                if separator == .symbol(")") { return values }
                guard separator == .symbol(",") else { throw unexpected(separator, expected: "',' or ')'") }
                if peek() == .symbol(")") { values.append("") }
            case .symbol(","): values.append("")
            case .symbol(")"): return values.isEmpty ? [""] : values
            default: throw unexpected(token, expected: "',', ')' or identifier")
            }
        }
    }

    private func checked(_ value: String, _ key: String) throws(SelectorError) -> String {
        if let message = NameValidation.labelValue(value).first {
            throw SelectorError("unable to parse requirement: values[0][\(key)]: Invalid value: \"\(value)\": \(message)")
        }
        return value
    }

    private func unexpected(_ token: Token, expected: String) -> SelectorError {
        SelectorError("unable to parse requirement: found '\(token.text)', expected: \(expected)")
    }

    private mutating func peek() -> Token {
        let saved = position
        defer { position = saved }
        return next()
    }

    private mutating func next() -> Token {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
        guard position < bytes.count else { return .end }
        let start = position
        if Self.symbols.contains(bytes[position]) {
            position += 1
            let pair = position < bytes.count ? String(decoding: bytes[start...position], as: UTF8.self) : ""
            if pair == "==" || pair == "!=" { position += 1 }
            return .symbol(String(decoding: bytes[start..<position], as: UTF8.self))
        }
        while position < bytes.count, !Self.symbols.contains(bytes[position]), bytes[position] > 0x20 { position += 1 }
        return .word(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private static let symbols: Set<UInt8> = Set("=!(),<>".utf8)
}
