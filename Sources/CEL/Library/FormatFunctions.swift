/// `"%s has %d".format([a, b])`
///
/// - SeeAlso: cel-go `ext/formatting.go`.
enum FormatFunctions: FunctionLibrary {
    static let declarations = """
        string: format(list<dyn>) -> string
        """

    private static let precisionMax = 100

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        guard name == "format", arguments.count == 2, case .string(let text) = arguments[0], case .list(let list) = arguments[1]
        else { return nil }
        var result = ""
        var rest = text.unicodeScalars[...]
        var used = 0
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                result += "%"
                continue
            }
            let precision = try precision(&rest)
            guard let verb = rest.popFirst() else { throw EvaluationError("unexpected end of string") }
            guard used < list.count else { throw EvaluationError("index \(used) out of range") }
            result += try clause(verb, list[used], precision)
            used += 1
            guard result.utf8.count <= Operators.elementsMax * 10 else { throw .costExceeded }
            try evaluator.charge(UInt64(result.utf8.count / 100))
        }
        return .string(result)
    }

    private static func precision(_ rest: inout Substring.UnicodeScalarView) throws(EvaluationError) -> Int? {
        guard rest.first == "." else { return nil }
        rest.removeFirst()
        var digits = ""
        while let digit = rest.first, Lexer.isDigit(digit) {
            digits.unicodeScalars.append(digit)
            rest.removeFirst()
        }
        guard let value = Int(digits), value <= precisionMax else {
            throw EvaluationError("error while parsing precision of formatting clause")
        }
        return value
    }

    private static func clause(_ verb: Unicode.Scalar, _ value: CELValue, _ precision: Int?) throws(EvaluationError) -> String {
        func wrong(_ wanted: String) -> EvaluationError {
            EvaluationError("error during formatting: \(wanted) clause can only be used on \(names[verb] ?? "values")")
        }
        switch (verb, value) {
        case ("s", _): return try string(value)
        case ("d", .int(let number)): return String(number)
        case ("d", .uint(let number)): return String(number)
        case ("d", .double(let number)) where !number.isFinite: return special(number)
        case ("f", .double(let number)): return number.isFinite ? fixed(number, precision ?? 6) : special(number)
        case ("f", .int(let number)): return fixed(Double(number), precision ?? 6)
        case ("f", .uint(let number)): return fixed(Double(number), precision ?? 6)
        case ("e", .double(let number)): return number.isFinite ? scientific(number, precision ?? 6) : special(number)
        case ("e", .int(let number)): return scientific(Double(number), precision ?? 6)
        case ("e", .uint(let number)): return scientific(Double(number), precision ?? 6)
        case ("b", .bool(let flag)): return flag ? "1" : "0"
        case ("b", .int(let number)): return String(number, radix: 2)
        case ("b", .uint(let number)): return String(number, radix: 2)
        case ("o", .int(let number)): return String(number, radix: 8)
        case ("o", .uint(let number)): return String(number, radix: 8)
        case ("x", .int(let number)), ("X", .int(let number)): return String(number, radix: 16, uppercase: verb == "X")
        case ("x", .uint(let number)), ("X", .uint(let number)): return String(number, radix: 16, uppercase: verb == "X")
        case ("x", .string(let text)), ("X", .string(let text)): return hexadecimal(Array(text.utf8), verb == "X")
        case ("x", .bytes(let bytes)), ("X", .bytes(let bytes)): return hexadecimal(bytes, verb == "X")
        default:
            guard let wanted = clauses[verb] else {
                throw EvaluationError("could not parse formatting clause: unrecognized formatting clause \"\(verb)\"")
            }
            throw wrong(wanted)
        }
    }

    private static let clauses: [Unicode.Scalar: String] = [
        "d": "decimal", "f": "fixed-point", "e": "scientific notation", "b": "binary", "o": "octal", "x": "hex", "X": "hex",
    ]
    private static let names: [Unicode.Scalar: String] = [
        "d": "integers", "f": "doubles", "e": "doubles", "b": "integers and bools", "o": "integers",
        "x": "integers, byte buffers, and strings", "X": "integers, byte buffers, and strings",
    ]

    private static func special(_ number: Double) -> String {
        number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    }

    private static func string(_ value: CELValue) throws(EvaluationError) -> String {
        switch value {
        case .double(let number) where !number.isFinite: return special(number)
        case .list(let list):
            var parts: [String] = []
            for index in 0..<list.count { parts.append(try string(list[index])) }
            return "[\(parts.joined(separator: ", "))]"
        case .map(let map):
            var parts: [String] = []
            for key in map.keys { parts.append("\(try string(key)): \(try string(try map.value(key) ?? .null))") }
            return "{\(parts.sorted().joined(separator: ", "))}"
        case .opaque, .optional, .structure:
            throw EvaluationError(
                "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, "
                    + "types, durations, and timestamps, was given \(value.typeName)")
        default: return CELText.plain(value)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8], _ isUpper: Bool) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: isUpper) }.joined()
    }

    /// Digits before and behind the point, rounded half to even on the exact value.
    static func fixed(_ number: Double, _ precision: Int) -> String {
        var digits = ExactDecimal(number.magnitude)
        digits.round(places: precision)
        return (number.sign == .minus ? "-" : "") + digits.text(places: precision)
    }

    private static func scientific(_ number: Double, _ precision: Int) -> String {
        guard number != 0 else { return fixed(0, precision) + "e+00" }
        var digits = ExactDecimal(number.magnitude)
        var exponent = digits.exponent
        digits.shift(-exponent)
        digits.round(places: precision)
        if digits.exponent > 0 {
            digits.shift(-1)
            exponent += 1
        }
        let power = String(exponent.magnitude)
        return (number < 0 ? "-" : "") + digits.text(places: precision) + (exponent < 0 ? "e-" : "e+")
            + (power.count < 2 ? "0" : "") + power
    }
}

