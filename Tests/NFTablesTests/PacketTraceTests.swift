import NFTables
import NetworkTypes
import Testing

@Suite struct PacketTraceTests {
    let identifier = TableIdentifier(.ip, "t")
    let client = IPAddress.v4(IPv4Address(10, 0, 0, 1))
    let server = IPAddress.v4(IPv4Address(10, 0, 0, 2))

    func outcome(_ rules: [Rule], chains: [Chain] = [], sets: [NamedSet] = [], mark: UInt32 = 0) -> PacketTrace {
        let base = Chain("base", base: BaseChain(.filter, .prerouting, priority: 0), rules: rules)
        let ruleset = Ruleset([Table(identifier, chains: [base] + chains, sets: sets)])
        return PacketTrace.follow(
            Packet(.tcp, from: client, to: server, port: 80, mark: mark), from: .network, through: ruleset)
    }

    func prefix(_ text: String) throws -> CIDR { try #require(CIDR(parsing: text)) }

    @Test func `prefixes of any length compare as addresses do`() throws {
        for (text, inside) in [
            ("10.0.0.0/8", true), ("10.0.0.0/30", true), ("10.0.0.4/30", false), ("10.0.0.2/32", true), ("10.0.0.0/31", false),
        ] {
            let trace = outcome([Rule(.match(.address(.destination, in: try prefix(text))), .verdict(.drop))])
            #expect((trace.outcome == .dropped) == inside, "\(text)")
            let inverse = outcome([Rule(.match(.addressNot(.destination, in: try prefix(text))), .verdict(.drop))])
            #expect((inverse.outcome == .dropped) == !inside, "\(text)")
        }
    }

    @Test func `jump comes back and goto does not`() {
        let inner = Chain("inner", rules: [Rule(.setMark(bits: 1))])
        #expect(outcome([Rule(.verdict(.jump("inner"))), Rule(.verdict(.drop))], chains: [inner]).outcome == .dropped)
        #expect(outcome([Rule(.verdict(.goto("inner"))), Rule(.verdict(.drop))], chains: [inner]).outcome == .accepted)
        let returning = Chain("inner", rules: [Rule(.verdict(.return)), Rule(.verdict(.drop))])
        #expect(outcome([Rule(.verdict(.jump("inner")))], chains: [returning]).outcome == .accepted)
    }

    @Test func `other bits of a mark survive`() {
        let set = outcome([Rule(.setMark(bits: 0x4000))], mark: 0x11)
        #expect(set.packet.mark == 0x4011)
        let cleared = outcome([Rule(.clearMark(bits: 0x4000))], mark: 0x4011)
        #expect(cleared.packet.mark == 0x11)
    }

    @Test func `a range in a concatenation holds what lies between`() {
        var low = KeyBytes(.v4(IPv4Address(10, 0, 0, 0)))
        low.append(Port(80))
        var high = KeyBytes(.v4(IPv4Address(10, 0, 0, 255)))
        high.append(Port(90))
        let set = NamedSet(
            "ranges", key: [.ipv4Address, .port], isInterval: true, elements: [ElementKey(low, end: high): .none])
        let key: [Field] = [.sourceAddress, .destinationPort]
        #expect(outcome([Rule(.match(.member(key, of: "ranges")), .verdict(.drop))], sets: [set]).outcome == .dropped)
        #expect(outcome([Rule(.match(.notMember(key, of: "ranges")), .verdict(.drop))], sets: [set]).outcome == .accepted)
    }

    @Test func `a map without the key leaves the rule`() {
        let map = NamedSet("m", key: [.port], value: .verdict)
        #expect(
            outcome([Rule(.verdictMap([.destinationPort], map: "m")), Rule(.verdict(.drop))], sets: [map]).outcome == .dropped)
    }
}
