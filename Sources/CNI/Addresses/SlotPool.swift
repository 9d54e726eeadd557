import JSON
package import NetworkTypes

/// Every address that pods may have, counted: slot `k` is the `k`th address of each family at once, so that both are free or
/// taken together.
///
/// The kernel keeps the record. An address is taken while a link has its name (`InterfaceNames.hostEnd`), and that link lives
/// exactly as long as the pod's namespace: there is no file, no lock, and nothing to clean up after a crash or a reboot.
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
    private let excluded: [CIDR]
    private let reserved: [CIDR]

    /// - Parameters:
    ///   - excluded: Addresses that nobody gets.
    ///   - reserved: Addresses for those who ask for them.
    package init(_ ranges: [AddressRange], excluded: [CIDR] = [], reserved: [CIDR] = []) {
        var rows: [Row] = []
        for range in ranges {
            if let index = rows.firstIndex(where: { $0.family == range.prefix.family }) {
                rows[index].ranges.append(range)
            } else {
                rows.append(Row(family: range.prefix.family, ranges: [range]))
            }
        }
        self.rows = rows
        count = rows.map { $0.count }.min() ?? 0
        self.excluded = excluded
        self.reserved = reserved
    }

    init(_ json: JSONValue, runtime: CaseInsensitiveObject) throws(CNIFailure) {
        let read = try AddressConfiguration(json, runtime: runtime)
        self.init(read.ranges, excluded: read.excluded, reserved: read.reserved)
    }

    package var families: [IPFamily] { rows.map { $0.family } }
    package var prefixes: [CIDR] { rows.flatMap { $0.ranges }.map { $0.prefix } }

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

    /// Nil when the address is in none of the slots.
    package func slot(of address: IPAddress) -> Int? {
        guard let row = rows.first(where: { $0.family == address.family }) else { return nil }
        var start = 0
        for range in row.ranges {
            if let position = range.position(of: address) { return start + position < count ? start + position : nil }
            start += range.count
        }
        return nil
    }

    /// Whether the address is in one of the ranges, with or without a slot.
    package func contains(_ address: IPAddress) -> Bool {
        rows.contains { $0.ranges.contains { $0.contains(address) } }
    }

    package func excludes(_ address: IPAddress) -> Bool { excluded.contains { $0.contains(address) } }

    /// Whether the slot is for anybody.
    package func offers(_ slot: Int) -> Bool {
        if excluded.isEmpty, reserved.isEmpty { return true }
        return !addresses(of: slot).contains { address in
            excluded.contains { $0.contains(address) } || reserved.contains { $0.contains(address) }
        }
    }

    /// How many slots are for anybody.
    package var offeredCount: Int { excluded.isEmpty && reserved.isEmpty ? count : (0..<count).count { offers($0) } }

    /// Where the search for a free slot begins when nothing tells which address was the last.
    package func start(for attachment: String) -> Int {
        count == 0 ? 0 : Int(StableHash.hash64(attachment) % UInt64(count))
    }

    /// The first free slot at or after `start`, going round; nil when all are taken.
    ///
    /// - Parameter isTaken: Whether a link has the name.
    package func firstFree(from start: Int, isTaken: (String) -> Bool) -> Int? {
        for step in 0..<count {
            let slot = (start + step) % count
            guard offers(slot) else { continue }
            if !addresses(of: slot).contains(where: { isTaken(InterfaceNames.name(of: $0)) }) { return slot }
        }
        return nil
    }
}
