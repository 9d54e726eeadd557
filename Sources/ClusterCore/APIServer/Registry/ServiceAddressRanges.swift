import API
import NetworkTypes

/// The ranges of Services, and which of their addresses are taken.
struct ServiceAddressRanges {
    private var pools: [AddressPool]

    /// Addresses below this offset are left to those who ask for a certain one (`pkg/registry/core/service/ipallocator`).
    private static let staticOffsetMax = 256

    /// `primary` is always there, and its family comes first.
    init(primary: CIDR) { pools = [AddressPool(primary)] }

    /// The families that Services can have, the primary one first.
    var families: [IPFamily] {
        var families: [IPFamily] = []
        for pool in pools where !families.contains(pool.range.family) { families.append(pool.range.family) }
        return families
    }

    /// Other ranges than the primary one; true when one of them is new, so that addresses in use must be taken again.
    mutating func setMore(_ ranges: [CIDR]) -> Bool {
        let known = Set(pools.map(\.range))
        let wanted = [pools[0].range] + ranges.filter { $0 != pools[0].range }
        pools.removeAll { !wanted.contains($0.range) }
        let new = wanted.filter { !known.contains($0) }
        pools += new.map { AddressPool($0) }
        return !new.isEmpty
    }

    mutating func take(_ addresses: [IPAddress]) {
        for address in addresses { for index in pools.indices { _ = pools[index].reserve(address) } }
    }

    /// Exactly these addresses are taken.
    mutating func reset(_ addresses: [IPAddress]) {
        pools = pools.map { AddressPool($0.range) }
        take(addresses)
    }

    mutating func release(_ addresses: [IPAddress]) {
        for address in addresses { for index in pools.indices { pools[index].release(address) } }
    }

    /// An address in two ranges is taken in both.
    mutating func reserve(_ address: IPAddress) -> AddressPool.Reservation {
        var outcome = AddressPool.Reservation.outOfRange
        for index in pools.indices {
            switch pools[index].reserve(address) {
            case .reserved: outcome = .reserved
            case .alreadyTaken: return .alreadyTaken
            case .outOfRange: break
            }
        }
        return outcome
    }

    /// Nil when every range of the family is full.
    mutating func allocate(_ family: IPFamily) -> IPAddress? {
        for index in pools.indices where pools[index].range.family == family {
            if let free = pools[index].allocate(from: Self.staticOffset(of: pools[index].range)) {
                take([free])
                return free
            }
        }
        return nil
    }

    private static func staticOffset(of range: CIDR) -> Int {
        let size = range.count > 1 << 20 ? 1 << 20 : Int(range.count)
        return min(max(16, size / 16), staticOffsetMax)
    }

    /// `10.96.0.0/16` or, of several, `10.96.0.0/16, 192.168.0.0/24`.
    var description: String { pools.map(\.range.description).joined(separator: ", ") }
}
