/// Which addresses of a prefix are taken: a bitmap, so the same calls in the same order give the same addresses.
///
/// The first address is never given out, nor is the last of an IPv4 prefix (network and broadcast address); a prefix of one
/// or two addresses has no such holes. Of a prefix with more than `addressesMax` addresses only the first ones are used.
package struct AddressPool: Hashable, Sendable {
    /// As Kubernetes limits a Service range: 20 bits.
    package static let addressesMax = 1 << 20

    package let range: CIDR
    /// Offsets that may be given out.
    private let offsets: Range<Int>
    private var words: [UInt64]

    package enum Reservation: Hashable, Sendable {
        case reserved
        case alreadyTaken
        /// Not an address of the pool: another prefix, the network or the broadcast address.
        case outOfRange
    }

    package init(_ range: CIDR) {
        self.range = range
        let size = Int(min(range.count, UInt128(Self.addressesMax)))
        if size <= 2 {
            offsets = 0..<size
        } else {
            let broadcast = range.family == .ipv4 && UInt128(size) == range.count
            offsets = 1..<(broadcast ? size - 1 : size)
        }
        words = [UInt64](repeating: 0, count: (size + 63) / 64)
    }

    /// Addresses that can be given out altogether.
    package var capacity: Int { offsets.count }

    package mutating func reserve(_ address: IPAddress) -> Reservation {
        guard let offset = range.offset(of: address), offsets.contains(offset) else { return .outOfRange }
        guard !isSet(offset) else { return .alreadyTaken }
        set(offset)
        return .reserved
    }

    /// The lowest free address at least `offset` behind the first of the range, else the lowest free one; nil when full.
    ///
    /// The API server keeps the lower part of a Service range for addresses that users ask for by passing an offset.
    package mutating func allocate(from offset: Int = 0) -> IPAddress? {
        guard
            let found = firstFree(in: max(offset, offsets.lowerBound)..<max(offset, offsets.upperBound))
                ?? firstFree(in: offsets)
        else { return nil }
        set(found)
        return range.address(at: found)
    }

    /// Gives an address back; false when it was not taken.
    @discardableResult
    package mutating func release(_ address: IPAddress) -> Bool {
        guard let offset = range.offset(of: address), offsets.contains(offset), isSet(offset) else { return false }
        words[offset / 64] &= ~(1 << UInt64(offset % 64))
        return true
    }

    /// The taken addresses in order.
    package var taken: [IPAddress] {
        offsets.compactMap { isSet($0) ? range.address(at: $0) : nil }
    }

    private func isSet(_ offset: Int) -> Bool { words[offset / 64] >> UInt64(offset % 64) & 1 == 1 }

    private mutating func set(_ offset: Int) {
        words[offset / 64] |= 1 << UInt64(offset % 64)
    }

    private func firstFree(in bounds: Range<Int>) -> Int? {
        var offset = bounds.lowerBound
        while offset < bounds.upperBound {
            let free = ~words[offset / 64] >> UInt64(offset % 64)
            if free != 0 {
                let found = offset + free.trailingZeroBitCount
                return found < bounds.upperBound ? found : nil
            }
            offset = (offset / 64 + 1) * 64
        }
        return nil
    }
}
