/// Arithmetic and comparison.
///
/// - SeeAlso: The language definition of CEL, "Standard definitions"; cel-go `common/types`.
enum Operators {
    /// Elements of a list that an expression may build.
    static let elementsMax = 1_000_000

    static func not(_ value: CELValue) throws(EvaluationError) -> CELValue {
        guard case .bool(let flag) = value else { throw .noSuchOverload }
        return .bool(!flag)
    }

    static func negate(_ value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .int(let number):
            guard number != .min else { throw .intOverflow }
            return .int(-number)
        case .double(let number): return .double(-number)
        default: throw .noSuchOverload
        }
    }

    static func binary(_ symbol: Operator, _ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch symbol {
        case .equal: return .bool(Equality.areEqual(left, right))
        case .notEqual: return .bool(!Equality.areEqual(left, right))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return .bool(try isOrdered(symbol, left, right))
        case .add: return try add(left, right)
        case .subtract: return try subtract(left, right)
        case .multiply, .divide, .modulo: return try arithmetic(symbol, left, right)
        case .contained: return .bool(try contains(right, left))
        default: throw .noSuchOverload
        }
    }

    /// A number without fraction as an index.
    static func wholeNumber(_ value: CELValue) -> Int64? {
        switch value {
        case .int(let number): number
        case .uint(let number): Int64(exactly: number)
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }

    private static func isOrdered(_ symbol: Operator, _ left: CELValue, _ right: CELValue) throws(EvaluationError) -> Bool {
        guard let order = try Equality.compare(left, right) else { return false }
        return switch symbol {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
    }

    private static func contains(_ container: CELValue, _ value: CELValue) throws(EvaluationError) -> Bool {
        switch container {
        case .list(let list):
            for index in 0..<list.count where Equality.areEqual(list[index], value) { return true }
            return false
        case .map(let map): return try map.value(value) != nil
        default: throw .noSuchOverload
        }
    }

    private static func add(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int, .int), (.uint, .uint), (.double, .double): return try arithmetic(.add, left, right)
        case (.string(let first), .string(let second)): return .string(first + second)
        case (.bytes(let first), .bytes(let second)): return .bytes(first + second)
        case (.list(let first), .list(let second)):
            guard first.count + second.count <= elementsMax else { throw .costExceeded }
            return .list(Equality.added(first, second))
        case (.timestamp(let time), .duration(let span)), (.duration(let span), .timestamp(let time)):
            guard let result = time.adding(span) else { throw .timestampOverflow }
            return .timestamp(result)
        case (.duration(let first), .duration(let second)):
            guard let result = first.added(second) else { throw .durationOverflow }
            return .duration(result)
        default: throw .noSuchOverload
        }
    }

    private static func subtract(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.timestamp(let first), .timestamp(let second)):
            guard let result = first.since(second) else { throw .durationOverflow }
            return .duration(result)
        case (.timestamp(let time), .duration(let span)):
            guard span.nanosecondsTotal != .min, let result = time.adding(CELDuration(nanoseconds: -span.nanosecondsTotal)) else {
                throw .timestampOverflow
            }
            return .timestamp(result)
        case (.duration(let first), .duration(let second)):
            guard let result = first.subtracted(second) else { throw .durationOverflow }
            return .duration(result)
        default: return try arithmetic(.subtract, left, right)
        }
    }

    private static func arithmetic(_ symbol: Operator, _ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(let first), .int(let second)): return .int(try whole(symbol, first, second, .intOverflow))
        case (.uint(let first), .uint(let second)): return .uint(try whole(symbol, first, second, .uintOverflow))
        case (.double(let first), .double(let second)):
            switch symbol {
            case .add: return .double(first + second)
            case .subtract: return .double(first - second)
            case .multiply: return .double(first * second)
            case .divide: return .double(first / second)
            default: throw .noSuchOverload
            }
        default: throw .noSuchOverload
        }
    }

    private static func whole<Number: FixedWidthInteger>(
        _ symbol: Operator, _ left: Number, _ right: Number, _ overflowError: EvaluationError
    ) throws(EvaluationError) -> Number {
        let result: (partialValue: Number, overflow: Bool)
        switch symbol {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw EvaluationError("division by zero") }
            result = left.dividedReportingOverflow(by: right)
        case .modulo:
            guard right != 0 else { throw EvaluationError("modulus by zero") }
            result = left.remainderReportingOverflow(dividingBy: right)
        default: throw .noSuchOverload
        }
        guard !result.overflow else { throw overflowError }
        return result.partialValue
    }
}
