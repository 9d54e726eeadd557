import Glibc
import Netlink
import NetworkTypes
import Testing

@Suite struct VXLANTests {
    @Test(.enabled(if: getuid() == 0, "network namespaces need root"), arguments: ["172.18.0.11", "fd18::11"])
    func `the kernel makes the device that is asked for and reports its entries`(local: String) throws {
        let socket = try NetworkNamespace.create().openSocket()
        let settings = VXLANSettings(identifier: 75433, local: try #require(IPAddress(parsing: local)), port: 4789)
        var link = LinkMessage(name: "tunnel")
        link.kind = .vxlan(settings)
        link.address = MACAddress(0x0a53_ac12_000b)
        link.mtu = 1430
        try socket.apply([link.create])
        let made = try #require(try socket.link(LinkMessage(name: "tunnel")))
        #expect(made.kind == .vxlan(settings))
        #expect(made.address == link.address)
        let index = try #require(made.index)
        let remote: IPAddress = try #require(IPAddress(parsing: local.dropLast() + "2"))
        let entry = TunnelEntryMessage(MACAddress(0x0a53_ac12_000c), to: remote, on: index)
        try socket.apply([entry.replace, entry.replace])
        func entries() throws -> [TunnelEntryMessage] {
            try socket.dump(TunnelEntryMessage.list(on: index)).compactMap { TunnelEntryMessage($0) }
        }
        #expect(try entries() == [entry])
        try socket.apply([entry.delete])
        #expect(try entries().isEmpty)
    }

    @Test func `a neighbour is no entry, an entry no neighbour of an address`() throws {
        let address: IPAddress = try #require(IPAddress(parsing: "10.244.1.0"))
        let index = InterfaceIndex(rawValue: 5)
        let neighbor = NeighborMessage(address, at: MACAddress(1), on: index).replace
        #expect(TunnelEntryMessage(neighbor) == nil)
        #expect(neighbor.neighborDevice == index)
        #expect(TunnelEntryMessage(MACAddress(1), to: address, on: index).replace.neighborDevice == index)
        #expect(LinkMessage.list.neighborDevice == nil)
    }
}
