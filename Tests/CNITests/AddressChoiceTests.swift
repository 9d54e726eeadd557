import NetworkTypes
import Testing

@testable import CNI
@testable import Netlink

@Suite struct AddressChoiceTests {
    private let pool = SlotPool(
        ["10.0.0.0/28", "fd00::/64"].compactMap { CIDR(parsing: $0) }.map { AddressRange($0) },
        excluded: ["10.0.0.1/32", "fd00::8/128"].compactMap { CIDR(parsing: $0) },
        reserved: ["10.0.0.4/31"].compactMap { CIDR(parsing: $0) })

    private func choice(_ addresses: String...) throws -> AddressChoice {
        try AddressChoice(addresses.compactMap { IPAddress(parsing: $0) }, from: pool)
    }

    private func text(_ addresses: [IPAddress]?) -> [String]? { addresses?.map(\.description) }

    @Test func `goes on behind the slot given out last`() throws {
        let choice = try choice()
        #expect(choice.start(after: 6, for: "a") == 7)
        #expect(choice.start(after: pool.count - 1, for: "a") == 0)
        for unknown in [nil, pool.count, 1 << 40] {
            #expect(choice.start(after: unknown, for: "a") == pool.start(for: "a"))
        }
    }

    @Test func `the kernel keeps the last slot of each network as a neighbor of its own`() throws {
        let one = LastSlot.remember(77, network: "one")
        let other = LastSlot.remember(1 << 20, network: "other")
        #expect(LastSlot.read([one]) == 77)
        #expect(LastSlot.read([other]) == 1 << 20)
        #expect(LastSlot.read([]) == nil)
        let addresses = try [one, other].map { try #require(NeighborMessage($0)).address }
        #expect(addresses[0] != addresses[1])
        let discarded = try #require(CIDR(parsing: "100::/64"))
        #expect(addresses.allSatisfy(discarded.contains))
    }

    @Test func `passes by what is excluded in either family, and what is reserved`() throws {
        let choice = try choice()
        let offered = (0..<pool.count).compactMap { choice.addresses(of: $0)?.first?.description }
        #expect(offered == [2, 3, 6, 7, 9, 10, 11, 12, 13, 14].map { "10.0.0.\($0)" })
        #expect(pool.offeredCount == 10)
        #expect(choice.firstFree(from: 0, isTaken: { $0 == "sk0a000002" }) == 2)
        #expect(choice.firstFree(from: 3, isTaken: { _ in false }) == 5)
    }

    @Test func `gives what is asked for, with the free fellow of the other family`() throws {
        let one = try choice("10.0.0.4")
        #expect(!one.isFixed)
        #expect(one.start(after: 8, for: "a") == 3)
        #expect(text(one.addresses(of: 3)) == ["10.0.0.4", "fd00::4"])
        #expect(text(one.addresses(of: 5)) == ["10.0.0.4", "fd00::6"])
        let both = try choice("fd00::99", "10.0.0.2")
        #expect(both.isFixed)
        #expect(text(both.addresses(of: 0)) == ["10.0.0.2", "fd00::99"])
        let name = InterfaceNames.name(of: try #require(IPAddress(parsing: "fd00::99")))
        #expect(both.taken { $0 == name }?.description == "fd00::99")
        #expect(both.taken { $0 == "sk0a000003" } == nil)
    }

    @Test(arguments: [
        ["10.0.0.0"], ["10.0.0.15"], ["10.0.1.1"], ["10.0.0.1"], ["fd01::1"], ["10.0.0.2", "10.0.0.3"], ["fd00::"],
    ])
    func `refuses what nobody can have`(addresses: [String]) {
        #expect(throws: CNIFailure.self) {
            try AddressChoice(addresses.compactMap { IPAddress(parsing: $0) }, from: pool)
        }
    }

    @Test func `lists attachments from links and routes`() throws {
        var link = LinkMessage(index: InterfaceIndex(rawValue: 7))
        link.name = "sk0a000002"
        link.alias = "shop/web"
        link.alternativeNames = ["cni=n=c1=eth0", "sk6000000000000", "ports=sk0a000002"]
        var shaper = LinkMessage(index: InterfaceIndex(rawValue: 8))
        shaper.name = "si0a000002"
        shaper.alternativeNames = ["shape=n=c1=eth0"]
        var loopback = LinkMessage(index: .loopback)
        loopback.alternativeNames = ["last=n=10.0.0.2"]
        let addresses = ["fd00::2", "10.0.0.2"].compactMap { IPAddress(parsing: $0) }
        let routes =
            addresses.map { RouteMessage(CIDR(host: $0), on: link.index, origin: .pod) }
            + [RouteMessage(CIDR(host: addresses[0]), on: link.index, origin: .static)]
        let list = AttachmentList(links: [loopback, shaper, link], routes: routes)
        #expect(
            list.entries == [
                AttachmentList.Entry(
                    network: "n", containerID: "c1", interface: "eth0", addresses: addresses.reversed(), hostEnd: "sk0a000002",
                    pod: "shop/web", isShaped: true, hasPorts: true)
            ])
        #expect(list.holders(in: pool, max: 5) == "10.0.0.2 fd00::2 shop/web (c1)")
        #expect(list.holders(in: pool, max: 0) == "and 1 more, which skiff cni ls shows")
    }
}
