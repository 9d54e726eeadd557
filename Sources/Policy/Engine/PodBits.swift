/// A set of pods by position.
package struct PodBits: Hashable, Sendable {
    package private(set) var words: [UInt64]

    package init(count: Int, filled: Bool = false) {
        words = [UInt64](repeating: filled ? .max : 0, count: (count + 63) / 64)
        if filled, count % 64 > 0 { words[words.count - 1] = 1 << UInt64(count % 64) - 1 }
    }

    package subscript(index: Int) -> Bool {
        get { words[index / 64] >> UInt64(index % 64) & 1 == 1 }
        set {
            if newValue { words[index / 64] |= 1 << UInt64(index % 64) } else { words[index / 64] &= ~(1 << UInt64(index % 64)) }
        }
    }

    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    package mutating func formUnion(_ other: PodBits) { for index in words.indices { words[index] |= other.words[index] } }
    package mutating func formIntersection(_ other: PodBits) {
        for index in words.indices { words[index] &= other.words[index] }
    }
    package mutating func subtract(_ other: PodBits) { for index in words.indices { words[index] &= ~other.words[index] } }
    package func intersection(_ other: PodBits) -> PodBits {
        var result = self
        result.formIntersection(other)
        return result
    }
}

/// Who reaches whom, on one port.
package struct ReachabilityMatrix: Hashable, Sendable {
    /// For each source its destinations.
    package private(set) var rows: [PodBits]

    package init(count: Int) { rows = [PodBits](repeating: PodBits(count: count), count: count) }
    init(rows: [PodBits]) { self.rows = rows }

    package subscript(source: Int, destination: Int) -> Bool {
        get { rows[source][destination] }
        set { rows[source][destination] = newValue }
    }

    package var allowedCount: Int { rows.reduce(0) { $0 + $1.count } }

    /// Rows become columns, 64 by 64 bits at a time.
    package var transposed: ReachabilityMatrix {
        let count = rows.count
        var words = [[UInt64]](repeating: [UInt64](repeating: 0, count: (count + 63) / 64), count: count)
        var block = [UInt64](repeating: 0, count: 64)
        for top in stride(from: 0, to: count, by: 64) {
            for left in 0..<((count + 63) / 64) {
                for offset in 0..<64 { block[offset] = top + offset < count ? rows[top + offset].words[left] : 0 }
                Self.transpose(&block)
                for offset in 0..<64 where left * 64 + offset < count { words[left * 64 + offset][top / 64] = block[offset] }
            }
        }
        return ReachabilityMatrix(rows: words.map { PodBits(words: $0) })
    }

    /// Swaps quadrants of halving size; bit 0 is column 0.
    private static func transpose(_ block: inout [UInt64]) {
        var width = 32
        var mask: UInt64 = 0x0000_0000_ffff_ffff
        while width > 0 {
            var row = 0
            while row < 64 {
                let swapped = (block[row] >> UInt64(width) ^ block[row + width]) & mask
                block[row] ^= swapped << UInt64(width)
                block[row + width] ^= swapped
                row = (row + width + 1) & ~width
            }
            width /= 2
            mask ^= mask << UInt64(width)
        }
    }
}

extension PodBits {
    fileprivate init(words: [UInt64]) { self.words = words }
}
