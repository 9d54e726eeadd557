/// An amount of a resource: `1500m`, `2Gi`, `1e3`, kept in billionths.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/resource/quantity.go`.
package struct QuantityValue: Hashable, Comparable, Sendable {
    private static let scale: Int128 = 1_000_000_000
    private static let billionthsMax: Int128 = Int128(Int64.max) * scale

    var billionths: Int128

    private init(billionths: Int128) { self.billionths = billionths }

    init(whole: Int64) { billionths = Int128(whole) * Self.scale }

    package static func < (left: QuantityValue, right: QuantityValue) -> Bool { left.billionths < right.billionths }

    private static let decimalPowers: [String: Int] = [
        "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
    ]
    private static let binaryPowers: [String: Int] = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]

    init?(_ text: String) {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        func digits() -> Substring {
            let found = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(found.count)
            return found
        }
        let whole = digits()
        var fraction = Substring()
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            fraction = digits()
        }
        guard !whole.isEmpty || !fraction.isEmpty, let power = Self.power(String(rest)) else { return nil }
        guard let value = Self.value(String(whole + fraction), places: fraction.count, ten: power.ten, two: power.two) else {
            return nil
        }
        billionths = isNegative ? -value : value
    }

    private static func power(_ suffix: String) -> (ten: Int, two: Int)? {
        if let ten = decimalPowers[suffix] { return (ten, 0) }
        if let two = binaryPowers[suffix] { return (0, two) }
        guard suffix.hasPrefix("e") || suffix.hasPrefix("E"), let ten = Int(suffix.dropFirst()), abs(ten) < 100 else {
            return nil
        }
        return (ten, 0)
    }

    /// Rounded up to billionths, bounded by what fits 63 bits of whole units.
    private static func value(_ digits: String, places: Int, ten: Int, two: Int) -> Int128? {
        let trimmed = digits.drop { $0 == "0" }
        guard !trimmed.isEmpty else { return 0 }
        guard trimmed.count <= 30, var value = Int128(trimmed) else { return billionthsMax }
        var power = ten - places + 9
        var isInexact = false
        let (shifted, overflow) = value.multipliedReportingOverflow(by: Int128(1) << two)
        guard !overflow else { return billionthsMax }
        value = shifted
        while power > 0 {
            let (next, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow, next <= billionthsMax else { return billionthsMax }
            value = next
            power -= 1
        }
        while power < 0, value > 0 {
            if value % 10 != 0 { isInexact = true }
            value /= 10
            power += 1
        }
        return min(billionthsMax, value + (isInexact ? 1 : 0))
    }

    func adding(_ other: QuantityValue) -> QuantityValue { QuantityValue(billionths: billionths + other.billionths) }
    func subtracting(_ other: QuantityValue) -> QuantityValue { QuantityValue(billionths: billionths - other.billionths) }

    /// Nil when there is a fraction, or too much of it.
    var whole: Int64? {
        let (quotient, rest) = billionths.quotientAndRemainder(dividingBy: Self.scale)
        return rest == 0 ? Int64(exactly: quotient) : nil
    }

    var approximate: Double { Double(billionths) / 1e9 }
}

/// Amounts of resources.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/quantity.go`.
enum QuantityFunctions: FunctionLibrary {
    static let declarations = """
        quantity(string) -> kubernetes.Quantity
        isQuantity(string) -> bool
        kubernetes.Quantity: sign() -> int
        kubernetes.Quantity: isInteger() -> bool
        kubernetes.Quantity: asInteger() -> int
        kubernetes.Quantity: asApproximateFloat() -> double
        kubernetes.Quantity: add(kubernetes.Quantity) -> kubernetes.Quantity
        kubernetes.Quantity: add(int) -> kubernetes.Quantity
        kubernetes.Quantity: sub(kubernetes.Quantity) -> kubernetes.Quantity
        kubernetes.Quantity: sub(int) -> kubernetes.Quantity
        kubernetes.Quantity: isGreaterThan(kubernetes.Quantity) -> bool
        kubernetes.Quantity: isLessThan(kubernetes.Quantity) -> bool
        kubernetes.Quantity: compareTo(kubernetes.Quantity) -> int
        """

    private static let badForm =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first, arguments.dropFirst().first) {
        case ("quantity", .string(let text), nil):
            guard let value = QuantityValue(text) else { throw EvaluationError(badForm) }
            return .opaque(.quantity(value))
        case ("isQuantity", .string(let text), nil): return .bool(QuantityValue(text) != nil)
        case (_, .opaque(.quantity(let value)), nil): return try property(name, value)
        case (_, .opaque(.quantity(let value)), .opaque(.quantity(let other))): return combined(name, value, other)
        case (_, .opaque(.quantity(let value)), .int(let other)): return combined(name, value, QuantityValue(whole: other))
        default: return nil
        }
    }

    private static func property(_ name: String, _ value: QuantityValue) throws(EvaluationError) -> CELValue? {
        switch name {
        case "sign": return .int(Int64(value.billionths.signum()))
        case "isInteger": return .bool(value.whole != nil)
        case "asInteger":
            guard let whole = value.whole else { throw EvaluationError("cannot convert value to integer") }
            return .int(whole)
        case "asApproximateFloat": return .double(value.approximate)
        default: return nil
        }
    }

    private static func combined(_ name: String, _ value: QuantityValue, _ other: QuantityValue) -> CELValue? {
        switch name {
        case "add": .opaque(.quantity(value.adding(other)))
        case "sub": .opaque(.quantity(value.subtracting(other)))
        case "isGreaterThan": .bool(value > other)
        case "isLessThan": .bool(value < other)
        case "compareTo": .int(value == other ? 0 : value < other ? -1 : 1)
        default: nil
        }
    }
}
