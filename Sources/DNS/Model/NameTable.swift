/// Finds numbers by bytes that somebody else keeps: an open hash table of slots, four bytes each.
struct NameTable {
    private var slots: [Int32]
    private var used = 0
    private var occupied = 0

    private static let free: Int32 = -1
    private static let removed: Int32 = -2

    init() { slots = [Int32](repeating: Self.free, count: 64) }

    var count: Int { occupied }

    /// FNV-1a over 64 bits, mixed once at the end.
    static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash ^ (hash >> 29)
    }

    /// - Parameter equals: Whether a number stands for the bytes that were hashed.
    func find(_ hash: UInt64, _ equals: (Int32) -> Bool) -> Int32? {
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while true {
            let value = slots[position]
            if value == Self.free { return nil }
            if value != Self.removed, equals(value) { return value }
            position = (position + 1) & mask
        }
    }

    /// Puts in a number that is not there.
    mutating func insert(_ hash: UInt64, _ value: Int32, rehash: (Int32) -> UInt64) {
        if (used + 1) * 4 > slots.count * 3 { grow(rehash) }
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while slots[position] >= 0 { position = (position + 1) & mask }
        if slots[position] == Self.free { used += 1 }
        slots[position] = value
        occupied += 1
    }

    mutating func remove(_ hash: UInt64, _ value: Int32) {
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while slots[position] != value {
            if slots[position] == Self.free { return }
            position = (position + 1) & mask
        }
        slots[position] = Self.removed
        occupied -= 1
    }

    private mutating func grow(_ rehash: (Int32) -> UInt64) {
        let old = slots
        // Twice what is in use: removed places alone do not make the table larger.
        var size = 64
        while size < (occupied + 1) * 2 { size *= 2 }
        slots = [Int32](repeating: Self.free, count: size)
        used = 0
        let mask = size - 1
        for value in old where value >= 0 {
            var position = Int(truncatingIfNeeded: rehash(value)) & mask
            while slots[position] >= 0 { position = (position + 1) & mask }
            slots[position] = value
            used += 1
        }
    }
}
