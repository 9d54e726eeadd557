/// A span of time.
package struct CELDuration: Hashable, Comparable, Sendable {
    package var nanosecondsTotal: Int64

    package init(nanoseconds: Int64) { nanosecondsTotal = nanoseconds }

    package static func < (left: CELDuration, right: CELDuration) -> Bool { left.nanosecondsTotal < right.nanosecondsTotal }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("\u{b5}s", 1e3), ("\u{3bc}s", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12),
    ]

    /// `1h30m`, `-1.5s`, as Go's `time.ParseDuration` takes it.
    init?(goText text: String) {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" {
            self.init(nanoseconds: 0)
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = Self.part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        }
        self.init(nanoseconds: isNegative ? -total : total)
    }

    private static func part(_ rest: inout Substring) -> Int64? {
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(whole.count)
        var fraction = Substring()
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let name = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
        rest = rest.dropFirst(name.count)
        guard let unit = units.first(where: { $0.name == name })?.nanoseconds else { return nil }
        guard let count = whole.isEmpty ? 0 : Int64(whole) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: Int64(unit))
        guard !overflow else { return nil }
        let part = fraction.isEmpty ? 0 : Int64(((Double("0." + fraction) ?? 0) * unit).rounded(.down))
        let (sum, overflows) = product.addingReportingOverflow(part)
        return overflows ? nil : sum
    }

    func added(_ other: CELDuration) -> CELDuration? {
        let (sum, overflow) = nanosecondsTotal.addingReportingOverflow(other.nanosecondsTotal)
        return overflow ? nil : CELDuration(nanoseconds: sum)
    }

    func subtracted(_ other: CELDuration) -> CELDuration? {
        let (sum, overflow) = nanosecondsTotal.subtractingReportingOverflow(other.nanosecondsTotal)
        return overflow ? nil : CELDuration(nanoseconds: sum)
    }
}

extension CELDuration: CustomStringConvertible {
    /// In seconds, as CEL writes it: `90s`, `1.5s`.
    package var description: String {
        let (seconds, rest) = nanosecondsTotal.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest != 0 else { return "\(seconds)s" }
        let digits = String(rest.magnitude)
        var fraction = String(repeating: "0", count: 9 - digits.count) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (nanosecondsTotal < 0 && seconds == 0 ? "-" : "") + "\(seconds).\(fraction)s"
    }
}
