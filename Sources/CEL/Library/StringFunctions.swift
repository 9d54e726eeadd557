/// A text by its Unicode scalars, which is what positions in CEL count.
struct Scalars {
    var values: [Unicode.Scalar]

    init(_ text: String) { values = Array(text.unicodeScalars) }

    var text: String { Self.text(values[...]) }

    static func text(_ values: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(values)) }

    /// The first occurrence at or behind `start`.
    ///
    /// Knuth, Morris and Pratt's search: no text makes it slow.
    func index(of part: Scalars, from start: Int) -> Int? {
        let part = part.values
        guard !part.isEmpty else { return start <= values.count ? start : nil }
        guard start + part.count <= values.count else { return nil }
        let borders = Self.borders(part)
        var matched = 0
        for position in start..<values.count {
            while matched > 0, values[position] != part[matched] { matched = borders[matched - 1] }
            if values[position] == part[matched] { matched += 1 }
            if matched == part.count { return position - part.count + 1 }
        }
        return nil
    }

    /// The last occurrence that begins at or before `start`.
    func lastIndex(of part: Scalars, from start: Int) -> Int? {
        guard !part.values.isEmpty else { return min(start, values.count) }
        var (mirror, mirrored) = (self, part)
        mirror.values.reverse()
        mirrored.values.reverse()
        let first = max(0, values.count - part.values.count - start)
        return mirror.index(of: mirrored, from: first).map { values.count - $0 - part.values.count }
    }

    private static func borders(_ part: [Unicode.Scalar]) -> [Int] {
        var result = Array(repeating: 0, count: part.count)
        var length = 0
        for position in part.indices.dropFirst() {
            while length > 0, part[position] != part[length] { length = result[length - 1] }
            if part[position] == part[length] { length += 1 }
            result[position] = length
        }
        return result
    }
}

