import NetworkTypes

/// Ranges of ports that overlap, cut into disjoint ones, each with everybody that may use it.
struct PortSegments {
    struct Segment: Hashable {
        var transport: TransportProtocol
        var range: ClosedRange<UInt16>
        /// Positions in the list that was given, in order; never empty.
        var users: [Int]
    }

    /// In order of protocol and port; neighbours with the same users are one.
    private(set) var segments: [Segment] = []

    /// - Parameter ports: What each user may use.
    init(_ ports: [PortRanges]) {
        for transport in TransportProtocol.allCases {
            var edges: [(port: Int, starts: Bool, user: Int)] = []
            for (user, ranges) in ports.enumerated() {
                for entry in ranges.entries where entry.transport == transport {
                    edges.append((Int(entry.range.lowerBound), true, user))
                    edges.append((Int(entry.range.upperBound) + 1, false, user))
                }
            }
            edges.sort { $0.port < $1.port }
            var open: Set<Int> = []
            var index = 0
            while index < edges.count {
                let start = edges[index].port
                while index < edges.count, edges[index].port == start {
                    if edges[index].starts { open.insert(edges[index].user) } else { open.remove(edges[index].user) }
                    index += 1
                }
                guard !open.isEmpty, index < edges.count else { continue }
                append(Segment(transport: transport, range: UInt16(start)...UInt16(edges[index].port - 1), users: open.sorted()))
            }
        }
    }

    private mutating func append(_ segment: Segment) {
        if let last = segments.last, last.transport == segment.transport, last.users == segment.users,
            Int(last.range.upperBound) + 1 == Int(segment.range.lowerBound)
        {
            segments[segments.count - 1].range = last.range.lowerBound...segment.range.upperBound
        } else {
            segments.append(segment)
        }
    }
}
