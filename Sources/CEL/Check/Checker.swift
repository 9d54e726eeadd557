/// Gives every node a type, or says why it has none.
///
/// - SeeAlso: cel-go `checker/checker.go`, `checker/env.go`.
struct Checker {
    let environment: ExpressionEnvironment
    var issues: [ExpressionIssue] = []
    /// Types by the number of the node.
    private(set) var types: [Int: CELType] = [:]
    /// Nodes that are names of types, with what they name.
    private(set) var typeNames: [Int: String] = [:]
    /// Selections that are the name of one variable.
    private(set) var variableNames: [Int: String] = [:]
    private var substitution = Substitution()
    private var scopes: [(name: String, type: CELType)] = []
    private var fresh = 0
    /// Calls of `format` around the node.
    private var formats = 0

    init(environment: ExpressionEnvironment) { self.environment = environment }

    /// Issues beyond this are not collected.
    private static let issuesMax = 100

    mutating func check(_ root: Expression) -> CELType {
        let type = visit(root)
        return substitution.resolve(type, isFinal: true)
    }

    func finalType(_ node: Expression) -> CELType { substitution.resolve(types[node.id] ?? .dyn, isFinal: true) }

    mutating func report(_ offset: Int, _ message: String) {
        if issues.count < Self.issuesMax { issues.append(ExpressionIssue(at: offset, message)) }
    }

    private mutating func newParameter() -> CELType {
        fresh += 1
        return .parameter("_var\(fresh)")
    }

    private mutating func visit(_ node: Expression) -> CELType {
        let type = typed(node)
        types[node.id] = type
        return type
    }

    private mutating func typed(_ node: Expression) -> CELType {
        switch node.kind {
        case .literal(let value): return Self.type(of: value)
        case .identifier(let name): return identifier(name, node)
        case .select(let operand, let field): return select(node, operand, field, isPresence: false)
        case .presence(let operand, let field): return select(node, operand, field, isPresence: true)
        case .operation(let symbol, let operands): return operation(symbol, operands, node)
        case .call(let name, let target, let arguments): return call(name, target, arguments, node)
        case .list(let elements, let optionals): return list(elements, optionals)
        case .map(let entries): return map(entries)
        case .structure(let name, let fields): return structure(name, fields, node)
        case .comprehension(let fold): return comprehension(fold)
        }
    }

    private static func type(of value: CELValue) -> CELType {
        switch value {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        default: .dyn
        }
    }

    // MARK: - Names and fields

    private func known(_ name: String) -> CELType? {
        for scope in scopes.reversed() where scope.name == name { return scope.type }
        return environment.variables[name]?.type
    }

    private mutating func identifier(_ name: String, _ node: Expression) -> CELType {
        if let type = known(name) { return type }
        if let type = StandardTypes.named(name) {
            typeNames[node.id] = name
            return .type(type)
        }
        report(node.offset, "undeclared reference to '\(name)' (in container '')")
        return .error
    }

    private mutating func select(_ node: Expression, _ operand: Expression, _ field: String, isPresence: Bool) -> CELType {
        if !isPresence, let name = node.qualifiedName, let type = environment.variables[name]?.type {
            variableNames[node.id] = name
            return type
        }
        if !isPresence, let name = node.qualifiedName, let first = name.split(separator: ".").first,
            known(String(first)) == nil, let type = StandardTypes.named(name)
        {
            typeNames[node.id] = name
            return .type(type)
        }
        let operandType = substitution.resolve(visit(operand))
        let type = member(field, of: operandType, at: node.offset)
        return isPresence ? .bool : type
    }

    /// The type of a field; an optional is looked into.
    private mutating func member(_ field: String, of type: CELType, at offset: Int) -> CELType {
        switch type {
        case .dyn, .error: return .dyn
        case .map(_, let value): return value
        case .object(let name):
            if let found = environment.field(field, of: name) { return found }
            report(offset, "undefined field '\(field)'")
            return .error
        case .opaque("optional_type", let held):
            return .optional(member(field, of: substitution.resolve(held[0]), at: offset))
        case .parameter:
            _ = substitution.assign(type, to: .dyn)
            return .dyn
        default:
            report(offset, "type '\(substitution.resolve(type, isFinal: true))' does not support field selection")
            return .error
        }
    }

    // MARK: - Calls

    private mutating func operation(_ symbol: Operator, _ operands: [Expression], _ node: Expression) -> CELType {
        if symbol == .optionalSelect {
            guard case .literal(.string(let field)) = operands[1].kind else { return .error }
            let operand = substitution.resolve(visit(operands[0]))
            types[operands[1].id] = .string
            let found = member(field, of: operand, at: node.offset)
            if case .opaque("optional_type", _) = found { return found }
            return .optional(found)
        }
        let types = operands.map { visit($0) }
        return resolve(symbol.rawValue, isMember: false, types, at: node.offset)
    }

    private mutating func call(
        _ name: String, _ target: Expression?, _ arguments: [Expression], _ node: Expression
    ) -> CELType {
        guard environment.functions[name] != nil else {
            var types = arguments.map { visit($0) }
            if let target { types.insert(visit(target), at: 0) }
            _ = types
            report(node.offset, "undeclared reference to '\(name)' (in container '')")
            return .error
        }
        if name == "format" { formats += 1 }
        defer { if name == "format" { formats -= 1 } }
        var types: [CELType] = []
        if let target { types.append(visit(target)) }
        for argument in arguments { types.append(visit(argument)) }
        return resolve(name, isMember: target != nil, types, at: node.offset)
    }

