/// Functions that expressions call by one name.
protocol FunctionLibrary: SendableMetatype {
    /// How they may be called, a line each: `name(int) -> bool`, `string: name(int) -> string`.
    static var declarations: String { get }
    /// The value of a call; nil: these arguments are not for this library.
    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue?
}

/// Every function there is.
enum FunctionTable {
    private static let all: [any FunctionLibrary.Type] = [
        StandardFunctions.self, ConversionFunctions.self, TimeFunctions.self, StringFunctions.self, FormatFunctions.self,
        ListFunctions.self, SetFunctions.self, OptionalFunctions.self, RegexFunctions.self, URLFunctions.self,
        QuantityFunctions.self, AddressFunctions.self, SemverFunctions.self, NamedFormatFunctions.self,
        AuthorizerFunctions.self,
    ]

    private static let tables: [(functions: any FunctionLibrary.Type, overloads: [String: [Overload]])] = all.map {
        ($0, DeclarationReader.read($0.declarations))
    }

    static let declared: [String: [Overload]] = {
        var result = OperatorTable.declared
        for table in tables { result.merge(table.overloads) { $0 + $1 } }
        return result
    }()

    static let libraries: [String: [any FunctionLibrary.Type]] = {
        var result: [String: [any FunctionLibrary.Type]] = [:]
        for table in tables {
            for name in table.overloads.keys { result[name, default: []].append(table.functions) }
        }
        return result
    }()

    /// Names with a dot, which are called like members of nothing.
    static let qualified: Set<String> = Set(declared.keys.filter { $0.contains(".") && !$0.contains("@") && !$0.contains("_") })
}

/// How operators may be used.
enum OperatorTable {
    static let declared: [String: [Overload]] = {
        var result = DeclarationReader.read(text)
        result[Operator.conditional.rawValue] = [
            Overload(isMember: false, parameters: [.bool, .parameter("A"), .parameter("A")], result: .parameter("A"))
        ]
        let numbers: [CELType] = [.int, .uint, .double]
        for symbol in [Operator.less, .lessOrEqual, .greater, .greaterOrEqual] {
            var overloads = [CELType.bool, .string, .bytes, .timestamp, .duration].map { ($0, $0) }
            for first in numbers { overloads += numbers.map { (first, $0) } }
            result[symbol.rawValue] = overloads.map {
                Overload(isMember: false, parameters: [$0.0, $0.1], result: .bool)
            }
        }
        return result
    }()

    private static let text = """
        _&&_(bool, bool) -> bool
        _||_(bool, bool) -> bool
        !_(bool) -> bool
        @not_strictly_false(bool) -> bool
        _==_(A, A) -> bool
        _!=_(A, A) -> bool
        _+_(bytes, bytes) -> bytes
        _+_(double, double) -> double
        _+_(duration, duration) -> duration
        _+_(duration, timestamp) -> timestamp
        _+_(timestamp, duration) -> timestamp
        _+_(int, int) -> int
        _+_(list<A>, list<A>) -> list<A>
        _+_(string, string) -> string
        _+_(uint, uint) -> uint
        _-_(double, double) -> double
        _-_(duration, duration) -> duration
        _-_(int, int) -> int
        _-_(timestamp, duration) -> timestamp
        _-_(timestamp, timestamp) -> duration
        _-_(uint, uint) -> uint
        _*_(double, double) -> double
        _*_(int, int) -> int
        _*_(uint, uint) -> uint
        _/_(double, double) -> double
        _/_(int, int) -> int
        _/_(uint, uint) -> uint
        _%_(int, int) -> int
        _%_(uint, uint) -> uint
        -_(double) -> double
        -_(int) -> int
        @in(A, list<A>) -> bool
        @in(A, map<A, B>) -> bool
        _[_](list<A>, int) -> A
        _[_](map<A, B>, A) -> B
        _[_](optional<list<A>>, int) -> optional<A>
        _[_](optional<map<A, B>>, A) -> optional<B>
        _[?_](list<A>, int) -> optional<A>
        _[?_](map<A, B>, A) -> optional<B>
        _[?_](optional<list<A>>, int) -> optional<A>
        _[?_](optional<map<A, B>>, A) -> optional<B>
        cel.@mapInsert(map<A, B>, A, B) -> map<A, B>
        cel.@mapInsert(map<A, B>, map<A, B>) -> map<A, B>
        """
}
