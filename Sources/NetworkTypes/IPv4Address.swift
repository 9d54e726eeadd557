/// An IPv4 address.
package struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `10.0.0.1` is `0x0a000001`.
    package var value: UInt32

    package init(_ value: UInt32) { self.value = value }

    package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        value = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    /// Four bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads dotted decimal: four numbers up to 255 without leading zeros; nil for anything else.
    package init?(parsing text: some StringProtocol) {
        var value: UInt32 = 0
        var octet = -1
        var octets = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                guard octet >= 0, octets < 3 else { return nil }
                value = value << 8 | UInt32(octet)
                octets += 1
                octet = -1
            } else {
                guard (0x30...0x39).contains(byte), octet != 0 else { return nil }
                octet = max(octet, 0) * 10 + Int(byte - 0x30)
                guard octet <= 255 else { return nil }
            }
        }
        guard octets == 3, octet >= 0 else { return nil }
        self.value = value << 8 | UInt32(octet)
    }

    /// In network order.
    package var bytes: [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    package var description: String { "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)" }

    package var isLoopback: Bool { value >> 24 == 127 }
    package var isUnspecified: Bool { value == 0 }
    /// 169.254.0.0/16.
    package var isLinkLocal: Bool { value >> 16 == 0xa9fe }
    /// 224.0.0.0/4.
    package var isMulticast: Bool { value >> 28 == 14 }

    package static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }
}
