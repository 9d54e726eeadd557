package import NetworkTypes

/// Ports of the three protocols, in ranges that neither overlap nor touch.
package struct PortRanges: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var transport: TransportProtocol
        package var range: ClosedRange<UInt16>
    }

    package private(set) var entries: [Entry] = []

    package init(_ matches: some Sequence<PortMatch> = []) {
        for transport in TransportProtocol.allCases {
            var merged: [ClosedRange<UInt16>] = []
            let ranges = matches.compactMap { match -> ClosedRange<UInt16>? in
                if case .range(transport, let range) = match { range } else { nil }
            }
            for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
                if let last = merged.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                    merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            entries += merged.map { Entry(transport: transport, range: $0) }
        }
    }

    package var isEmpty: Bool { entries.isEmpty }
    /// How many single ports they are.
    package var count: Int { entries.reduce(0) { $0 + $1.range.count } }
    package var single: [(transport: TransportProtocol, port: Port)] {
        entries.flatMap { entry in entry.range.map { (entry.transport, Port($0)) } }
    }

    package var text: String {
        entries.map { "\($0.transport.name):\($0.range.lowerBound)-\($0.range.upperBound)" }.joined(separator: ",")
    }

    package func union(_ other: PortRanges) -> PortRanges {
        PortRanges((entries + other.entries).map { .range($0.transport, $0.range) })
    }
}
