/// An IPv6 address without a zone.
package struct IPv6Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The first bit on the wire is the highest one.
    package var value: UInt128

    package init(_ value: UInt128) { self.value = value }

    /// Sixteen bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Reads the forms of RFC 4291 section 2.2, an embedded IPv4 address at the end included; nil for anything else, a zone
    /// (`%eth0`) too.
    package init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var position = 0
        if bytes[0] == UInt8(ascii: ":") {
            guard bytes[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            position = 2
        }
        while position < bytes.count {
            let start = position
            var group: UInt32 = 0
            while position < bytes.count, let digit = Self.hexadecimal(bytes[position]) {
                group = group << 4 | UInt32(digit)
                position += 1
                guard position - start <= 4 else { break }
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
                let tail = String(decoding: bytes[start...], as: UTF8.self)
                guard let embedded = IPv4Address(parsing: tail) else { return nil }
                groups += [UInt16(embedded.value >> 16), UInt16(embedded.value & 0xffff)]
                position = bytes.count
                break
            }
            guard position > start, position - start <= 4 else { return nil }
            groups.append(UInt16(group))
            if position == bytes.count { break }
            guard bytes[position] == UInt8(ascii: ":") else { return nil }
            position += 1
            if position == bytes.count { return nil }
            if bytes[position] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                position += 1
            }
        }
        guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        if let gap { groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap) }
        value = groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// In network order.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * $0)) }
    }

    /// The form of RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals)
    /// as `::`, and dotted decimal for IPv4-mapped addresses.
    package var description: String {
        if let mapped = mappedIPv4 { return "::ffff:\(mapped)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(best.count, 1) { best = start..<end }
            start = end
        }
        func joined(_ slice: ArraySlice<UInt16>) -> String { slice.map { String($0, radix: 16) }.joined(separator: ":") }
        if best.isEmpty { return joined(groups[...]) }
        return joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
    }

    /// The address inside `::ffff:0:0/96`.
    package var mappedIPv4: IPv4Address? {
        value >> 32 == 0xffff ? IPv4Address(UInt32(truncatingIfNeeded: value)) : nil
    }

    package var isLoopback: Bool { value == 1 }
    package var isUnspecified: Bool { value == 0 }
    /// fe80::/10.
    package var isLinkLocal: Bool { value >> 118 == 0x3fa }
    /// ff00::/8.
    package var isMulticast: Bool { value >> 120 == 0xff }

    package static func < (left: IPv6Address, right: IPv6Address) -> Bool { left.value < right.value }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
