package import NetworkTypes

/// An address beside other fields of a small value.
///
/// `IPAddress` is aligned to sixteen bytes. A struct of one and a short field more is passed in registers, and Swift 6.3 without
/// optimization then reads the spilled copy as if that were aligned too, which faults. Two words have no such alignment.
package struct PackedAddress: Hashable, Sendable {
    private var high: UInt64
    private var low: UInt64
    private var isIPv6: Bool

    package init(_ address: IPAddress) {
        high = UInt64(truncatingIfNeeded: address.number >> 64)
        low = UInt64(truncatingIfNeeded: address.number)
        isIPv6 = address.family == .ipv6
    }

    package var address: IPAddress {
        IPAddress(family: isIPv6 ? .ipv6 : .ipv4, number: UInt128(high) << 64 | UInt128(low))
    }
}
