/// Finds numbers by the hash of something that somebody else keeps: an open hash table, eight bytes for each place.
///
/// A set of pairs of hash and number; many numbers may have one hash. Nothing of a removed pair stays behind.
struct HashIndex {
    /// The hash above, the number plus one below; zero: free.
    private var places: [UInt64]
    private(set) var count = 0

    private static let placesMin = 64

    init() { places = [UInt64](repeating: 0, count: Self.placesMin) }

    /// The first number with this hash for which `matches` holds.
    func first(_ hash: UInt32, where matches: (Int32) -> Bool) -> Int32? {
        let mask = places.count - 1
        var position = Int(hash) & mask
        while places[position] != 0 {
            if Self.hash(places[position]) == hash {
                let number = Self.number(places[position])
                if matches(number) { return number }
            }
            position = (position + 1) & mask
        }
        return nil
    }

    /// Every number with this hash, in no particular order.
    func all(_ hash: UInt32) -> [Int32] {
        var found: [Int32] = []
        _ = first(hash) { number in
            found.append(number)
            return false
        }
        return found
    }

    mutating func insert(_ hash: UInt32, _ number: Int32) {
        precondition(number >= 0, "numbers are places in an array")
        if (count + 1) * 4 > places.count * 3 { grow() }
        let mask = places.count - 1
        var position = Int(hash) & mask
        let place = Self.place(hash, number)
        while places[position] != 0 {
            if places[position] == place { return }
            position = (position + 1) & mask
        }
        places[position] = place
        count += 1
    }

    mutating func remove(_ hash: UInt32, _ number: Int32) {
        let mask = places.count - 1
        let place = Self.place(hash, number)
        var hole = Int(hash) & mask
        while places[hole] != place {
            if places[hole] == 0 { return }
            hole = (hole + 1) & mask
        }
        // What stands behind and would not be found across the hole moves up.
        var position = (hole + 1) & mask
        while places[position] != 0 {
            let home = Int(Self.hash(places[position])) & mask
            if (position - home) & mask >= (position - hole) & mask {
                places[hole] = places[position]
                hole = position
            }
            position = (position + 1) & mask
        }
        places[hole] = 0
        count -= 1
    }

    /// Makes room at once for what a listing brings.
    mutating func reserve(_ numbers: Int) {
        while numbers * 4 > places.count * 3 { grow() }
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count * 2)
        let mask = places.count - 1
        for place in old where place != 0 {
            var position = Int(Self.hash(place)) & mask
            while places[position] != 0 { position = (position + 1) & mask }
            places[position] = place
        }
    }

    private static func place(_ hash: UInt32, _ number: Int32) -> UInt64 {
        UInt64(hash) << 32 | UInt64(UInt32(bitPattern: number) + 1)
    }

    private static func hash(_ place: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: place >> 32) }
    private static func number(_ place: UInt64) -> Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: place) - 1) }

    // MARK: Hashes

    /// FNV-1a over 64 bits, mixed once at the end.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 29))
    }

    static func hash(_ number: UInt128) -> UInt32 {
        var hash = UInt64(truncatingIfNeeded: number) ^ UInt64(truncatingIfNeeded: number >> 64) &* 0x9e37_79b9_7f4a_7c15
        hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}
