import NetworkTypes

/// Gives endpoints their places in a table of a power of two of slots, from which the kernel draws.
///
/// The places depend on the endpoints and their weights alone, so a restart finds the table as it was left, and an endpoint that
/// comes or goes moves few others.
package struct SlotTable: Hashable, Sendable {
    /// An endpoint and how many of new connections it takes, beside the others.
    package struct Share: Hashable, Sendable {
        package var backend: Backend
        /// At least 1.
        package var weight: Int

        package init(_ backend: Backend, weight: Int = 1) {
            self.backend = backend
            self.weight = weight
        }
    }

    /// More endpoints than this of one Service port are not used.
    package static let slotsMax = 16384
    /// Unequal weights are met to one part in so many at least.
    package static let weightedSlotsMin = 1024
    /// A table for hashed clients has at least this many slots, and so many per endpoint: its share is met to a tenth or so.
    package static let hashedSlotsMin = 1024
    private static let hashedSlotsPerEndpoint = 64

    /// How many slots the table has: 0 for no endpoints, else a power of two.
    package let slotCount: Int
    /// In order of slot; not every slot is filled, slot 0 always is.
    package let slots: [(slot: Int, backend: Backend)]

    package init(_ backends: [Backend]) { self.init(drawing: Set(backends).map { Share($0) }) }

    /// For drawing at random: each endpoint has as many slots as its weight asks for. Each of its entries has a home slot and moves on to
    /// the next free one, in an order that a hash gives; the first entry in this order holds slot 0, where a draw that found nothing
    /// sixteen times ends.
    package init(drawing shares: [Share]) {
        var ordered: [(hash: UInt64, backend: Backend)] = []
        for share in Self.parts(shares, atMost: Self.slotsMax) {
            for copy in 0..<share.weight { ordered.append((Self.hash(share.backend, copy: copy), share.backend)) }
        }
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

    /// For hashing clients: every slot is filled, with the endpoint that has the highest number of all there (rendezvous hashing). An
    /// endpoint that leaves frees its own slots only, and one that comes takes its share and nothing else, as long as the number of slots
    /// stays: it grows at 17 endpoints, at 33, and so on.
    package init(hashing shares: [Share]) {
        let parts = Self.parts(shares, atMost: 256).sorted { $0.backend < $1.backend }
        guard !parts.isEmpty else {
            (slotCount, slots) = (0, [])
            return
        }
        let wanted = max(Self.hashedSlotsMin, parts.count * Self.hashedSlotsPerEndpoint)
        let count = min(Self.slotCount(for: wanted), Self.slotsMax)
        let entries = parts.flatMap { part in
            (0..<part.weight).map { (hash: Self.hash(part.backend, copy: $0), backend: part.backend) }
        }
        slotCount = count
        slots = (0..<count).map { slot in
            var best = entries[0]
            var highest: UInt64 = 0
            let number = Self.mix(UInt64(slot))
            for entry in entries {
                let height = Self.mix(entry.hash ^ number)
                if height >= highest { (best, highest) = (entry, height) }
            }
            return (slot, best.backend)
        }
    }

    /// The smallest power of two that is not less.
    package static func slotCount(for endpoints: Int) -> Int {
        endpoints <= 1 ? endpoints : 1 << (Int.bitWidth - (endpoints - 1).leadingZeroBitCount)
    }

    /// Weights as whole parts that are as small as they can be: divided by what they share, and scaled when their sum is more than a table
    /// for them holds. An endpoint keeps at least one part.
    static func parts(_ shares: [Share], atMost limit: Int) -> [Share] {
        let common = shares.reduce(0) { Self.divisor($0, $1.weight) }
        guard common > 0 else { return [] }
        let sum = shares.reduce(0) { $0 + $1.weight / common }
        let room = min(limit, max(weightedSlotsMin, 4 * shares.count))
        return shares.map { share in
            let weight = share.weight / common
            return Share(share.backend, weight: sum <= room ? weight : max(1, (weight * room + sum / 2) / sum))
        }
    }

    private static func divisor(_ left: Int, _ right: Int) -> Int {
        var (a, b) = (left, right)
        while b != 0 { (a, b) = (b, a % b) }
        return a
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
    private static func hash(_ backend: Backend, copy: Int) -> UInt64 {
        let number = backend.address.number
        var value = mix(UInt64(truncatingIfNeeded: number) ^ UInt64(backend.port.rawValue) << 48)
        value = mix(value ^ UInt64(truncatingIfNeeded: number >> 64))
        return copy == 0 ? value : mix(value &+ UInt64(copy))
    }

    private static func mix(_ input: UInt64) -> UInt64 {
        var value = input &+ 0x9e37_79b9_7f4a_7c15
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
