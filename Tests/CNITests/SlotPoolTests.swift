import NetworkTypes
import Testing

@testable import CNI

@Suite struct SlotPoolTests {
    static func pool(_ prefixes: String...) -> SlotPool {
        SlotPool(prefixes.compactMap { CIDR(parsing: $0) }.map { AddressRange($0) })
    }

    @Test(arguments: [
        ("10.0.0.0/24", 254, "10.0.0.1", "10.0.0.254"),
        ("10.0.0.0/30", 2, "10.0.0.1", "10.0.0.2"),
        ("10.0.0.0/31", 2, "10.0.0.0", "10.0.0.1"),
        ("10.0.0.9/32", 1, "10.0.0.9", "10.0.0.9"),
        ("10.0.0.0/8", 1 << 20, "10.0.0.1", "10.16.0.0"),
        ("fd00::/124", 15, "fd00::1", "fd00::f"),
        ("fd00::5/128", 1, "fd00::5", "fd00::5"),
        ("fd00::/64", 1 << 20, "fd00::1", "fd00::10:0"),
    ])
    func `leaves out what no pod may have`(prefix: String, count: Int, first: String, last: String) {
        let pool = Self.pool(prefix)
        #expect(pool.count == count)
        #expect(pool.addresses(of: 0).map(\.description) == [first])
        #expect(pool.addresses(of: count - 1).map(\.description) == [last])
    }

    @Test func `gives both families at once, as many as both have`() {
        let pool = Self.pool("10.0.0.0/24", "fd00::/125")
        #expect(pool.count == 7)
        #expect(pool.addresses(of: 6).map(\.description) == ["10.0.0.7", "fd00::7"])
        #expect(pool.slot(of: .v4(IPv4Address(10, 0, 0, 7))) == 6)
        #expect(pool.slot(of: .v4(IPv4Address(10, 0, 0, 8))) == nil)
    }

    @Test func `counts several ranges of a family one after the other`() {
        let pool = Self.pool("10.0.0.0/30", "fd00::/64", "10.9.0.0/29")
        #expect(pool.count == 8)
        #expect(pool.addresses(of: 2).map(\.description) == ["10.9.0.1", "fd00::3"])
        #expect(pool.slot(of: .v4(IPv4Address(10, 9, 0, 6))) == 7)
        for slot in 0..<pool.count {
            for address in pool.addresses(of: slot) { #expect(pool.slot(of: address) == slot) }
        }
    }

    @Test func `finds the one free slot from wherever it starts`() {
        let pool = Self.pool("10.0.0.0/28")
        let all = Set((0..<pool.count).map { InterfaceNames.hostEnd(for: pool.addresses(of: $0)) })
        for free in 0..<pool.count {
            let taken = all.subtracting([InterfaceNames.hostEnd(for: pool.addresses(of: free))])
            for start in 0..<pool.count { #expect(pool.firstFree(from: start, isTaken: taken.contains) == free) }
        }
        #expect(pool.firstFree(from: 3, isTaken: all.contains) == nil)
    }

    @Test func `starts containers all over the pool, and each always at the same slot`() {
        let pool = Self.pool("10.0.0.0/24")
        let starts = (0..<2000).map { pool.start(for: "cni=skiff=container-\($0)=eth0") }
        #expect(Set(starts).count > 240)
        #expect(starts.allSatisfy { (0..<pool.count).contains($0) })
        #expect(pool.start(for: "cni=skiff=container-1=eth0") == starts[1])
    }
}

@Suite struct InterfaceNamesTests {
    @Test(arguments: [("10.244.1.3", "sk0af40103"), ("255.255.255.255", "skffffffff"), ("fd00::1:2", "sk6cad51fe019ec")])
    func `names the host's end by the address`(address: String, name: String) throws {
        let address = try #require(IPAddress(parsing: address))
        #expect(InterfaceNames.hostEnd(for: [address]) == name)
        #expect(InterfaceNames.isHostEnd(name))
        #expect(name.utf8.count <= 15)
        if case .v4(let plain) = address { #expect(InterfaceNames.address(ofHostEnd: name) == plain) }
    }

    @Test(arguments: ["eth0", "sk", "sk0af4010", "sk0af401033", "skiff0", "sk0AF40103", "sk7000000010002", "lo"])
    func `takes no other link for a host's end`(name: String) {
        #expect(!InterfaceNames.isHostEnd(name))
    }

    @Test func `prefers IPv4 whatever the order`() throws {
        let both = try #require([IPAddress(parsing: "fd00::1"), IPAddress(parsing: "10.0.0.1")] as? [IPAddress])
        #expect(InterfaceNames.hostEnd(for: both) == "sk0a000001")
    }

    @Test func `keeps attachments apart and below the kernel's limit`() {
        let id = String(repeating: "a", count: 64)
        let name = InterfaceNames.attachment(network: "skiff", containerID: id, interface: "eth0")
        #expect(name == "cni=skiff=\(id)=eth0")
        let long = String(repeating: "b", count: 200)
        let longest = InterfaceNames.attachment(network: long, containerID: long, interface: "abcdefghijklmno")
        #expect(longest.utf8.count < 128)
        #expect(longest != InterfaceNames.attachment(network: long, containerID: long + "c", interface: "abcdefghijklmno"))
        #expect(longest.hasPrefix(InterfaceNames.attachmentPrefix(network: long)))
        #expect(
            !InterfaceNames.attachment(network: "a-b", containerID: "c", interface: "e").hasPrefix(
                InterfaceNames.attachmentPrefix(network: "a")))
    }
}
