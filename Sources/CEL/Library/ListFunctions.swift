/// Kubernetes' functions of lists.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/lists.go`.
enum ListFunctions: FunctionLibrary {
    private static let ordered = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]

    static let declarations: String = {
        var lines: [String] = []
        for type in ordered {
            lines.append("list<\(type)>: isSorted() -> bool")
            lines.append("list<\(type)>: min() -> \(type)")
            lines.append("list<\(type)>: max() -> \(type)")
        }
        lines += ["int", "uint", "double", "duration"].map { "list<\($0)>: sum() -> \($0)" }
        lines += ["list<A>: indexOf(A) -> int", "list<A>: lastIndexOf(A) -> int"]
        return lines.joined(separator: "\n")
    }()

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard case .list(let list) = arguments.first else { return nil }
        switch (name, arguments.dropFirst().first) {
        case ("isSorted", nil):
            for index in 1..<max(1, list.count) where try isBefore(list[index], list[index - 1]) { return .bool(false) }
            return .bool(true)
        case ("min", nil), ("max", nil):
            guard list.count > 0 else { throw EvaluationError("\(name) called on empty list") }
            var best = list[0]
            for index in 1..<max(1, list.count) {
                let next = list[index]
                if name == "min" ? try isBefore(next, best) : try isBefore(best, next) { best = next }
            }
            return best
        case ("sum", nil):
            guard list.count > 0 else { return .int(0) }
            var sum = list[0]
            for index in 1..<max(1, list.count) { sum = try Operators.binary(.add, sum, list[index]) }
            return sum
        case ("indexOf", let wanted?):
            for index in 0..<list.count where Equality.areEqual(list[index], wanted) { return .int(Int64(index)) }
            return .int(-1)
        case ("lastIndexOf", let wanted?):
            for index in (0..<list.count).reversed() where Equality.areEqual(list[index], wanted) { return .int(Int64(index)) }
            return .int(-1)
        default: return nil
        }
    }

    private static func isBefore(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> Bool {
        (try Equality.compare(left, right)).map { $0 < 0 } ?? false
    }
}

/// Lists as sets.
///
/// - SeeAlso: cel-go `ext/sets.go`.
enum SetFunctions: FunctionLibrary {
    static let declarations = """
        sets.contains(list<A>, list<A>) -> bool
        sets.equivalent(list<A>, list<A>) -> bool
        sets.intersects(list<A>, list<A>) -> bool
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard arguments.count == 2, case .list(let left) = arguments[0], case .list(let right) = arguments[1] else { return nil }
        let (first, second) = (left.values, right.values)
        func contains(_ values: [CELValue], _ wanted: CELValue) -> Bool {
            values.contains { Equality.areEqual($0, wanted) }
        }
        switch name {
        case "sets.contains": return .bool(second.allSatisfy { contains(first, $0) })
        case "sets.equivalent":
            return .bool(second.allSatisfy { contains(first, $0) } && first.allSatisfy { contains(second, $0) })
        case "sets.intersects": return .bool(second.contains { contains(first, $0) })
        default: return nil
        }
    }
}

/// Values that may be missing.
///
/// - SeeAlso: cel-go `cel/library.go`, `OptionalTypes`.
enum OptionalFunctions: FunctionLibrary {
    static let declarations = """
        optional.of(A) -> optional<A>
        optional.ofNonZeroValue(A) -> optional<A>
        optional.none() -> optional<A>
        optional<A>: value() -> A
        optional<A>: hasValue() -> bool
        optional<A>: or(optional<A>) -> optional<A>
        optional<A>: orValue(A) -> A
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first, arguments.count) {
        case ("optional.of", let value?, 1): return .optional(value)
        case ("optional.none", nil, 0): return .optional(nil)
        case ("optional.ofNonZeroValue", let value?, 1): return .optional(isZero(value) ? nil : value)
        case ("hasValue", .optional(let held), 1): return .bool(held != nil)
        case ("value", .optional(let held), 1):
            guard let held else { throw EvaluationError("optional.none() dereference") }
            return held
        default: return nil
        }
    }

    private static func isZero(_ value: CELValue) -> Bool {
        switch value {
        case .null: true
        case .bool(let flag): !flag
        case .int(let number): number == 0
        case .uint(let number): number == 0
        case .double(let number): number == 0
        case .string(let text): text.isEmpty
        case .bytes(let bytes): bytes.isEmpty
        case .list(let list): list.count == 0
        case .map(let map): map.count == 0
        case .duration(let span): span.nanosecondsTotal == 0
        case .timestamp(let time): time.seconds == CELTimestamp.secondsMin && time.nanoseconds == 0
        case .optional(let held): held == nil
        case .structure(let structure): structure.fields.isEmpty
        case .type, .opaque: false
        }
    }
}

/// Regular expressions.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/regex.go`.
enum RegexFunctions: FunctionLibrary {
    static let declarations = """
        matches(string, string) -> bool
        string: matches(string) -> bool
        string: find(string) -> string
        string: findAll(string) -> list<string>
        string: findAll(string, int) -> list<string>
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard arguments.count >= 2, case .string(let text) = arguments[0], case .string(let source) = arguments[1] else {
            return nil
        }
        let pattern = try evaluator.pattern(source)
        // A short pattern may stand for a large program: `(a{1000}){20}`.
        let work = UInt64(pattern.size) * UInt64(text.utf8.count + 1)
        guard work < 400_000_000 else { throw .costExceeded }
        switch (name, arguments.count) {
        case ("matches", 2): return .bool(pattern.matches(text))
        case ("find", 2): return .string(pattern.find(in: text) ?? "")
        case ("findAll", 2): return .list(pattern.findAll(in: text, max: nil).map { .string($0) })
        case ("findAll", 3):
            guard case .int(let limit) = arguments[2] else { return nil }
            return .list(pattern.findAll(in: text, max: limit < 0 ? nil : Int(limit)).map { .string($0) })
        default: return nil
        }
    }
}

extension Evaluator {
    private static let patternsMax = 64

    func pattern(_ text: String) throws(EvaluationError) -> Pattern {
        if let found = patterns[text] { return found }
        do throws(Pattern.SyntaxError) {
            let pattern = try Pattern(text)
            if patterns.count >= Self.patternsMax { patterns.removeAll() }
            patterns[text] = pattern
            return pattern
        } catch {
            throw EvaluationError("\(error)")
        }
    }
}
