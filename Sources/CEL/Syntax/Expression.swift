/// One node of a parsed expression.
///
/// Nodes are numbered within their expression so that a checker may keep types beside them.
package final class Expression: Sendable {
    /// What binds the value of one element and folds a list or map into one value.
    struct Comprehension: Sendable {
        var range: Expression
        /// The element of a list or the key of a map; of two variables the index or key.
        var variable: String
        /// The value beside an index or key; nil: a comprehension of one variable.
        var second: String?
        var accumulator: String
        var initial: Expression
        var condition: Expression
        var step: Expression
        var result: Expression
    }

    struct Entry: Sendable {
        var id: Int
        var key: Expression
        var value: Expression
        /// `?key: value`: left out when the value is `optional.none()`.
        var isOptional: Bool
    }

    struct Field: Sendable {
        var id: Int
        var name: String
        var value: Expression
        var isOptional: Bool
    }

    enum Kind: Sendable {
        case literal(CELValue)
        case identifier(String)
        case select(Expression, field: String)
        /// `has(operand.field)`
        case presence(Expression, field: String)
        case operation(Operator, [Expression])
        case call(String, target: Expression?, arguments: [Expression])
        /// `optionals`: positions of elements written with a question mark.
        case list([Expression], optionals: [Int])
        case map([Entry])
        case structure(String, [Field])
        case comprehension(Comprehension)
    }

    let id: Int
    /// Where the node stands: a count of Unicode scalars from the start of the text.
    let offset: Int
    let kind: Kind
    /// Levels below and including this node.
    let depth: Int

    init(id: Int, offset: Int, _ kind: Kind) {
        self.id = id
        self.offset = offset
        self.kind = kind
        depth = (Self.children(kind).map(\.depth).max() ?? 0) + 1
    }

    private static func children(_ kind: Kind) -> [Expression] {
        switch kind {
        case .literal, .identifier: []
        case .select(let operand, _), .presence(let operand, _): [operand]
        case .operation(_, let operands): operands
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .list(let elements, _): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .structure(_, let fields): fields.map(\.value)
        case .comprehension(let fold): [fold.range, fold.initial, fold.condition, fold.step, fold.result]
        }
    }

    var children: [Expression] { Self.children(kind) }

    /// The name when the node is an identifier or a chain of selections from one: `a.b.c`.
    var qualifiedName: String? {
        switch kind {
        case .identifier(let name): name
        case .select(let operand, let field): operand.qualifiedName.map { "\($0).\(field)" }
        default: nil
        }
    }

    /// Whether an identifier of this name occurs.
    package func mentions(_ name: String) -> Bool {
        if case .identifier(let found) = kind, found == name { return true }
        return children.contains { $0.mentions(name) }
    }
}

/// What is written between or before operands, under the name of the function that it stands for.
enum Operator: String, Hashable, Sendable {
    case conditional = "_?_:_"
    case and = "_&&_"
    case or = "_||_"
    case equal = "_==_"
    case notEqual = "_!=_"
    case less = "_<_"
    case lessOrEqual = "_<=_"
    case greater = "_>_"
    case greaterOrEqual = "_>=_"
    case add = "_+_"
    case subtract = "_-_"
    case multiply = "_*_"
    case divide = "_/_"
    case modulo = "_%_"
    case not = "!_"
    case negate = "-_"
    case index = "_[_]"
    case optionalIndex = "_[?_]"
    case optionalSelect = "_?._"
    case contained = "@in"
    case notStrictlyFalse = "@not_strictly_false"
}
