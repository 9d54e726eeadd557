/// Families of samples in Prometheus' text form.
///
/// - SeeAlso: Prometheus, exposition formats, text format 0.0.4.
package struct MetricsText: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package private(set) var text = ""

    package init() {}

    /// Begins a family; its samples follow.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        text += name + Self.braces(labels) + " " + Self.number(value) + "\n"
    }

    package mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        self.histogram(
            name, labels, bounds: histogram.bounds, counts: histogram.counts, count: histogram.count, sum: histogram.sum)
    }

    /// - Parameters:
    ///   - counts: Values per bound, not summed up.
    ///   - count: All values, those above the last bound included.
    package mutating func histogram(
        _ name: String, _ labels: [(String, String)], bounds: [Double], counts: [Int], count: Int, sum: Double
    ) {
        var total = 0
        for (bound, below) in zip(bounds, counts) {
            total += below
            sample("\(name)_bucket", labels + [("le", Self.number(bound))], Double(total))
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], Double(count))
        sample("\(name)_sum", labels, sum)
        sample("\(name)_count", labels, Double(count))
    }

    private static func braces(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String) -> String {
        guard text.contains(where: { "\\\"\n".contains($0) }) else { return text }
        return text.map { ["\\": "\\\\", "\"": "\\\"", "\n": "\\n"][$0] ?? String($0) }.joined()
    }

    private static func number(_ value: Double) -> String {
        guard let whole = Int64(exactly: value), abs(whole) < 1 << 53 else { return "\(value)" }
        return String(whole)
    }
}
