/// An Ethernet address.
package struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 48 bits, the first byte on the wire highest; the upper 16 bits are zero.
    package let value: UInt64

    /// Uses the lower 48 bits.
    package init(_ value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    /// Six bytes; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A unicast address from the local range made of `seed`: equal seeds give equal addresses.
    package init(locallyAdministered seed: UInt64) {
        value = seed & 0xfcff_ffff_ffff | 0x0200_0000_0000
    }

    /// Reads six hexadecimal pairs with colons; nil for anything else.
    package init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var value: UInt64 = 0
        for part in parts {
            guard part.utf8.count == 2, part.utf8.first != UInt8(ascii: "+"), let byte = UInt8(part, radix: 16) else {
                return nil
            }
            value = value << 8 | UInt64(byte)
        }
        self.value = value
    }

    package var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * $0)) } }
    package var isLocallyAdministered: Bool { value & 0x0200_0000_0000 != 0 }
    package var isMulticast: Bool { value & 0x0100_0000_0000 != 0 }

    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
