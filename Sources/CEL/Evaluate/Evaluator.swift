import JSON

/// Walks an expression once.
///
/// - SeeAlso: cel-go `interpreter/interpretable.go`; costs: `interpreter/runtimecost.go`.
final class Evaluator {
    private let variables: [String: CELValue]
    private let typeNames: [Int: String]
    private let variableNames: [Int: String]
    private let costMax: UInt64
    private(set) var cost: UInt64 = 0
    /// A name that a fold bound.
    struct Local {
        var name: String
        var value: CELValue
        /// A quantifier's state after an element failed.
        var failure: EvaluationError?
    }

    /// Innermost last.
    var locals: [Local] = []
    /// Patterns that were compiled on the way.
    var patterns: [String: Pattern] = [:]

    init(variables: [String: CELValue], typeNames: [Int: String], variableNames: [Int: String], costMax: UInt64) {
        self.variables = variables
        self.typeNames = typeNames
        self.variableNames = variableNames
        self.costMax = costMax
    }

    func charge(_ amount: UInt64) throws(EvaluationError) {
        let (sum, overflow) = cost.addingReportingOverflow(amount)
        cost = overflow ? .max : sum
        if cost > costMax { throw .costExceeded }
    }

    func value(_ node: Expression) throws(EvaluationError) -> CELValue {
        switch node.kind {
        case .literal(let value): return value
        case .identifier(let name): return try identifier(name, node)
        case .select(let operand, let field):
            if let name = typeNames[node.id] { return .type(name) }
            if let name = variableNames[node.id] { return try identifier(name, node) }
            let value = try self.value(operand)
            try charge(1 + Self.scanCost(value))
            return try Self.select(field, of: value)
        case .presence(let operand, let field):
            let value = try self.value(operand)
            try charge(Self.scanCost(value))
            return .bool(try Self.has(field, in: value))
        case .operation(let symbol, let operands): return try operation(symbol, operands)
        case .call(let name, let target, let arguments): return try call(name, target, arguments)
        case .list(let elements, let optionals): return try list(elements, optionals)
        case .map(let entries): return try map(entries)
        case .structure(let name, let fields): return try structure(name, fields)
        case .comprehension(let comprehension): return try fold(comprehension)
        }
    }

    private func identifier(_ name: String, _ node: Expression) throws(EvaluationError) -> CELValue {
        if let type = typeNames[node.id] { return .type(type) }
        try charge(1)
        for local in locals.reversed() where local.name == name {
            if let failure = local.failure { throw failure }
            return local.value
        }
        guard let value = variables[name] else { throw EvaluationError("no such attribute(s): \(name)") }
        return value
    }

    // MARK: - Members

    /// Members of a JSON object are found by looking at each; in a large one that is work of its own.
    private static func scanCost(_ value: CELValue) -> UInt64 {
        guard case .map(let map) = value, case .json(let object, _) = map.storage, object.count > 512 else { return 0 }
        return UInt64(object.count / 100)
    }

