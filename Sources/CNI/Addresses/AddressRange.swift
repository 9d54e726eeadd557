package import NetworkTypes

/// Addresses that pods may have: a stretch of one prefix.
package struct AddressRange: Hashable, Sendable {
    /// Slots that one range offers at most; wider prefixes, as IPv6 has them, are used from their start.
    package static let slotsMax = 1 << 20

    package var prefix: CIDR
    /// Distances from the prefix's first address.
    package var offsets: ClosedRange<Int>

    package var count: Int { offsets.count }

    /// The whole prefix but for its first address (the network's, or the routers' anycast address) and IPv4's broadcast
    /// address. A prefix of one or two addresses is used whole.
    package init(_ prefix: CIDR) {
        self.prefix = prefix
        let size = Int(min(prefix.count, UInt128(Self.slotsMax) + 2))
        let last = prefix.family == .ipv4 && prefix.count == UInt128(size) ? size - 2 : size - 1
        offsets = prefix.count <= 2 ? 0...size - 1 : 1...min(last, Self.slotsMax)
    }

    /// Whether a pod may ask for the address: in a prefix too wide to be counted, every address but the first and IPv4's last.
    package func contains(_ address: IPAddress) -> Bool {
        if position(of: address) != nil { return true }
        return count == Self.slotsMax && prefix.contains(address) && address != prefix.first
            && (prefix.family == .ipv6 || address != prefix.last)
    }

    /// Two ranges of one prefix may stand side by side.
    package func overlaps(_ other: AddressRange) -> Bool {
        prefix == other.prefix ? offsets.overlaps(other.offsets) : prefix.overlaps(other.prefix)
    }

    package func address(at position: Int) -> IPAddress? { prefix.address(at: offsets.lowerBound + position) }

    /// Nil outside the range.
    package func position(of address: IPAddress) -> Int? {
        guard let offset = prefix.offset(of: address), offsets.contains(offset) else { return nil }
        return offset - offsets.lowerBound
    }
}
