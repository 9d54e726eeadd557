/// Splits the text of an expression into tokens.
///
/// - SeeAlso: The language definition of CEL, "Syntax"; cel-go `parser/gen/CEL.g4`.
struct Lexer {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    private static let symbols = [
        "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*", "/", "%",
        "<", ">",
    ].map { Array($0.unicodeScalars) }
    private static let words: Set<String> = ["in", "true", "false", "null"]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func tokens(_ text: String) throws(ExpressionIssue) -> [Token] {
        var lexer = Lexer(text)
        var result: [Token] = []
        while true {
            let token = try lexer.next()
            result.append(token)
            if token.kind == .end { return result }
        }
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func skipSpace() {
        while let scalar = peek() {
            if scalar == "/", peek(1) == "/" {
                while let other = peek(), other != "\n" {
                    _ = other
                    position += 1
                }
            } else if [" ", "\t", "\n", "\r", "\u{c}"].contains(scalar) {
                position += 1
            } else {
                return
            }
        }
    }

    private func text(from start: Int) -> String {
        String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private mutating func next() throws(ExpressionIssue) -> Token {
        skipSpace()
        let start = position
        guard let scalar = peek() else { return Token(kind: .end, offset: start, text: "<EOF>") }
        if let kind = try string() { return Token(kind: kind, offset: start, text: text(from: start)) }
        if Self.isLetter(scalar) {
            while let other = peek(), Self.isLetter(other) || Self.isDigit(other) { position += 1 }
            let word = text(from: start)
            return Token(kind: Self.words.contains(word) ? .symbol(word) : .identifier(word), offset: start, text: word)
        }
        if Self.isDigit(scalar) || (scalar == "." && peek(1).map(Self.isDigit) ?? false) {
            let kind = try number()
            return Token(kind: kind, offset: start, text: text(from: start))
        }
        if scalar == "`" { return try quoted() }
        for symbol in Self.symbols where scalars[position...].starts(with: symbol) {
            position += symbol.count
            let word = text(from: start)
            return Token(kind: .symbol(word), offset: start, text: word)
        }
        throw ExpressionIssue(at: start, "Syntax error: token recognition error at: '\(scalar)'")
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5a, 0x61...0x7a, 0x5f: true
        default: false
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

    private mutating func quoted() throws(ExpressionIssue) -> Token {
        let start = position
        position += 1
        while let scalar = peek(), scalar != "`" {
            guard Self.isLetter(scalar) || Self.isDigit(scalar) || [".", "-", "/", " "].contains(scalar) else {
                throw ExpressionIssue(at: start, "Syntax error: token recognition error at: '`'")
            }
            position += 1
        }
        guard peek() != nil, position > start + 1 else {
            throw ExpressionIssue(at: start, "Syntax error: token recognition error at: '`'")
        }
        position += 1
        let text = text(from: start)
        return Token(kind: .quotedIdentifier(String(text.dropFirst().dropLast())), offset: start, text: text)
    }

    // MARK: - Numbers

    private mutating func number() throws(ExpressionIssue) -> Token.Kind {
        let start = position
        if peek() == "0", peek(1) == "x", let digit = peek(2), digit.properties.isASCIIHexDigit {
            position += 2
            while let digit = peek(), digit.properties.isASCIIHexDigit { position += 1 }
            return integer(text(from: start))
        }
        while let digit = peek(), Self.isDigit(digit) { position += 1 }
        var isWhole = true
        if peek() == ".", let digit = peek(1), Self.isDigit(digit) {
            isWhole = false
            position += 1
            while let digit = peek(), Self.isDigit(digit) { position += 1 }
        }
        if peek() == "e" || peek() == "E" {
            let hasSign = peek(1) == "+" || peek(1) == "-"
            if let digit = peek(hasSign ? 2 : 1), Self.isDigit(digit) {
                isWhole = false
                position += hasSign ? 2 : 1
                while let digit = peek(), Self.isDigit(digit) { position += 1 }
            }
        }
        if isWhole { return integer(text(from: start)) }
        let written = text(from: start)
        guard let value = Double(written.hasPrefix(".") ? "0" + written : written), value.isFinite else {
            throw ExpressionIssue(at: start, "invalid double literal")
        }
        return .double(value)
    }

    private mutating func integer(_ text: String) -> Token.Kind {
        guard peek() == "u" || peek() == "U" else { return .int(text) }
        position += 1
        return .uint(text)
    }

    // MARK: - Strings

    /// A string or bytes when one begins here: prefixes `r`, `b`, `br`, `rb` in either case, then a quote.
    private mutating func string() throws(ExpressionIssue) -> Token.Kind? {
        let start = position
        var ahead = 0
        var (isRaw, isBytes) = (false, false)
        while let scalar = peek(ahead), ahead < 2 {
            if scalar == "r" || scalar == "R", !isRaw {
                isRaw = true
            } else if scalar == "b" || scalar == "B", !isBytes {
                isBytes = true
            } else {
                break
            }
            ahead += 1
        }
        guard let quote = peek(ahead), quote == "\"" || quote == "'" else { return nil }
        position += ahead
        let isLong = peek(1) == quote && peek(2) == quote
        position += isLong ? 3 : 1
        var literal = StringLiteral(isBytes: isBytes)
        while true {
            guard let scalar = peek() else { throw unended(start) }
            if scalar == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                position += isLong ? 3 : 1
                return isBytes ? .bytes(literal.bytes) : .string(literal.text)
            }
            if !isLong, scalar == "\n" || scalar == "\r" { throw unended(start) }
            position += 1
            if scalar == "\\" {
                if isRaw {
                    literal.append(scalar)
                    guard let escaped = peek() else { throw unended(start) }
                    literal.append(escaped)
                    position += 1
                } else {
                    try escape(into: &literal)
                }
            } else if scalar == "\r", peek() == "\n" {
                continue  // ends of line are one character
            } else {
                literal.append(scalar)
            }
        }
    }

    private func unended(_ start: Int) -> ExpressionIssue {
        ExpressionIssue(
            at: start, "Syntax error: token recognition error at: '\(String(String.UnicodeScalarView(scalars[start...])))'")
    }

    private struct StringLiteral {
        var isBytes: Bool
        var text = ""
        var bytes: [UInt8] = []

        mutating func append(_ scalar: Unicode.Scalar) {
            if isBytes { bytes += Array(String(scalar).utf8) } else { text.unicodeScalars.append(scalar) }
        }
    }

    private static let plainEscapes: [Unicode.Scalar: Unicode.Scalar] = [
        "a": "\u{7}", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{b}", "\\": "\\", "?": "?",
        "\"": "\"", "'": "'", "`": "`",
    ]

    private mutating func escape(into literal: inout StringLiteral) throws(ExpressionIssue) {
        let start = position - 1
        guard let scalar = peek() else { throw unended(start) }
        position += 1
        if let plain = Self.plainEscapes[scalar] {
            literal.append(plain)
            return
        }
        let value: UInt32
        switch scalar {
        case "x", "X": value = try digits(2, radix: 16, start)
        case "u" where !literal.isBytes: value = try digits(4, radix: 16, start)
        case "U" where !literal.isBytes: value = try digits(8, radix: 16, start)
        case "0", "1", "2", "3":
            position -= 1
            value = try digits(3, radix: 8, start)
        default: throw ExpressionIssue(at: start, "Syntax error: token recognition error at: '\\\(scalar)'")
        }
        if literal.isBytes {
            guard value <= 0xff else { throw ExpressionIssue(at: start, "invalid escape sequence") }
            literal.bytes.append(UInt8(value))
        } else if let scalar = Unicode.Scalar(value) {
            literal.append(scalar)
        } else {
            throw ExpressionIssue(at: start, "invalid unicode code point")
        }
    }

    private mutating func digits(_ count: Int, radix: Int, _ start: Int) throws(ExpressionIssue) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek(), let digit = Character(scalar).hexDigitValue, digit < radix else {
                throw ExpressionIssue(at: start, "Syntax error: token recognition error at: '\\'")
            }
            value = value &* UInt32(radix) &+ UInt32(digit)
            position += 1
        }
        return value
    }
}
