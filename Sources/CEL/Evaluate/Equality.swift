import JSON

/// Whether values are equal, and which comes first.
enum Equality {
    /// Values of different types are not equal; numbers are compared by what they are worth.
    static func areEqual(_ left: CELValue, _ right: CELValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let first), .bool(let second)): first == second
        case (.int, _), (.uint, _), (.double, _): numeric(left, right) == 0
        case (.string(let first), .string(let second)): first.unicodeScalars.elementsEqual(second.unicodeScalars)
        case (.bytes(let first), .bytes(let second)): first == second
        case (.timestamp(let first), .timestamp(let second)): first == second
        case (.duration(let first), .duration(let second)): first == second
        case (.type(let first), .type(let second)): first == second
        case (.list(let first), .list(let second)): areEqual(first, second)
        case (.map(let first), .map(let second)): areEqual(first, second)
        case (.optional(let first), .optional(let second)):
            if let first, let second { areEqual(first, second) } else { first == nil && second == nil }
        case (.opaque(let first), .opaque(let second)): first == second
        case (.structure(let first), .structure(let second)): areEqual(first, second)
        default: false
        }
    }

    private static func areEqual(_ left: CELStructure, _ right: CELStructure) -> Bool {
        guard left.typeName == right.typeName, left.fields.count == right.fields.count else { return false }
        return left.fields.allSatisfy { field in
            right.fields.contains { $0.name == field.name && areEqual($0.value, field.value) }
        }
    }

    private static func areEqual(_ left: CELMap, _ right: CELMap) -> Bool {
        guard left.count == right.count else { return false }
        for key in left.keys {
            guard let first = (try? left.value(key)) ?? nil, let second = (try? right.value(key)) ?? nil,
                areEqual(first, second)
            else { return false }
        }
        return true
    }

    private static func areEqual(_ left: CELList, _ right: CELList) -> Bool {
        guard left.count == right.count else { return false }
        switch left.schema?.listKind {
        case .set:
            let others = Set(right.values.map { $0.json ?? .null })
            return left.values.allSatisfy { others.contains($0.json ?? .null) }
        case .map(let keys):
            var others: [JSONValue: CELValue] = [:]
            for value in right.values { others[identity(value, keys)] = value }
            return left.values.allSatisfy { value in others[identity(value, keys)].map { areEqual(value, $0) } ?? false }
        default:
            for index in 0..<left.count where !areEqual(left[index], right[index]) { return false }
            return true
        }
    }

    /// What tells an element of a list with keys from the others.
    private static func identity(_ value: CELValue, _ keys: [String]) -> JSONValue {
        guard case .map(let map) = value else { return value.json ?? .null }
        let names = keys.map { FieldName.escape($0) ?? $0 }
        return .array(names.map { name in ((try? map.value(.string(name))) ?? nil)?.json ?? .null })
    }

    /// `left + right`: sets become their union, lists with keys take elements of the right side over those of the left.
    static func added(_ left: CELList, _ right: CELList) -> CELList {
        switch left.schema?.listKind {
        case .set:
            var values = left.values
            var known = Set(values.map { $0.json ?? .null })
            for value in right.values where known.insert(value.json ?? .null).inserted { values.append(value) }
            return CELList(values)
        case .map(let keys):
            var values = left.values
            var places: [JSONValue: Int] = [:]
            for (index, value) in values.enumerated() { places[identity(value, keys)] = index }
            for value in right.values {
                let key = identity(value, keys)
                if let place = places[key] {
                    values[place] = value
                } else {
                    places[key] = values.count
                    values.append(value)
                }
            }
            return CELList(values)
        default: return CELList(left.values + right.values)
        }
    }

    /// Negative, zero, positive; nil where a NaN is involved.
    static func compare(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> Int? {
        switch (left, right) {
        case (.int, .int), (.int, .uint), (.int, .double), (.uint, .int), (.uint, .uint), (.uint, .double), (.double, .int),
            (.double, .uint), (.double, .double):
            return numeric(left, right)
        case (.string(let first), .string(let second)):
            return order(Array(first.utf8), Array(second.utf8))
        case (.bytes(let first), .bytes(let second)): return order(first, second)
        case (.bool(let first), .bool(let second)): return first == second ? 0 : first ? 1 : -1
        case (.timestamp(let first), .timestamp(let second)): return first == second ? 0 : first < second ? -1 : 1
        case (.duration(let first), .duration(let second)): return first == second ? 0 : first < second ? -1 : 1
        default: throw .noSuchOverload
        }
    }

    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    /// Nil: not both are numbers, or one is none.
    private static func numeric(_ left: CELValue, _ right: CELValue) -> Int? {
        switch (left, right) {
        case (.int(let first), .int(let second)): first == second ? 0 : first < second ? -1 : 1
        case (.uint(let first), .uint(let second)): first == second ? 0 : first < second ? -1 : 1
        case (.int(let first), .uint(let second)): first < 0 ? -1 : UInt64(first) == second ? 0 : UInt64(first) < second ? -1 : 1
        case (.uint, .int): numeric(right, left).map { -$0 }
        case (.double(let first), .double(let second)): order(first, second)
        case (.double(let first), .int(let second)): order(first, whole: second)
        case (.double(let first), .uint(let second)):
            first.isNaN ? nil : first < 0 ? -1 : first >= 18_446_744_073_709_551_616 ? 1 : order(first, Double(second))
        case (.int, .double), (.uint, .double): numeric(right, left).map { -$0 }
        default: nil
        }
    }

    private static func order(_ left: Double, _ right: Double) -> Int? {
        left == right ? 0 : left < right ? -1 : left > right ? 1 : nil
    }

    private static func order(_ left: Double, whole right: Int64) -> Int? {
        if left.isNaN { return nil }
        if left < -9_223_372_036_854_775_808 { return -1 }
        if left >= 9_223_372_036_854_775_808 { return 1 }
        let floor = left.rounded(.down)
        let whole = Int64(floor)
        if whole != right { return whole < right ? -1 : 1 }
        return floor == left ? 0 : 1
    }
}
