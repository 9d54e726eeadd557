// Calls that are written out as comprehensions while parsing.
//
// See cel-go `parser/macro.go`, `ext/comprehensions.go`, `cel/library.go` (optional types).
extension ExpressionParser {
    static let accumulator = "@result"

    /// The expansion of `operand.name(arguments)`; nil: it is no macro.
    mutating func expand(
        _ name: String, on operand: Expression, _ arguments: [Expression], at offset: Int
    ) throws(ExpressionIssue) -> Expression? {
        switch (name, arguments.count) {
        case ("all", 2), ("all", 3), ("exists", 2), ("exists", 3), ("exists_one", 2), ("exists_one", 3), ("existsOne", 2),
            ("existsOne", 3):
            return try quantifier(name, operand, arguments, offset)
        case ("map", 2), ("map", 3):
            let variable = try self.variable(arguments[0])
            let filter = arguments.count == 3 ? arguments[1] : nil
            return try collect(operand, variable, nil, filter: filter, arguments[arguments.count - 1], offset)
        case ("filter", 2):
            let variable = try self.variable(arguments[0])
            let element = try node(offset, .identifier(variable))
            return try collect(operand, variable, nil, filter: arguments[1], element, offset)
        case ("transformList", 3), ("transformList", 4):
            let (first, second) = try variables(arguments)
            let filter = arguments.count == 4 ? arguments[2] : nil
            return try collect(operand, first, second, filter: filter, arguments[arguments.count - 1], offset)
        case ("transformMap", 3), ("transformMap", 4), ("transformMapEntry", 3), ("transformMapEntry", 4):
            return try collectMap(operand, arguments, isEntry: name == "transformMapEntry", offset)
        case ("optMap", 2), ("optFlatMap", 2): return try optionalMap(name, operand, arguments, offset)
        default: return nil
        }
    }

    private func variable(_ node: Expression) throws(ExpressionIssue) -> String {
        guard case .identifier(let name) = node.kind else {
            throw ExpressionIssue(at: node.offset, "argument must be a simple name")
        }
        guard name != Self.accumulator else {
            throw ExpressionIssue(at: node.offset, "iteration variable overwrites accumulator variable")
        }
        return name
    }

    private func variables(_ arguments: [Expression]) throws(ExpressionIssue) -> (String, String) {
        let first = try variable(arguments[0])
        let second = try variable(arguments[1])
        guard first != second else {
            throw ExpressionIssue(at: arguments[1].offset, "duplicate variable name: \(first)")
        }
        return (first, second)
    }

    private mutating func bool(_ value: Bool, _ offset: Int) throws(ExpressionIssue) -> Expression {
        try node(offset, .literal(.bool(value)))
    }

    private mutating func quantifier(
        _ name: String, _ range: Expression, _ arguments: [Expression], _ offset: Int
    ) throws(ExpressionIssue) -> Expression {
        var first = ""
        var second: String?
        if arguments.count == 3 {
            let names = try variables(arguments)
            (first, second) = (names.0, names.1)
        } else {
            first = try variable(arguments[0])
        }
        let predicate = arguments[arguments.count - 1]
        let accumulator = try node(offset, .identifier(Self.accumulator))
        var fold = Expression.Comprehension(
            range: range, variable: first, second: second, accumulator: Self.accumulator, initial: accumulator,
            condition: accumulator, step: accumulator, result: accumulator)
        switch name {
        case "all":
            fold.initial = try bool(true, offset)
            fold.condition = try node(offset, .operation(.notStrictlyFalse, [accumulator]))
            fold.step = try node(offset, .operation(.and, [accumulator, predicate]))
        case "exists":
            fold.initial = try bool(false, offset)
            let stillFalse = try node(offset, .operation(.not, [accumulator]))
            fold.condition = try node(offset, .operation(.notStrictlyFalse, [stillFalse]))
            fold.step = try node(offset, .operation(.or, [accumulator, predicate]))
        default:
            let one = try node(offset, .literal(.int(1)))
            fold.initial = try node(offset, .literal(.int(0)))
            fold.condition = try bool(true, offset)
            let more = try node(offset, .operation(.add, [accumulator, one]))
            fold.step = try node(offset, .operation(.conditional, [predicate, more, accumulator]))
            fold.result = try node(offset, .operation(.equal, [accumulator, one]))
        }
        return try node(offset, .comprehension(fold))
    }

    private mutating func collect(
        _ range: Expression, _ first: String, _ second: String?, filter: Expression?, _ element: Expression, _ offset: Int
    ) throws(ExpressionIssue) -> Expression {
        let accumulator = try node(offset, .identifier(Self.accumulator))
        let single = try node(offset, .list([element], optionals: []))
        var step = try node(offset, .operation(.add, [accumulator, single]))
        if let filter { step = try node(offset, .operation(.conditional, [filter, step, accumulator])) }
        let fold = Expression.Comprehension(
            range: range, variable: first, second: second, accumulator: Self.accumulator,
            initial: try node(offset, .list([], optionals: [])), condition: try bool(true, offset), step: step,
            result: accumulator)
        return try node(offset, .comprehension(fold))
    }

    private mutating func collectMap(
        _ range: Expression, _ arguments: [Expression], isEntry: Bool, _ offset: Int
    ) throws(ExpressionIssue) -> Expression {
        let (first, second) = try variables(arguments)
        let filter = arguments.count == 4 ? arguments[2] : nil
        let value = arguments[arguments.count - 1]
        let accumulator = try node(offset, .identifier(Self.accumulator))
        let key = try node(offset, .identifier(first))
        let inserted = isEntry ? [accumulator, value] : [accumulator, key, value]
        var step = try node(offset, .call("cel.@mapInsert", target: nil, arguments: inserted))
        if let filter { step = try node(offset, .operation(.conditional, [filter, step, accumulator])) }
        let fold = Expression.Comprehension(
            range: range, variable: first, second: second, accumulator: Self.accumulator,
            initial: try node(offset, .map([])), condition: try bool(true, offset), step: step, result: accumulator)
        return try node(offset, .comprehension(fold))
    }

    /// `x.optMap(v, e)`: `e` with `v` bound to what `x` holds, none when it holds nothing.
    private mutating func optionalMap(
        _ name: String, _ operand: Expression, _ arguments: [Expression], _ offset: Int
    ) throws(ExpressionIssue) -> Expression {
        let variable = try self.variable(arguments[0])
        let present = try node(offset, .call("hasValue", target: operand, arguments: []))
        let held = try node(offset, .call("value", target: operand, arguments: []))
        // A fold over nothing binds one variable.
        let bound = Expression.Comprehension(
            range: try node(offset, .list([], optionals: [])), variable: "#unused", second: nil, accumulator: variable,
            initial: held, condition: try bool(false, offset), step: try node(offset, .identifier(variable)),
            result: arguments[1])
        var mapped = try node(offset, .comprehension(bound))
        if name == "optMap" { mapped = try node(offset, .call("optional.of", target: nil, arguments: [mapped])) }
        let none = try node(offset, .call("optional.none", target: nil, arguments: []))
        return try node(offset, .operation(.conditional, [present, mapped, none]))
    }
}
