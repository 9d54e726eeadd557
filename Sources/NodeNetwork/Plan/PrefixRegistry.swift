import NetworkTypes

/// Prefixes that do not overlap, and who has them.
struct PrefixRegistry {
    /// Sorted.
    private var entries: [(prefix: CIDR, owner: String)] = []

    /// Who has a part of the prefix; nil: nobody.
    func holder(of prefix: CIDR) -> (prefix: CIDR, owner: String)? {
        let place = position(of: prefix)
        // What begins at or behind it, and what begins before and may reach into it: they do not overlap each other.
        return [place, place - 1].lazy.filter { entries.indices.contains($0) }.map { entries[$0] }.first {
            $0.prefix.overlaps(prefix)
        }
    }

    mutating func insert(_ prefix: CIDR, owner: String) { entries.insert((prefix, owner), at: position(of: prefix)) }

    private func position(of prefix: CIDR) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].prefix < prefix { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
