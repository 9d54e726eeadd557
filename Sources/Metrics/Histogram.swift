/// Counts of values below fixed bounds.
package struct Histogram: Hashable, Sendable {
    package let bounds: [Double]
    /// Values above the last bound are in `count` alone.
    package private(set) var counts: [Int]
    package private(set) var count = 0
    package private(set) var sum = 0.0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    package mutating func observe(_ value: Double) {
        count += 1
        sum += value
        if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
    }

    /// Adds what another one with the same bounds counted.
    package mutating func merge(_ other: Histogram) {
        precondition(bounds == other.bounds, "only histograms of one family can be added up")
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum += other.sum
    }
}

extension Duration {
    package var inSeconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
