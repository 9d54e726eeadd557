/// Reads the text of an expression.
///
/// - SeeAlso: The language definition of CEL, "Syntax"; cel-go `parser/parser.go`.
package struct ExpressionParser {
    /// As cel-go's.
    package static let lengthMax = 100_000
    /// Levels of brackets, calls and chained operators.
    static let depthMax = 250
    /// Nodes after macros were written out; a nest of macros grows with every level.
    static let nodesMax = 200_000

    private let tokens: [Token]
    private var position = 0
    private var depth = 0
    private(set) var nodes = 0
    /// Names of functions with a dot in them: `optional.of`.
    private let qualifiedFunctions: Set<String>

    package static func parse(_ text: String, qualifiedFunctions: Set<String> = []) throws(ExpressionIssue) -> Expression {
        let length = text.unicodeScalars.count
        guard length <= lengthMax else {
            throw ExpressionIssue(at: 0, "expression code point size exceeds limit: size: \(length), limit \(lengthMax)")
        }
        var parser = ExpressionParser(tokens: try Lexer.tokens(text), qualifiedFunctions: qualifiedFunctions)
        let result = try parser.expression()
        guard parser.current.kind == .end else { throw parser.unexpected("<EOF>") }
        return result
    }

    private init(tokens: [Token], qualifiedFunctions: Set<String>) {
        self.tokens = tokens
        self.qualifiedFunctions = qualifiedFunctions
    }

    private var current: Token { tokens[position] }

    private func unexpected(_ wanted: String) -> ExpressionIssue {
        let found = current
        if found.kind == .end {
            return ExpressionIssue(at: found.offset, "Syntax error: mismatched input '<EOF>' expecting \(wanted)")
        }
        return ExpressionIssue(at: found.offset, "Syntax error: mismatched input '\(found.text)' expecting \(wanted)")
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(ExpressionIssue) {
        guard take(symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func node(_ offset: Int, _ kind: Expression.Kind) throws(ExpressionIssue) -> Expression {
        nodes += 1
        guard nodes < Self.nodesMax else { throw ExpressionIssue(at: offset, "expression is too large") }
        let result = Expression(id: nodes, offset: offset, kind)
        guard result.depth <= Self.depthMax * 2 else {
            throw ExpressionIssue(at: offset, "expression recursion limit exceeded: \(Self.depthMax)")
        }
        return result
    }

    // MARK: - Operators

    private mutating func expression() throws(ExpressionIssue) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw ExpressionIssue(at: current.offset, "expression recursion limit exceeded: \(Self.depthMax)")
        }
        let condition = try logic(.or)
        let offset = current.offset
        guard take("?") else { return condition }
        let yes = try logic(.or)
        try expect(":")
        let no = try expression()
        return try node(offset, .operation(.conditional, [condition, yes, no]))
    }

    /// A chain of `||` or `&&`, as a balanced tree: long chains are common and must not nest deeply.
    private mutating func logic(_ symbol: Operator) throws(ExpressionIssue) -> Expression {
        let text = symbol == .or ? "||" : "&&"
        var operands = [symbol == .or ? try logic(.and) : try relation()]
        var offsets: [Int] = []
        while current.kind == .symbol(text) {
            offsets.append(current.offset)
            position += 1
            operands.append(symbol == .or ? try logic(.and) : try relation())
        }
        return try balance(symbol, operands[...], offsets[...])
    }

    private mutating func balance(
        _ symbol: Operator, _ operands: ArraySlice<Expression>, _ offsets: ArraySlice<Int>
    ) throws(ExpressionIssue) -> Expression {
        guard operands.count > 1 else { return operands[operands.startIndex] }
        let half = operands.startIndex + (operands.count + 1) / 2
        let left = try balance(symbol, operands[..<half], offsets[..<(half - 1)])
        let right = try balance(symbol, operands[half...], offsets[half...])
        return try node(offsets[half - 1], .operation(symbol, [left, right]))
    }

    private static let relations: [String: Operator] = [
        "==": .equal, "!=": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual, "in": .contained,
    ]
    private static let sums: [String: Operator] = ["+": .add, "-": .subtract]
    private static let products: [String: Operator] = ["*": .multiply, "/": .divide, "%": .modulo]

    private mutating func relation() throws(ExpressionIssue) -> Expression {
        var left = try sum()
        while case .symbol(let text) = current.kind, let symbol = Self.relations[text] {
            let offset = current.offset
            position += 1
            let right = try sum()
            left = try node(offset, .operation(symbol, [left, right]))
        }
        return left
    }

    private mutating func sum() throws(ExpressionIssue) -> Expression {
        var left = try product()
        while case .symbol(let text) = current.kind, let symbol = Self.sums[text] {
            let offset = current.offset
            position += 1
            let right = try product()
            left = try node(offset, .operation(symbol, [left, right]))
        }
        return left
    }

    private mutating func product() throws(ExpressionIssue) -> Expression {
        var left = try unary()
        while case .symbol(let text) = current.kind, let symbol = Self.products[text] {
            let offset = current.offset
            position += 1
            let right = try unary()
            left = try node(offset, .operation(symbol, [left, right]))
        }
        return left
    }

    private mutating func unary() throws(ExpressionIssue) -> Expression {
        let offset = current.offset
        var count = 0
        if current.kind == .symbol("!") {
            while take("!") { count += 1 }
            let operand = try member()
            // Two negations cancel out.
            return count % 2 == 0 ? operand : try node(offset, .operation(.not, [operand]))
        }
        guard current.kind == .symbol("-") else { return try member() }
        while current.kind == .symbol("-") {
            // The sign next to a number belongs to it.
            switch tokens[position + 1].kind {
            case .int, .double:
                let operand = try member()
                return count % 2 == 0 ? operand : try node(offset, .operation(.negate, [operand]))
            default: break
            }
            position += 1
            count += 1
        }
        let operand = try member()
        return count % 2 == 0 ? operand : try node(offset, .operation(.negate, [operand]))
    }

    // MARK: - Members

    private mutating func member() throws(ExpressionIssue) -> Expression {
        var operand = try primary()
        while true {
            let offset = current.offset
            if take(".") {
                operand = try selection(from: operand, at: offset)
            } else if take("[") {
                let isOptional = take("?")
                let index = try expression()
                try expect("]")
                operand = try node(offset, .operation(isOptional ? .optionalIndex : .index, [operand, index]))
            } else if current.kind == .symbol("{"), let name = operand.qualifiedName {
                operand = try structure(name, at: offset)
            } else {
                return operand
            }
        }
    }

    private mutating func selection(from operand: Expression, at offset: Int) throws(ExpressionIssue) -> Expression {
        let isOptional = take("?")
        let field: String
        switch current.kind {
        case .identifier(let name):
            field = name
            position += 1
            if current.kind == .symbol("("), !isOptional {
                return try memberCall(field, on: operand)
            }
        case .quotedIdentifier(let name):
            field = name
            position += 1
        default: throw unexpected("IDENTIFIER")
        }
        guard isOptional else { return try node(offset, .select(operand, field: field)) }
        let name = try node(offset, .literal(.string(field)))
        return try node(offset, .operation(.optionalSelect, [operand, name]))
    }

    private mutating func memberCall(_ name: String, on operand: Expression) throws(ExpressionIssue) -> Expression {
        let offset = current.offset
        position += 1
        let arguments = try self.arguments()
        if let prefix = operand.qualifiedName, qualifiedFunctions.contains("\(prefix).\(name)") {
            return try node(offset, .call("\(prefix).\(name)", target: nil, arguments: arguments))
        }
        if let expanded = try expand(name, on: operand, arguments, at: offset) { return expanded }
        return try node(offset, .call(name, target: operand, arguments: arguments))
    }

    /// What stands between parentheses, the closing one included.
    private mutating func arguments() throws(ExpressionIssue) -> [Expression] {
        var result: [Expression] = []
        if take(")") { return result }
        while true {
            result.append(try expression())
            if take(")") { return result }
            guard take(",") else { throw unexpected("{',', ')'}") }
        }
    }

    // MARK: - Primaries

    private mutating func primary() throws(ExpressionIssue) -> Expression {
        let token = current
        position += 1
        switch token.kind {
        case .symbol("-"):
            switch current.kind {
            case .int(let digits):
                position += 1
                return try integer("-" + digits, token)
            case .double(let value):
                position += 1
                return try node(token.offset, .literal(.double(-value)))
            default: break
            }
        case .int(let digits): return try integer(digits, token)
        case .uint(let digits):
            let hex = digits.hasPrefix("0x")
            guard let value = UInt64(hex ? String(digits.dropFirst(2)) : digits, radix: hex ? 16 : 10) else {
                throw ExpressionIssue(at: token.offset, "invalid uint literal")
            }
            return try node(token.offset, .literal(.uint(value)))
        case .double(let value): return try node(token.offset, .literal(.double(value)))
        case .string(let text): return try node(token.offset, .literal(.string(text)))
        case .bytes(let bytes): return try node(token.offset, .literal(.bytes(bytes)))
        case .symbol("true"): return try node(token.offset, .literal(.bool(true)))
        case .symbol("false"): return try node(token.offset, .literal(.bool(false)))
        case .symbol("null"): return try node(token.offset, .literal(.null))
        case .symbol("("):
            let inner = try expression()
            try expect(")")
            return inner
        case .symbol("["): return try list(at: token.offset)
        case .symbol("{"): return try map(at: token.offset)
        case .symbol("."):
            if case .identifier(let name) = current.kind {
                position += 1
                return try named(name, token.offset)
            }
        case .identifier(let name): return try named(name, token.offset)
        default: break
        }
        position -= 1
        throw unexpected(
            "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}")
    }

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace",
        "return", "var", "void", "while",
    ]

    private mutating func named(_ name: String, _ offset: Int) throws(ExpressionIssue) -> Expression {
        if Self.reserved.contains(name) { throw ExpressionIssue(at: offset, "reserved identifier: \(name)") }
        let opening = current.offset
        guard take("(") else { return try node(offset, .identifier(name)) }
        let arguments = try self.arguments()
        if name == "has" {
            guard arguments.count == 1, case .select(let operand, let field) = arguments[0].kind else {
                throw ExpressionIssue(at: arguments.first?.offset ?? opening, "invalid argument to has() macro")
            }
            return try node(opening, .presence(operand, field: field))
        }
        return try node(opening, .call(name, target: nil, arguments: arguments))
    }

    private mutating func integer(_ digits: String, _ token: Token) throws(ExpressionIssue) -> Expression {
        var text = digits
        let isHex = text.contains("x")
        if isHex { text = text.hasPrefix("-") ? "-" + text.dropFirst(3) : String(text.dropFirst(2)) }
        guard let value = Int64(text, radix: isHex ? 16 : 10) else {
            throw ExpressionIssue(at: token.offset, "invalid int literal")
        }
        return try node(token.offset, .literal(.int(value)))
    }

    private mutating func list(at offset: Int) throws(ExpressionIssue) -> Expression {
        var elements: [Expression] = []
        var optionals: [Int] = []
        while !take("]") {
            if take("?") { optionals.append(elements.count) }
            elements.append(try expression())
            if take("]") { break }
            guard take(",") else { throw unexpected("{']', ','}") }
        }
        return try node(offset, .list(elements, optionals: optionals))
    }

    private mutating func map(at offset: Int) throws(ExpressionIssue) -> Expression {
        var entries: [Expression.Entry] = []
        while !take("}") {
            let isOptional = take("?")
            let key = try expression()
            let colon = current.offset
            try expect(":")
            let value = try expression()
            nodes += 1
            _ = colon
            entries.append(Expression.Entry(id: nodes, key: key, value: value, isOptional: isOptional))
            if take("}") { break }
            guard take(",") else { throw unexpected("{'}', ','}") }
        }
        return try node(offset, .map(entries))
    }

    private mutating func structure(_ name: String, at offset: Int) throws(ExpressionIssue) -> Expression {
        position += 1
        var fields: [Expression.Field] = []
        while !take("}") {
            let isOptional = take("?")
            let field: String
            switch current.kind {
            case .identifier(let found), .quotedIdentifier(let found): field = found
            default: throw unexpected("{'}', IDENTIFIER}")
            }
            position += 1
            try expect(":")
            let value = try expression()
            nodes += 1
            fields.append(Expression.Field(id: nodes, name: field, value: value, isOptional: isOptional))
            if take("}") { break }
            guard take(",") else { throw unexpected("{'}', ','}") }
        }
        return try node(offset, .structure(name, fields))
    }
}
