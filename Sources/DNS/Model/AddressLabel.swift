import NetworkTypes

/// Addresses as labels: `10-244-1-7`, `fd00--7`.
///
/// - SeeAlso: Kubernetes DNS-based service discovery 1.1.0; CoreDNS `plugin/kubernetes`, `endpointHostname`.
enum AddressLabel {
    static func dashed(_ number: UInt128, _ family: IPFamily) -> [UInt8] {
        IPAddress(family: family, number: number).description.utf8.map {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") ? UInt8(ascii: "-") : $0
        }
    }

    /// Nil for a label that is no address.
    static func parse(_ label: ArraySlice<UInt8>) -> IPAddress? {
        guard label.count <= 45, label.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "-") }) else { return nil }
        let dashes = label.count { $0 == UInt8(ascii: "-") }
        func text(_ separator: Character) -> String {
            String(String(decoding: label, as: UTF8.self).map { $0 == "-" ? separator : $0 })
        }
        if dashes == 3, let address = IPv4Address(parsing: text(".")) { return .v4(address) }
        return IPv6Address(parsing: text(":")).map { .v6($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }

    /// `7.1.244.10.in-addr.arpa`, or thirty-two digits below `ip6.arpa`.
    static func reverseName(_ address: IPAddress) -> DNSName {
        var labels: [String] = []
        for byte in address.bytes.reversed() {
            if address.family == .ipv4 {
                labels.append("\(byte)")
            } else {
                labels += [byte & 15, byte >> 4].map { String($0, radix: 16) }
            }
        }
        labels += [address.family == .ipv4 ? "in-addr" : "ip6", "arpa"]
        guard let name = DNSName(labels: labels) else { preconditionFailure("an address makes a short name of short labels") }
        return name
    }

    /// The address that a name below `in-addr.arpa` or `ip6.arpa` stands for; nil for any other name, and for a part of one.
    static func reverse(_ name: QuestionName) -> IPAddress? {
        guard name.labelCount >= 2, name.label(name.labelCount - 1, equals: "arpa") else { return nil }
        if name.labelCount == 6, name.label(4, equals: "in-addr") {
            var value: UInt32 = 0
            for index in (0..<4).reversed() {
                let label = name.label(index)
                guard (1...3).contains(label.count), label.allSatisfy({ (0x30...0x39).contains($0) }),
                    label.count == 1 || label.first != 0x30
                else { return nil }
                let octet = label.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
                guard octet <= 255 else { return nil }
                value = value << 8 | octet
            }
            return .v4(IPv4Address(value))
        }
        guard name.labelCount == 34, name.label(32, equals: "ip6") else { return nil }
        var value: UInt128 = 0
        for index in (0..<32).reversed() {
            let label = name.label(index)
            guard label.count == 1, let digit = label.first.flatMap({ Character(UnicodeScalar($0)).hexDigitValue }) else {
                return nil
            }
            value = value << 4 | UInt128(digit)
        }
        return .v6(IPv6Address(value))
    }
}
