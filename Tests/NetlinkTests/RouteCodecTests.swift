import NetworkTypes
import Testing

@testable import Netlink

/// Bytes are those of a little-endian machine; the numbers in them are from `linux/rtnetlink.h` and its neighbors.
@Suite struct RouteCodecTests {
    let pod = IPAddress.v4(IPv4Address(10, 244, 1, 3))
    let mac = MACAddress(0x0200_0a0b_0c0d)

    @Test func `writes a veth pair whose peer is born in another namespace`() {
        var peer = LinkMessage(name: "eth0")
        peer.address = mac
        peer.mtu = 1450
        peer.queues = 1
        peer.namespaceDescriptor = 7
        var link = LinkMessage(name: "sk0af40103")
        link.address = MACAddress(0xeeee_eeee_eeee)
        link.mtu = 1450
        link.kind = .veth(peer: peer)
        #expect(
            link.create.hexadecimal == """
                a0000000 10000006 00000000 00000000 00000000 00000000 00000000 00000000 \
                0f000300 736b3061 66343031 30330000 0a000100 eeeeeeee eeee0000 08000400 aa050000 \
                5c001200 08000100 76657468 50000200 4c000100 00000000 00000000 00000000 00000000 \
                09000300 65746830 00000000 0a000100 02000a0b 0c0d0000 08000400 aa050000 \
                08001f00 01000000 08002000 01000000 08001c00 07000000
                """)
    }

    @Test func `sets a link up with its own forwarding and redirect settings`() {
        var link = LinkMessage(index: InterfaceIndex(rawValue: 9))
        link.setUp()
        link.ipv4 = LinkMessage.IPv4Settings(forwarding: true, sendRedirects: false, reversePathFilter: 1)
        link.ipv6AddressGeneration = 1
        #expect(
            link.change.hexadecimal == """
                50000000 10000000 00000000 00000000 00000000 09000000 01000000 01000000 \
                30001a00 20000200 1c000100 08000100 01000000 08000600 00000000 08000800 01000000 \
                0c000a00 05000800 01000000
                """)
    }

    @Test func `names a link a second time`() {
        var link = LinkMessage(index: InterfaceIndex(rawValue: 9))
        link.alternativeNames = ["cni=skiff=c1=eth0"]
        #expect(
            link.addAlternativeNames.hexadecimal == """
                3c000000 6c00000e 00000000 00000000 00000000 09000000 00000000 00000000 \
                1c003480 16003500 636e693d 736b6966 663d6331 3d657468 30000000
                """)
    }

    @Test func `writes a host route and its permanent neighbor`() {
        let index = InterfaceIndex(rawValue: 9)
        #expect(
            RouteMessage(CIDR(host: pod), on: index, origin: .pod).create.hexadecimal == """
                2c000000 18000006 00000000 00000000 02200000 fec9fd01 00000000 08000100 0af40103 08000400 09000000
                """)
        #expect(
            NeighborMessage(pod, at: mac, on: index).replace.hexadecimal == """
                30000000 1c000005 00000000 00000000 02000000 09000000 80000000 08000100 0af40103 0a000200 02000a0b 0c0d0000
                """)
    }

    @Test func `writes an IPv6 address that is usable at once`() throws {
        let address = try #require(InterfaceAddress(parsing: "fd00::3/128"))
        #expect(
            AddressMessage(address, on: .loopback, flags: .noDuplicateDetection).create.hexadecimal == """
                40000000 14000006 00000000 00000000 0a800200 01000000 \
                14000200 fd000000 00000000 00000000 00000003 14000100 fd000000 00000000 00000000 00000003
                """)
    }

    @Test(arguments: ["10.244.2.0/24", "0.0.0.0/0", "fd00:2::/64"])
    func `reads back the route that it wrote`(text: String) throws {
        let destination = try #require(CIDR(parsing: text))
        var route = RouteMessage(destination, on: InterfaceIndex(rawValue: 3), origin: .node)
        route.gateway = destination.family == .ipv4 ? .v4(IPv4Address(172, 18, 0, 12)) : .v6(IPv6Address(0xfd12 << 112))
        route.onLink = true
        route.preferredSource = destination.first
        route.priority = 77
        for table in [RouteMessage.mainTable, 1000] {
            route.table = table
            #expect(RouteMessage(route.create) == route)
        }
    }

    @Test func `reads back addresses and neighbors`() throws {
        let own = try #require(InterfaceAddress(parsing: "10.0.0.1/24"))
        let address = AddressMessage(own, on: .loopback, flags: [.permanent, .noPrefixRoute])
        #expect(AddressMessage(address.create) == address)
        let neighbor = NeighborMessage(pod, at: mac, on: .loopback)
        #expect(NeighborMessage(neighbor.replace) == neighbor)
    }

    @Test func `reads a link as the kernel reports it`() throws {
        var writer = MessageWriter()
        for word: UInt32 in [0, 5, 0x1003, 0] { writer.append(word) }
        writer.attribute(3, text: "sk0af40103")
        writer.attribute(4, number: UInt32(1450))
        writer.attribute(5, number: UInt32(2))
        writer.attribute(37, number: Int32(-1))
        writer.attribute(0x8000 | 52) { $0.attribute(53, text: "cni=a=b=c") }
        writer.attribute(18) { $0.attribute(1, text: "veth") }
        let link = try #require(LinkMessage(NetlinkMessage(.newLink, payload: writer.bytes)))
        #expect(link.index?.rawValue == 5)
        #expect(link.isUp)
        #expect(link.name == "sk0af40103")
        #expect(link.mtu == 1450)
        #expect(link.peerIndex?.rawValue == 2)
        #expect(link.peerNamespace == -1)
        #expect(link.alternativeNames == ["cni=a=b=c"])
        #expect(link.kind == .veth(peer: nil))
    }

    @Test func `does not take a bridge's report on its port for the end of the link`() {
        var writer = MessageWriter()
        for word: UInt32 in [7, 5, 0, 0] { writer.append(word) }
        #expect(LinkMessage(NetlinkMessage(.deleteLink, payload: writer.bytes)) == nil)
    }

    @Test func `an address that packets do not come from is of scope host in IPv4 and deprecated in IPv6`() throws {
        func created(_ text: String, isReserved: Bool) throws -> [UInt8] {
            var message = AddressMessage(try #require(InterfaceAddress(parsing: text)), on: .loopback)
            message.isReserved = isReserved
            return message.create.payload
        }
        #expect(try created("10.96.0.10/32", isReserved: true)[3] == RouteMessage.Scope.host.rawValue)
        #expect(try created("10.96.0.10/32", isReserved: false)[3] == RouteMessage.Scope.universe.rawValue)
        let never: [UInt8] = [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(try Array(created("fd10:96::a/128", isReserved: true).suffix(16)) == never)
        #expect(try Array(created("fd10:96::a/128", isReserved: false).suffix(16)) != never)
    }
}
