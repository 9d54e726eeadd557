import NetworkTypes
import Testing

@Suite struct CIDRTests {
    @Test(arguments: [
        ("10.244.1.7/16", "10.244.0.0/16"), ("0.0.0.0/0", "0.0.0.0/0"), ("fd00::5/64", "fd00::/64"), ("::/0", "::/0"),
    ])
    func `bits behind the prefix are cleared`(text: String, canonical: String) {
        #expect(CIDR(parsing: text)?.description == canonical)
    }

    @Test(arguments: ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "x/8"])
    func `text that is no prefix is refused`(text: String) {
        #expect(CIDR(parsing: text) == nil)
    }

    @Test func `it knows its ends and what lies inside`() throws {
        let prefix = try #require(CIDR(parsing: "10.96.0.0/16"))
        #expect(prefix.last.description == "10.96.255.255")
        #expect(prefix.count == 65536)
        #expect(prefix.mask.description == "255.255.0.0")
        #expect(prefix.contains(try #require(IPAddress(parsing: "10.96.3.4"))))
        #expect(!prefix.contains(try #require(IPAddress(parsing: "10.97.0.0"))))
        #expect(!prefix.contains(try #require(IPAddress(parsing: "::a60:304"))))
        #expect(prefix.overlaps(try #require(CIDR(parsing: "10.0.0.0/8"))))
        #expect(prefix.offset(of: try #require(IPAddress(parsing: "10.96.1.0"))) == 256)
    }

    @Test func `subnets are the parts in order`() throws {
        let whole = try #require(CIDR(parsing: "10.244.0.0/16"))
        let parts = whole.subnets(prefixLength: 24)
        #expect(parts.count == 256)
        #expect(parts.prefix(3).map(\.description) == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"])
        #expect(parts.last?.description == "10.244.255.0/24")
        #expect(parts.index(of: try #require(CIDR(parsing: "10.244.7.0/24"))) == 7)
        #expect(whole.subnets(prefixLength: 8).isEmpty)
        #expect(try #require(CIDR(parsing: "fd00::/16")).subnets(prefixLength: 64).count == 1 << 48)
    }

    @Test func `an interface address keeps its host bits`() {
        let address = InterfaceAddress(parsing: "10.244.1.7/24")
        #expect(address?.description == "10.244.1.7/24")
        #expect(address?.network.description == "10.244.1.0/24")
    }
}
