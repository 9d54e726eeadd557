import NetworkTypes
import Support
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: ["0.0.0.0", "10.0.0.1", "255.255.255.255", "192.168.100.7"])
    func `IPv4 text survives a round trip`(text: String) throws {
        let address = try #require(IPv4Address(parsing: text))
        #expect(address.description == text)
        #expect(IPv4Address(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.-4", "1.2.3.a",
    ])
    func `text that is no IPv4 address is refused`(text: String) {
        #expect(IPv4Address(parsing: text) == nil)
    }

    /// Input and its form under RFC 5952.
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"), ("::ffff:a00:1", "::ffff:10.0.0.1"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("fe80::1", "fe80::1"),
    ])
    func `IPv6 is printed as RFC 5952 asks`(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(parsing: text))
        #expect(address.description == canonical)
        #expect(IPv6Address(parsing: canonical) == address)
        #expect(IPv6Address(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", ":1::", "1:",
        "::1.2.3",
        "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::",
    ])
    func `text that is no IPv6 address is refused`(text: String) {
        #expect(IPv6Address(parsing: text) == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every IPv6 value survives text`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            var value = UInt128(random.next()) << 64 | UInt128(random.next())
            for group in 0..<8 where random.next() % 2 == 0 { value &= ~(0xffff << UInt128(group * 16)) }
            let address = IPv6Address(value)
            #expect(IPv6Address(parsing: address.description) == address, "seed \(seed): \(address)")
        }
    }

    @Test func `IPv4 sorts before IPv6 and addresses sort as numbers`() throws {
        let texts = ["10.0.0.9", "10.0.0.10", "::1", "fe80::1"]
        let addresses = texts.compactMap { IPAddress(parsing: $0) }
        #expect(addresses.reversed().sorted().map(\.description) == texts)
    }

    @Test func `advancing stops at the family's end`() throws {
        let last = try #require(IPAddress(parsing: "255.255.255.255"))
        #expect(last.advanced(by: 1) == nil)
        #expect(last.advanced(by: -1)?.description == "255.255.255.254")
    }

    @Test func `a MAC address survives text and takes a local seed`() throws {
        #expect(MACAddress(parsing: "02:00:0a:f4:01:07")?.description == "02:00:0a:f4:01:07")
        #expect(MACAddress(parsing: "2:0:a:f4:1:7") == nil)
        #expect(MACAddress(parsing: "+2:00:0a:f4:01:07") == nil)
        let made = MACAddress(locallyAdministered: .max)
        #expect(made.isLocallyAdministered && !made.isMulticast)
    }
}
