package import JSON

/// An amount of a resource: `500m`, `1.5`, `64Mi`, `1e3`.
///
/// Held in billionths, the finest step the API knows; finer input is rounded up and amounts beyond the range of 128 bits are
/// clamped.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/resource/quantity.go`.
package struct Quantity: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// How the amount was written, and so how it is printed.
    package enum Format: Hashable, Sendable { case decimalSI, binarySI, decimalExponent }

    /// Billionths of one unit.
    package var nanos: Int128
    package var format: Format

    package static let zero = Quantity(nanos: 0)

    package init(nanos: Int128, format: Format = .decimalSI) {
        self.nanos = nanos
        self.format = format
    }

    package init(_ value: Int64, format: Format = .decimalSI) { self.init(nanos: Int128(value) * 1_000_000_000, format: format) }
    package init(milli: Int64) { self.init(nanos: Int128(milli) * 1_000_000) }

    /// Whole units, rounded up as upstream's `Value()`.
    package var value: Int64 { Self.roundedUp(nanos, by: 1_000_000_000) }
    /// Thousandths, rounded up as upstream's `MilliValue()`.
    package var milliValue: Int64 { Self.roundedUp(nanos, by: 1_000_000) }
    package var isZero: Bool { nanos == 0 }

    package static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
    package func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
    package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        let (sum, overflow) = left.nanos.addingReportingOverflow(right.nanos)
        return Quantity(
            nanos: overflow ? (left.nanos > 0 ? .max : -.max) : sum, format: left.isZero ? right.format : left.format)
    }
    package static func - (left: Quantity, right: Quantity) -> Quantity {
        left + Quantity(nanos: right.nanos == .min ? .max : -right.nanos, format: right.format)
    }
    package static func += (left: inout Quantity, right: Quantity) { left = left + right }
    package static func -= (left: inout Quantity, right: Quantity) { left = left - right }

    private static func roundedUp(_ nanos: Int128, by unit: Int128) -> Int64 {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int64(clamping: remainder == 0 ? quotient : quotient + (nanos > 0 ? 1 : -1))
    }
}

extension Quantity {
    private static let decimalSuffixes: [(String, Int)] = [
        ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
    ]
    private static let binarySuffixes: [(String, Int)] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)]

    /// Reads the API's notation; nil for anything else.
    package init?(parsing text: String) {
        var rest = text.utf8[...]
        var negative = false
        if let sign = rest.first, sign == 0x2b || sign == 0x2d {
            negative = sign == 0x2d
            rest = rest.dropFirst()
        }
        var digits: Int128 = 0
        var fraction = 0
        var seen = 0
        var point = false
        var clipped = false
        while let byte = rest.first {
            if byte == 0x2e, !point {
                point = true
            } else if (0x30...0x39).contains(byte) {
                seen += 1
                if digits < 1_000_000_000_000_000_000_000_000_000 {
                    digits = digits * 10 + Int128(byte - 0x30)
                    if point { fraction += 1 }
                } else if !point {
                    fraction -= 1
                } else if byte != 0x30 {
                    clipped = true
                }
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seen > 0, let (suffixFormat, base, exponent) = Self.scale(of: String(Substring(rest))) else { return nil }
        var amount = digits
        var decimalExponent = 9 - fraction
        if base == 2 {
            let (product, overflow) = amount.multipliedReportingOverflow(by: Int128(1) << Int128(exponent))
            amount = overflow ? Int128.max : product
        } else {
            decimalExponent += exponent
        }
        while decimalExponent > 0, amount != 0 {
            let (product, overflow) = amount.multipliedReportingOverflow(by: 10)
            if overflow {
                amount = Int128.max
                break
            }
            amount = product
            decimalExponent -= 1
        }
        while decimalExponent < 0, amount != 0 {
            if amount % 10 != 0 { clipped = true }
            amount /= 10
            decimalExponent += 1
        }
        if clipped, amount < Int128.max { amount += 1 }
        self.init(nanos: negative ? -amount : amount, format: suffixFormat)
    }

    /// Reads a member of `resources.limits`: a string, or a number that was not made canonical.
    package init?(json: JSONValue) {
        switch json {
        case .string(let text): self.init(parsing: text)
        case .int(let value): self.init(value)
        case .double(let value): self.init(parsing: "\(value)")
        default: return nil
        }
    }

    private static func scale(of suffix: String) -> (Format, base: Int, exponent: Int)? {
        if let found = decimalSuffixes.first(where: { $0.0 == suffix }) { return (.decimalSI, 10, found.1) }
        if let found = binarySuffixes.first(where: { $0.0 == suffix }) { return (.binarySI, 2, found.1) }
        guard suffix.count > 1, suffix.first == "e" || suffix.first == "E", let exponent = Int(suffix.dropFirst()),
            (-30...30).contains(exponent)
        else { return nil }
        return (.decimalExponent, 10, exponent)
    }

    /// Upstream's canonical form: no fraction, the largest suffix that keeps the amount whole.
    package var description: String {
        if nanos == 0 { return "0" }
        if format == .binarySI, nanos % 1_000_000_000 == 0, abs(nanos / 1_000_000_000) >= 1024 {
            var whole = nanos / 1_000_000_000
            var suffix = ""
            for (name, _) in Self.binarySuffixes {
                guard whole % 1024 == 0 else { break }
                whole /= 1024
                suffix = name
            }
            return "\(whole)\(suffix)"
        }
        var amount = nanos
        var exponent = -9
        while amount % 1000 == 0, exponent < 18 {
            amount /= 1000
            exponent += 3
        }
        if format == .decimalExponent { return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)" }
        let suffix = Self.decimalSuffixes.first { $0.1 == exponent }?.0 ?? ""
        return "\(amount)\(suffix)"
    }
}

/// `resources.requests`, `status.capacity`: amounts by resource name; what cannot be read is left out.
package typealias ResourceList = [String: Quantity]

extension [String: Quantity] {
    package init(json: JSONValue?) {
        self.init()
        for member in json?.object?.members ?? [] {
            self[member.key] = Quantity(json: member.value)
        }
    }

    /// Members in order of name, so that equal lists encode to equal bytes.
    package var json: JSONValue {
        JSONValue(mapValues(\.description))
    }
}
