import NetworkTypes

/// Gives endpoints their places in a table of a power of two of slots, from which the kernel draws at random.
///
/// The places depend on the set of endpoints alone: each has a home slot and moves on to the next free one, in an order
/// that a hash gives. So a restart finds the table as it was left, and an endpoint that comes or goes moves few others. The first
/// endpoint in this order always holds slot 0, where a draw that found nothing sixteen times ends.
package struct SlotTable: Hashable, Sendable {
    /// More endpoints than this of one Service port are not used.
    package static let slotsMax = 16384

    /// How many slots the table has: 0 for no endpoints, else a power of two.
    package let slotCount: Int
    package let slots: [(slot: Int, backend: Backend)]

    package init(_ backends: [Backend]) {
        var ordered = Set(backends).map { (hash: Self.hash($0), backend: $0) }
        ordered.sort { $0.hash == $1.hash ? $0.backend < $1.backend : $0.hash < $1.hash }
        if ordered.count > Self.slotsMax { ordered.removeLast(ordered.count - Self.slotsMax) }
        guard !ordered.isEmpty else {
            (slotCount, slots) = (0, [])
            return
        }
        let count = Self.slotCount(for: ordered.count)
        var taken = [Bool](repeating: false, count: count)
        var placed: [(slot: Int, backend: Backend)] = []
        placed.reserveCapacity(ordered.count)
        for (index, entry) in ordered.enumerated() {
            var slot = index == 0 ? 0 : Int(truncatingIfNeeded: entry.hash) & (count - 1)
            while taken[slot] { slot = (slot + 1) & (count - 1) }
            taken[slot] = true
            placed.append((slot, entry.backend))
        }
        slotCount = count
        slots = placed.sorted { $0.slot < $1.slot }
    }

    /// The smallest power of two that is not less.
    package static func slotCount(for endpoints: Int) -> Int {
        endpoints <= 1 ? endpoints : 1 << (Int.bitWidth - (endpoints - 1).leadingZeroBitCount)
    }

    package static func == (left: SlotTable, right: SlotTable) -> Bool {
        left.slotCount == right.slotCount && left.slots.elementsEqual(right.slots) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (slot, backend) in slots {
            hasher.combine(slot)
            hasher.combine(backend)
        }
    }

    /// The same in every process: two rounds of a 64-bit mixer (the finalizer of SplitMix64) over address and port.
    private static func hash(_ backend: Backend) -> UInt64 {
        let number = backend.address.number
        var value = mix(UInt64(truncatingIfNeeded: number) ^ UInt64(backend.port.rawValue) << 48)
        value = mix(value ^ UInt64(truncatingIfNeeded: number >> 64))
        return value
    }

    private static func mix(_ input: UInt64) -> UInt64 {
        var value = input &+ 0x9e37_79b9_7f4a_7c15
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