    static func select(_ field: String, of value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .map(let map):
            guard let found = try map.value(.string(field)) else { throw .noSuchKey(field) }
            return found
        case .structure(let structure):
            guard let found = structure.fields.first(where: { $0.name == field }) else { throw .noSuchKey(field) }
            return found.value
        case .optional(let held):
            guard let held else { return .optional(nil) }
            return try optionalMember(field, of: held)
        default: throw .noSuchOverload
        }
    }

    /// `value.?field`
    private static func optionalMember(_ field: String, of value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .map(let map): return .optional(try map.value(.string(field)))
        case .structure(let structure): return .optional(structure.fields.first { $0.name == field }?.value)
        case .optional(let held):
            guard let held else { return .optional(nil) }
            return try optionalMember(field, of: held)
        default: throw .noSuchOverload
        }
    }

    private static func has(_ field: String, in value: CELValue) throws(EvaluationError) -> Bool {
        switch value {
        case .map(let map): return try map.value(.string(field)) != nil
        case .structure(let structure): return structure.fields.contains { $0.name == field }
        case .optional(let held):
            guard let held else { return false }
            return try has(field, in: held)
        default: throw .noSuchOverload
        }
    }

    private static func index(_ key: CELValue, of value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .list(let list):
            guard let place = Operators.wholeNumber(key) else {
                throw EvaluationError("unsupported index type '\(key.typeName)' in list")
            }
            guard place >= 0, place < Int64(list.count) else { throw EvaluationError("index out of bounds: \(place)") }
            return list[Int(place)]
        case .map(let map):
            guard let found = try map.value(key) else { throw .noSuchKey(key) }
            return found
        case .optional(let held):
            guard let held else { return .optional(nil) }
            return try optionalIndex(key, of: held)
        default: throw .noSuchOverload
        }
    }

    private static func optionalIndex(_ key: CELValue, of value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .list(let list):
            guard let place = Operators.wholeNumber(key) else {
                throw EvaluationError("unsupported index type '\(key.typeName)' in list")
            }
            return .optional(place >= 0 && place < Int64(list.count) ? list[Int(place)] : nil)
        case .map(let map): return .optional(try map.value(key))
        case .optional(let held):
            guard let held else { return .optional(nil) }
            return try optionalIndex(key, of: held)
        default: throw .noSuchOverload
        }
    }

    // MARK: - Operators

    private func operation(_ symbol: Operator, _ operands: [Expression]) throws(EvaluationError) -> CELValue {
        switch symbol {
        case .conditional:
            guard case .bool(let flag) = try value(operands[0]) else { throw .noSuchOverload }
            return try value(operands[flag ? 1 : 2])
        case .and: return try decide(operands, by: false)
        case .or: return try decide(operands, by: true)
        case .notStrictlyFalse:
            let result: CELValue
            do throws(EvaluationError) {
                result = try value(operands[0])
            } catch {
                if error.kind == .costExceeded { throw error }
                result = .bool(true)
            }
            try charge(1)
            return .bool(result.bool ?? true)
        case .index, .optionalIndex:
            let operand = try value(operands[0])
            let key = try value(operands[1])
            try charge(1 + Self.scanCost(operand))
            return symbol == .index ? try Self.index(key, of: operand) : try Self.optionalIndex(key, of: operand)
        case .optionalSelect:
            guard case .literal(.string(let field)) = operands[1].kind else { throw .noSuchOverload }
            let operand = try value(operands[0])
            try charge(1)
            return try Self.optionalMember(field, of: operand)
        case .not, .negate:
            let operand = try value(operands[0])
            try charge(1)
            return symbol == .not ? try Operators.not(operand) : try Operators.negate(operand)
        default:
            let left = try value(operands[0])
            let right = try value(operands[1])
            try charge(CallCost.binary(symbol, left, right))
            return try Operators.binary(symbol, left, right)
        }
    }

    /// `&&` and `||`: a side that decides makes an error on the other one not matter.
    private func decide(_ operands: [Expression], by deciding: Bool) throws(EvaluationError) -> CELValue {
        var failure: EvaluationError?
        for operand in operands {
            do throws(EvaluationError) {
                guard case .bool(let flag) = try value(operand) else { throw EvaluationError.noSuchOverload }
                if flag == deciding { return .bool(deciding) }
            } catch {
                if error.kind == .costExceeded { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .bool(!deciding)
    }

    private func call(
        _ name: String, _ target: Expression?, _ arguments: [Expression]
    ) throws(EvaluationError) -> CELValue {
        var values: [CELValue] = []
        values.reserveCapacity(arguments.count + 1)
        if let target {
            let operand = try value(target)
            if let answer = try shortCut(name, operand, arguments) { return answer }
            values.append(operand)
        }
        for argument in arguments { values.append(try value(argument)) }
        if let amount = CallCost.before(name, values) { try charge(amount) }
        for library in FunctionTable.libraries[name] ?? [] {
            guard let result = try library.call(name, values, self) else { continue }
            if let amount = CallCost.after(name, result) { try charge(amount) }
            return result
        }
        throw .noSuchOverload
    }

    /// Calls whose argument is only looked at when it is needed.
    private func shortCut(
        _ name: String, _ operand: CELValue, _ arguments: [Expression]
    ) throws(EvaluationError) -> CELValue? {
        guard case .optional(let held) = operand, arguments.count == 1 else { return nil }
        switch name {
        case "or", "orValue":
            try charge(1)
            if let held { return name == "or" ? operand : held }
            return try value(arguments[0])
        default: return nil
        }
    }

    // MARK: - Aggregates

    private static func isConstant(_ node: Expression) -> Bool {
        switch node.kind {
        case .literal: true
        case .list(let elements, let optionals): optionals.isEmpty && elements.allSatisfy(isConstant)
        default: false
        }
    }

    private func list(_ elements: [Expression], _ optionals: [Int]) throws(EvaluationError) -> CELValue {
        var values: [CELValue] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let value = try self.value(element)
            if optionals.contains(index) {
                guard case .optional(let held) = value else { throw .noSuchOverload }
                if let held { values.append(held) }
            } else {
                values.append(value)
            }
        }
        // What never changes is built once upstream.
        if !elements.allSatisfy(Self.isConstant) || !optionals.isEmpty { try charge(CallCost.listCreation) }
        return .list(CELList(values))
    }

    private func map(_ entries: [Expression.Entry]) throws(EvaluationError) -> CELValue {
        var result = MapEntries()
        for entry in entries {
            let key = try value(entry.key)
            var value = try self.value(entry.value)
            if entry.isOptional {
                guard case .optional(let held) = value else { throw .noSuchOverload }
                guard let held else { continue }
                value = held
            }
            guard MapKey(key) != nil else { throw EvaluationError("unsupported key type: \(key.typeName)") }
            guard result.insert(key, value) else {
                throw EvaluationError("Failed with repeated key")
            }
        }
        if !entries.allSatisfy({ Self.isConstant($0.key) && Self.isConstant($0.value) }) {
            try charge(CallCost.mapCreation)
        }
        return .map(CELMap(result))
    }

    private func structure(_ name: String, _ fields: [Expression.Field]) throws(EvaluationError) -> CELValue {
        var result = CELStructure(typeName: name, fields: [])
        for field in fields {
            var value = try self.value(field.value)
            if field.isOptional {
                guard case .optional(let held) = value else { throw .noSuchOverload }
                guard let held else { continue }
                value = held
            }
            result.fields.append((field.name, value))
        }
        try charge(CallCost.structureCreation)
        return .structure(result)
    }
}
