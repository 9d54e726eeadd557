package import JSON

/// A field that takes a number or a text: a port's number or name, a count or a percentage.
package enum IntOrString: Hashable, Sendable, CustomStringConvertible {
    case int(Int)
    case string(String)

    /// Nil for anything but a whole number or a string.
    package init?(json: JSONValue?) {
        if let number = json?.int {
            self = .int(Int(number))
        } else if let text = json?.string {
            self = .string(text)
        } else {
            return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .int(let number): .int(Int64(number))
        case .string(let text): .string(text)
        }
    }

    package var description: String {
        switch self {
        case .int(let number): String(number)
        case .string(let text): text
        }
    }

    /// A count as it is, a percentage as its share of `total`; nil for a text that is no percentage.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/intstr/intstr.go`, `GetScaledValueFromIntOrPercent`.
    package func scaled(of total: Int, roundingUp: Bool) -> Int? {
        switch self {
        case .int(let number): return number
        case .string(let text):
            guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return nil }
            let (product, overflow) = percent.multipliedReportingOverflow(by: total)
            guard !overflow else { return nil }
            let whole = product / 100
            return roundingUp && product % 100 > 0 ? whole + 1 : whole
        }
    }
}