/// The extended functions of strings.
///
/// - SeeAlso: cel-go `ext/strings.go`.
enum StringFunctions: FunctionLibrary {
    static let declarations = """
        string: charAt(int) -> string
        string: indexOf(string) -> int
        string: indexOf(string, int) -> int
        string: lastIndexOf(string) -> int
        string: lastIndexOf(string, int) -> int
        string: lowerAscii() -> string
        string: upperAscii() -> string
        string: replace(string, string) -> string
        string: replace(string, string, int) -> string
        string: split(string) -> list<string>
        string: split(string, int) -> list<string>
        string: substring(int) -> string
        string: substring(int, int) -> string
        string: trim() -> string
        string: reverse() -> string
        list<string>: join() -> string
        list<string>: join(string) -> string
        strings.quote(string) -> string
        jsonpatch.escapeKey(string) -> string
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        if case .list(let list) = arguments.first, name == "join" { return try join(list, arguments) }
        guard case .string(let text) = arguments.first else { return nil }
        let rest = Array(arguments.dropFirst())
        switch (name, rest.first, rest.dropFirst().first) {
        case ("charAt", .int(let place), nil): return .string(try character(text, place))
        case ("indexOf", .string(let part), let start): return .int(try index(of: part, in: text, start))
        case ("lastIndexOf", .string(let part), let start): return .int(try lastIndex(of: part, in: text, start))
        case ("lowerAscii", nil, nil): return .string(changed(text, 0x41...0x5a) { $0 + 32 })
        case ("upperAscii", nil, nil): return .string(changed(text, 0x61...0x7a) { $0 - 32 })
        case ("replace", .string(let old), .string(let new)):
            var count = Int64(-1)
            if rest.count == 3 {
                guard case .int(let limit) = rest[2] else { return nil }
                count = limit
            }
            return .string(try replace(old, by: new, in: text, count))
        case ("split", .string(let separator), nil): return split(text, separator, -1)
        case ("split", .string(let separator), .int(let count)): return split(text, separator, count)
        case ("substring", .int(let start), nil): return .string(try substring(text, start, nil))
        case ("substring", .int(let start), .int(let end)): return .string(try substring(text, start, end))
        case ("trim", nil, nil): return .string(trim(text))
        case ("reverse", nil, nil): return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
        case ("strings.quote", nil, nil): return .string(quote(text))
        case ("jsonpatch.escapeKey", nil, nil):
            return .string(try replace("/", by: "~1", in: try replace("~", by: "~0", in: text, -1), -1))
        default: return nil
        }
    }

    private static func outOfRange(_ place: Int64) -> EvaluationError { EvaluationError("index out of range: \(place)") }

    private static func character(_ text: String, _ place: Int64) throws(EvaluationError) -> String {
        let scalars = Scalars(text).values
        guard place >= 0, place <= scalars.count else { throw outOfRange(place) }
        return place == scalars.count ? "" : String(scalars[Int(place)])
    }

    private static func index(of part: String, in text: String, _ start: CELValue?) throws(EvaluationError) -> Int64 {
        let scalars = Scalars(text)
        var first = Int64(0)
        if let start {
            guard case .int(let place) = start else { throw .noSuchOverload }
            first = place
        }
        if part.isEmpty, start == nil { return 0 }
        guard first >= 0, first <= scalars.values.count else { throw outOfRange(first) }
        if part.isEmpty { return first }
        if first == scalars.values.count { return -1 }
        return Int64(scalars.index(of: Scalars(part), from: Int(first)) ?? -1)
    }

    private static func lastIndex(of part: String, in text: String, _ start: CELValue?) throws(EvaluationError) -> Int64 {
        let scalars = Scalars(text)
        let count = Int64(scalars.values.count)
        var last = count
        if let start {
            guard case .int(let place) = start else { throw .noSuchOverload }
            guard place >= 0, place < max(count, 1) else { throw outOfRange(place) }
            last = place
        }
        if part.isEmpty { return start == nil ? count : last }
        return Int64(scalars.lastIndex(of: Scalars(part), from: Int(last)) ?? -1)
    }

    private static func changed(_ text: String, _ range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
    }

    private static func replace(_ old: String, by new: String, in text: String, _ count: Int64) throws(EvaluationError) -> String
    {
        let scalars = Scalars(text)
        let wanted = Scalars(old)
        var result = String.UnicodeScalarView()
        var (position, done) = (0, Int64(0))
        var size = 0
        while count < 0 || done < count {
            size += new.utf8.count + 1
            guard size <= Operators.elementsMax * 10 else { throw .costExceeded }
            if wanted.values.isEmpty {
                // Nothing stands before every scalar and at the end.
                result.append(contentsOf: new.unicodeScalars)
                done += 1
                guard position < scalars.values.count else { break }
                result.append(scalars.values[position])
                position += 1
                continue
            }
            guard let found = scalars.index(of: wanted, from: position) else { break }
            result.append(contentsOf: scalars.values[position..<found])
            result.append(contentsOf: new.unicodeScalars)
            position = found + wanted.values.count
            done += 1
        }
        result.append(contentsOf: scalars.values[min(position, scalars.values.count)...])
        return String(result)
    }

    private static func split(_ text: String, _ separator: String, _ count: Int64) -> CELValue {
        if count == 0 { return .list([CELValue]()) }
        if count == 1 { return .list([.string(text)]) }
        let scalars = Scalars(text)
        let wanted = Scalars(separator)
        var parts: [CELValue] = []
        var position = 0
        while count < 0 || parts.count < Int(clamping: count) - 1 {
            if wanted.values.isEmpty {
                guard position + 1 < scalars.values.count else { break }
                parts.append(.string(String(scalars.values[position])))
                position += 1
                continue
            }
            guard let found = scalars.index(of: wanted, from: position) else { break }
            parts.append(.string(Scalars.text(scalars.values[position..<found])))
            position = found + wanted.values.count
        }
        if !(wanted.values.isEmpty && scalars.values.isEmpty) { parts.append(.string(Scalars.text(scalars.values[position...]))) }
        return .list(parts)
    }

    private static func substring(_ text: String, _ start: Int64, _ end: Int64?) throws(EvaluationError) -> String {
        let scalars = Scalars(text).values
        guard start >= 0, start <= scalars.count else { throw outOfRange(start) }
        guard let end else { return Scalars.text(scalars[Int(start)...]) }
        guard end >= 0, end <= scalars.count else { throw outOfRange(end) }
        guard start <= end else { throw EvaluationError("invalid substring range. start: \(start), end: \(end)") }
        return Scalars.text(scalars[Int(start)..<Int(end)])
    }

    private static func trim(_ text: String) -> String {
        let scalars = Scalars(text).values
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return Scalars.text(scalars[first...last])
    }

    private static func join(_ list: CELList, _ arguments: [CELValue]) throws(EvaluationError) -> CELValue? {
        var separator = ""
        if arguments.count > 1 {
            guard case .string(let text) = arguments[1] else { return nil }
            separator = text
        }
        var parts: [String] = []
        var size = 0
        for index in 0..<list.count {
            guard case .string(let part) = list[index] else { throw .noSuchOverload }
            size += part.utf8.count + separator.utf8.count
            guard size <= Operators.elementsMax * 10 else { throw .costExceeded }
            parts.append(part)
        }
        return .string(parts.joined(separator: separator))
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{7}": result += "\\a"
            case "\u{8}": result += "\\b"
            case "\u{c}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{b}": result += "\\v"
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
