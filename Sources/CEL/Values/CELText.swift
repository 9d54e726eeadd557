/// Values as text.
enum CELText {
    /// As a message of an error shows a value.
    static func plain(_ value: CELValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number): double(number)
        case .string(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .timestamp(let time): time.description
        case .duration(let span): span.description
        case .list(let list): "[\(list.values.map(plain).joined(separator: ", "))]"
        case .type(let name): name
        case .optional(let held): held.map { "optional.of(\(plain($0)))" } ?? "optional.none()"
        case .map, .opaque, .structure: value.typeName
        }
    }

    /// As Go's `strconv.FormatFloat(x, 'g', -1, 64)`.
    static func double(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if number == 0 { return number.sign == .minus ? "-0" : "0" }
        // Swift prints the shortest digits too; only the form differs.
        var text = number.magnitude.description
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = String(text[..<mark])
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(parts[0])
        var point = digits.count
        if parts.count > 1, parts[1] != "0" { digits += parts[1] }
        let zeros = digits.prefix { $0 == "0" }.count
        digits = String(digits.dropFirst(zeros))
        point += exponent - zeros
        while digits.hasSuffix("0") { digits.removeLast() }
        let sign = number < 0 ? "-" : ""
        let power = point - 1
        if power < -4 || power >= 21 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let size = String(power.magnitude)
            return "\(sign)\(digits.prefix(1))\(fraction)e\(power < 0 ? "-" : "+")\(size.count < 2 ? "0" : "")\(size)"
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }
}