/// The exact decimal digits of a double.
private struct ExactDecimal {
    /// Most significant first.
    private var digits: [Int]
    /// Digits before the point; may be negative or beyond the digits.
    private var point: Int

    init(_ number: Double) {
        digits = []
        point = 0
        guard number != 0 else { return }
        // The significand times a power of two, digit by digit.
        var whole = number.significandBitPattern
        var power = Int(number.exponentBitPattern) - 1075
        if number.isNormal { whole |= 1 << 52 } else { power += 1 }
        var value = String(whole).utf8.map { Int($0) - 48 }
        var fraction = 0
        for _ in 0..<max(0, power) { Self.multiply(&value, by: 2) }
        for _ in 0..<max(0, -power) {
            // Half of a number is five times its tenth.
            Self.multiply(&value, by: 5)
            fraction += 1
        }
        digits = value
        point = value.count - fraction
        normalize()
    }

    private static func multiply(_ digits: inout [Int], by factor: Int) {
        var carry = 0
        for index in digits.indices.reversed() {
            let product = digits[index] * factor + carry
            digits[index] = product % 10
            carry = product / 10
        }
        if carry > 0 { digits.insert(carry, at: 0) }
    }

    private mutating func normalize() {
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == 0 { digits.removeLast() }
    }

    /// Of the first digit, as a power of ten.
    var exponent: Int { digits.isEmpty ? 0 : point - 1 }

    mutating func shift(_ places: Int) { point += places }

    mutating func round(places: Int) {
        let keep = point + places
        guard keep < digits.count else { return }
        guard keep >= 0 else {
            digits = []
            return
        }
        let rest = digits[keep...]
        let isUp: Bool
        if rest.first ?? 0 != 5 {
            isUp = (rest.first ?? 0) > 5
        } else {
            isUp = rest.dropFirst().contains { $0 != 0 } || (keep > 0 && digits[keep - 1] % 2 == 1)
        }
        digits.removeSubrange(keep...)
        guard isUp else { return normalize() }
        var index = keep - 1
        while index >= 0, digits[index] == 9 {
            digits[index] = 0
            index -= 1
        }
        if index >= 0 {
            digits[index] += 1
        } else {
            digits.insert(1, at: 0)
            point += 1
        }
    }

    func text(places: Int) -> String {
        func digit(_ place: Int) -> String { digits.indices.contains(place) ? String(digits[place]) : "0" }
        var result = point > 0 ? (0..<point).map(digit).joined() : "0"
        if places > 0 { result += "." + (0..<places).map { digit(point + $0) }.joined() }
        return result
    }
}
