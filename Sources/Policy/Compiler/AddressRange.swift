package import NetworkTypes

/// Addresses of one family from `first` to `last`, both included.
package struct AddressRange: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var first: IPAddress
    package var last: IPAddress

    package init(_ first: IPAddress, _ last: IPAddress) {
        precondition(first.family == last.family && first <= last, "no range: \(first)-\(last)")
        self.first = first
        self.last = last
    }

    package init(_ prefix: CIDR) { self.init(prefix.first, prefix.last) }

    package var family: IPFamily { first.family }
    package var description: String { "\(first)-\(last)" }
    package static func < (left: AddressRange, right: AddressRange) -> Bool {
        (left.first, left.last) < (right.first, right.last)
    }

    /// The same addresses in order, in ranges that neither overlap nor touch.
    package static func union(_ ranges: some Sequence<AddressRange>) -> [AddressRange] {
        var result: [AddressRange] = []
        for range in ranges.sorted() {
            if let last = result.last, last.family == range.family, last.last.advanced(by: 1).map({ range.first <= $0 }) ?? true {
                result[result.count - 1].last = max(last.last, range.last)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// A prefix without some others.
    package static func difference(_ prefix: CIDR, _ excluded: [CIDR]) -> [AddressRange] {
        var rest = [AddressRange(prefix)]
        for hole in union(excluded.filter { $0.family == prefix.family }.map { AddressRange($0) }) {
            rest = rest.flatMap { range -> [AddressRange] in
                guard hole.first <= range.last, range.first <= hole.last else { return [range] }
                var parts: [AddressRange] = []
                if range.first < hole.first, let end = hole.first.advanced(by: -1) {
                    parts.append(AddressRange(range.first, end))
                }
                if hole.last < range.last, let start = hole.last.advanced(by: 1) { parts.append(AddressRange(start, range.last)) }
                return parts
            }
        }
        return rest
    }

    /// Cuts ranges that overlap into disjoint ones, each with everything that was said about it.
    package static func segments<Label: Hashable>(
        _ labelled: [(ranges: [AddressRange], label: Label)]
    ) -> [(range: AddressRange, labels: Set<Label>)] {
        var edges: [(at: IPAddress, starts: Bool, label: Label)] = []
        for (ranges, label) in labelled {
            for range in ranges {
                edges.append((range.first, true, label))
                if let behind = range.last.advanced(by: 1) { edges.append((behind, false, label)) }
            }
        }
        edges.sort { $0.at < $1.at }
        var open: [Label: Int] = [:]
        var result: [(AddressRange, Set<Label>)] = []
        var index = 0
        while index < edges.count {
            let start = edges[index].at
            while index < edges.count, edges[index].at == start {
                open[edges[index].label, default: 0] += edges[index].starts ? 1 : -1
                index += 1
            }
            let labels = Set(open.filter { $0.value > 0 }.keys)
            guard !labels.isEmpty else { continue }
            let highest = IPAddress(family: start.family, number: start.family == .ipv4 ? UInt128(UInt32.max) : .max)
            let end = index < edges.count ? edges[index].at.advanced(by: -1) ?? start : highest
            result.append((AddressRange(start, end), labels))
        }
        return result
    }
}
