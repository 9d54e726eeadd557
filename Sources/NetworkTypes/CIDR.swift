/// A prefix: the addresses that share their first `prefixLength` bits.
package struct CIDR: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The lowest address; every bit behind the prefix is zero.
    package let first: IPAddress
    package let prefixLength: Int

    /// Clears the bits behind the prefix; nil when the length does not fit the family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.family.bitCount).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        first = IPAddress(
            family: address.family,
            number: address.number & ~Self.hostMask(bits: address.family.bitCount - prefixLength))
    }

    /// The prefix that holds one address.
    package init(host address: IPAddress) {
        first = address
        prefixLength = address.family.bitCount
    }

    /// Reads `10.0.0.0/8`; bits behind the prefix may be set and are cleared. Nil for anything else.
    package init?(parsing text: some StringProtocol) {
        guard let parsed = InterfaceAddress(parsing: text) else { return nil }
        self = parsed.network
    }

    package var family: IPFamily { first.family }
    package var description: String { "\(first)/\(prefixLength)" }

    /// The highest address: for IPv4 the broadcast address.
    package var last: IPAddress { IPAddress(family: family, number: first.number | hostMask) }

    /// Addresses in the prefix; `UInt128.max` for `::/0`, which holds one more.
    package var count: UInt128 { hostBits == 128 ? .max : 1 << UInt128(hostBits) }

    package var isSingleAddress: Bool { prefixLength == family.bitCount }

    /// The netmask as an address: `255.255.0.0`.
    package var mask: IPAddress { IPAddress(family: family, number: ~hostMask) }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == family && address.number & ~hostMask == first.number
    }

    package func contains(_ other: CIDR) -> Bool { other.prefixLength >= prefixLength && contains(other.first) }
    package func overlaps(_ other: CIDR) -> Bool { contains(other.first) || other.contains(first) }

    /// The address at a distance from `first`; nil outside the prefix.
    package func address(at offset: Int) -> IPAddress? {
        guard offset >= 0, UInt128(offset) < count else { return nil }
        return IPAddress(family: family, number: first.number + UInt128(offset))
    }

    /// Distance from `first`; nil outside the prefix or beyond `Int.max`.
    package func offset(of address: IPAddress) -> Int? {
        contains(address) ? Int(exactly: address.number - first.number) : nil
    }

    /// The prefixes of a longer length that make up this one, in order; empty when `prefixLength` is shorter than ours or
    /// there are more of them than an `Int` counts.
    package func subnets(prefixLength length: Int) -> Subnets {
        let bits = length - prefixLength
        guard bits >= 0, bits < 62, length <= family.bitCount else { return Subnets(of: self, prefixLength: length, count: 0) }
        return Subnets(of: self, prefixLength: length, count: 1 << bits)
    }

    package static func < (left: CIDR, right: CIDR) -> Bool {
        left.first == right.first ? left.prefixLength < right.prefixLength : left.first < right.first
    }

    private var hostBits: Int { family.bitCount - prefixLength }
    private var hostMask: UInt128 { Self.hostMask(bits: hostBits) }
    private static func hostMask(bits: Int) -> UInt128 { bits == 128 ? .max : (1 << UInt128(bits)) - 1 }

    /// The parts of equal size of one prefix, computed when asked for.
    package struct Subnets: RandomAccessCollection, Sendable {
        private let whole: CIDR
        private let prefixLength: Int
        package let count: Int

        fileprivate init(of whole: CIDR, prefixLength: Int, count: Int) {
            self.whole = whole
            self.prefixLength = prefixLength
            self.count = count
        }

        package var startIndex: Int { 0 }
        package var endIndex: Int { count }

        package subscript(position: Int) -> CIDR {
            precondition(indices.contains(position), "subnet \(position) of \(count)")
            let step = UInt128(position) << UInt128(whole.family.bitCount - prefixLength)
            let base = IPAddress(family: whole.family, number: whole.first.number + step)
            guard let subnet = CIDR(base, prefixLength: prefixLength) else {
                preconditionFailure("prefix length \(prefixLength) was checked when the collection was made")
            }
            return subnet
        }

        /// The position of a prefix of exactly this size; nil when it is none of ours.
        package func index(of subnet: CIDR) -> Int? {
            guard subnet.prefixLength == prefixLength, whole.contains(subnet), count > 0 else { return nil }
            let distance = subnet.first.number - whole.first.number
            return Int(exactly: distance >> UInt128(whole.family.bitCount - prefixLength))
        }
    }
}