    private mutating func resolve(_ name: String, isMember: Bool, _ arguments: [CELType], at offset: Int) -> CELType {
        if arguments.contains(.error) { return .error }
        var result: CELType?
        for overload in environment.functions[name] ?? [] where overload.isMember == isMember {
            var parameters = overload.parameters
            var answer = overload.result
            let names = overload.typeParameters
            if !names.isEmpty {
                var fresh: [String: CELType] = [:]
                for name in names { fresh[name] = newParameter() }
                func renew(_ type: CELType) -> CELType {
                    if case .parameter(let name) = type { return fresh[name] ?? type }
                    return type.replacingParameters(renew)
                }
                parameters = parameters.map(renew)
                answer = renew(answer)
            }
            guard substitution.assign(arguments, to: parameters) else { continue }
            let found = substitution.resolve(answer)
            if let before = result {
                if before != .dyn, before != found { result = .dyn }
            } else {
                result = found
            }
        }
        if let result { return result }
        let types = arguments.map { substitution.resolve($0, isFinal: true).description }
        let signature =
            isMember
            ? "\(types.first ?? "").(\(types.dropFirst().joined(separator: ", ")))" : "(\(types.joined(separator: ", ")))"
        report(offset, "found no matching overload for '\(name)' applied to '\(signature)'")
        return .error
    }

    // MARK: - Aggregates

    private mutating func join(_ previous: CELType?, _ next: CELType, at offset: Int) -> CELType {
        guard let previous else { return next }
        if substitution.assign(previous, to: next) { return Substitution.mostGeneral(previous, next) }
        // What is formatted may be of any type.
        if formats == 0 {
            report(
                offset,
                "expected type '\(substitution.resolve(previous, isFinal: true))' but found "
                    + "'\(substitution.resolve(next, isFinal: true))'")
        }
        return .dyn
    }

    private mutating func list(_ elements: [Expression], _ optionals: [Int]) -> CELType {
        var element: CELType?
        for (index, expression) in elements.enumerated() {
            var type = visit(expression)
            if optionals.contains(index) { type = held(type, at: expression.offset) }
            element = join(element, type, at: expression.offset)
        }
        return .list(element ?? newParameter())
    }

    private mutating func held(_ type: CELType, at offset: Int) -> CELType {
        switch substitution.resolve(type) {
        case .opaque("optional_type", let held): return held[0]
        case .dyn, .error: return .dyn
        case let other:
            report(offset, "expected type 'optional_type(\(other))' but found '\(other)'")
            return .error
        }
    }

    private mutating func map(_ entries: [Expression.Entry]) -> CELType {
        var key: CELType?
        var value: CELType?
        for entry in entries {
            key = join(key, visit(entry.key), at: entry.key.offset)
            var type = visit(entry.value)
            if entry.isOptional { type = held(type, at: entry.value.offset) }
            value = join(value, type, at: entry.value.offset)
        }
        return .map(key ?? newParameter(), value ?? newParameter())
    }

    private mutating func structure(_ name: String, _ fields: [Expression.Field], _ node: Expression) -> CELType {
        guard environment.isConstructible(name) else {
            report(node.offset, "undeclared reference to '\(name)' (in container '')")
            for field in fields { _ = visit(field.value) }
            return .error
        }
        for field in fields {
            var type = visit(field.value)
            if field.isOptional { type = held(type, at: field.value.offset) }
            guard let wanted = environment.field(field.name, of: name) else {
                report(field.value.offset, "undefined field '\(field.name)'")
                continue
            }
            if !substitution.assign(type, to: wanted) {
                report(
                    field.value.offset,
                    "expected type of field '\(field.name)' is '\(wanted)' but provided type is "
                        + "'\(substitution.resolve(type, isFinal: true))'")
            }
        }
        return .object(name)
    }

    // MARK: - Folds

    private mutating func comprehension(_ fold: Expression.Comprehension) -> CELType {
        let range = substitution.resolve(visit(fold.range))
        let accumulator = visit(fold.initial)
        let (first, second) = elements(of: range, hasSecond: fold.second != nil, at: fold.range.offset)
        let outer = scopes.count
        scopes.append((fold.accumulator, accumulator))
        scopes.append((fold.variable, first))
        if let name = fold.second { scopes.append((name, second)) }
        let condition = visit(fold.condition)
        require(.bool, condition, at: fold.condition.offset)
        let step = visit(fold.step)
        require(accumulator, step, at: fold.step.offset)
        scopes.removeSubrange((outer + 1)...)
        let result = visit(fold.result)
        scopes.removeSubrange(outer...)
        return substitution.resolve(result)
    }

    private mutating func require(_ wanted: CELType, _ found: CELType, at offset: Int) {
        guard found != .error, wanted != .error, !substitution.assign(found, to: wanted) else { return }
        report(
            offset,
            "expected type '\(substitution.resolve(wanted, isFinal: true))' but found "
                + "'\(substitution.resolve(found, isFinal: true))'")
    }

    /// Types of what a fold over `range` binds.
    private mutating func elements(of range: CELType, hasSecond: Bool, at offset: Int) -> (CELType, CELType) {
        switch range {
        case .list(let element): return hasSecond ? (.int, element) : (element, .error)
        case .map(let key, let value): return (key, value)
        case .dyn, .error: return (.dyn, .dyn)
        case .parameter:
            _ = substitution.assign(range, to: .dyn)
            return (.dyn, .dyn)
        default:
            report(
                offset,
                "expression of type '\(substitution.resolve(range, isFinal: true))' cannot be range of a comprehension (must be "
                    + "list, map, or dynamic)")
            return (.error, .error)
        }
    }
}
