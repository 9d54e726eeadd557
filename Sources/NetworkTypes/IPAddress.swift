/// An address of either family; IPv4 sorts before IPv6.
package enum IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads either family's text form; nil for anything else.
    package init?(parsing text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let address = IPv6Address(parsing: text) else { return nil }
            self = .v6(address)
        } else {
            guard let address = IPv4Address(parsing: text) else { return nil }
            self = .v4(address)
        }
    }

    /// Four or sixteen bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        if let address = IPv4Address(bytes: bytes) {
            self = .v4(address)
        } else if let address = IPv6Address(bytes: bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// `number` counts from the family's all-zero address; its higher bits are cut off for IPv4.
    package init(family: IPFamily, number: UInt128) {
        switch family {
        case .ipv4: self = .v4(IPv4Address(UInt32(truncatingIfNeeded: number)))
        case .ipv6: self = .v6(IPv6Address(number))
        }
    }

    package var family: IPFamily {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }

    /// The address as a number, the first bit on the wire highest.
    package var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }

    /// In network order.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    package var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    package var isLoopback: Bool {
        switch self {
        case .v4(let address): address.isLoopback
        case .v6(let address): address.isLoopback
        }
    }

    package var isUnspecified: Bool { number == 0 }

    package var isLinkLocal: Bool {
        switch self {
        case .v4(let address): address.isLinkLocal
        case .v6(let address): address.isLinkLocal
        }
    }

    package var isMulticast: Bool {
        switch self {
        case .v4(let address): address.isMulticast
        case .v6(let address): address.isMulticast
        }
    }

    /// The address `count` later (earlier when negative); nil outside the family's range.
    package func advanced(by count: Int) -> IPAddress? {
        let (moved, overflow) =
            count >= 0
            ? number.addingReportingOverflow(UInt128(count)) : number.subtractingReportingOverflow(UInt128(count.magnitude))
        guard !overflow, family == .ipv6 || moved <= UInt128(UInt32.max) else { return nil }
        return IPAddress(family: family, number: moved)
    }

    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.number < right.number : left.family < right.family
    }
}
