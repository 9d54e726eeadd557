package import NetworkTypes

/// Every address that pods may have, counted: slot `k` is the `k`th address of each family at once, so that both are free or
/// taken together.
///
/// The kernel keeps the record. A slot is taken while a link with its name (`InterfaceNames.hostEnd`) exists, and that link
/// lives exactly as long as the pod's namespace: there is no file, no lock, and nothing to clean up after a crash or a reboot.
package struct SlotPool: Hashable, Sendable {
    /// Ranges of one family, one after the other.
    private struct Row: Hashable, Sendable {
        var family: IPFamily
        var ranges: [AddressRange]
        var count: Int { ranges.reduce(0) { $0 + $1.count } }
    }

    private var rows: [Row]
    /// Slots that have an address in every family; zero without ranges.
    package let count: Int

    package init(_ ranges: [AddressRange]) {
        var rows: [Row] = []
        for range in ranges {
            if let index = rows.firstIndex(where: { $0.family == range.prefix.family }) {
                rows[index].ranges.append(range)
            } else {
                rows.append(Row(family: range.prefix.family, ranges: [range]))
            }
        }
        self.rows = rows
        count = rows.map(\.count).min() ?? 0
    }

    package var families: [IPFamily] { rows.map(\.family) }

    /// One address per family, in the order in which the configuration names the families.
    package func addresses(of slot: Int) -> [IPAddress] {
        rows.compactMap { row in
            var position = slot
            for range in row.ranges {
                if position < range.count { return range.address(at: position) }
                position -= range.count
            }
            return nil
        }
    }

    /// Nil when the address is none of the pool's.
    package func slot(of address: IPAddress) -> Int? {
        guard let row = rows.first(where: { $0.family == address.family }) else { return nil }
        var start = 0
        for range in row.ranges {
            if let position = range.position(of: address) { return start + position < count ? start + position : nil }
            start += range.count
        }
        return nil
    }

    /// The name of the link that takes the slot.
    package func hostEnd(of slot: Int) -> String { InterfaceNames.hostEnd(for: addresses(of: slot)) }

    /// Where the search for a free slot begins: far from where other containers began, so that an address that has just
    /// become free is not the next one given out.
    package func start(for attachment: String) -> Int {
        count == 0 ? 0 : Int(StableHash.hash64(attachment) % UInt64(count))
    }

    /// The first free slot at or after `start`, going round; nil when all are taken.
    ///
    /// - Parameter taken: Names of the links that exist.
    package func firstFree(from start: Int, taken: Set<String>) -> Int? {
        for step in 0..<count {
            let slot = (start + step) % count
            if !taken.contains(hostEnd(of: slot)) { return slot }
        }
        return nil
    }
}
