import Logging
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Netfilter

@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct CounterTests {
    let namespace: ScratchNamespace
    let applier: KernelApplier
    let table = TableIdentifier(.ip, "t")
    let map = NamedSet("m", key: [.ipv4Address, .transport, .port], value: .verdict, isCounted: true)

    init() throws {
        namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    private func key(_ number: UInt32) -> ElementKey {
        var bytes = KeyBytes(.v4(IPv4Address(0x7f00_0000 + number)))
        bytes.append(TransportProtocol.udp)
        bytes.append(53 as Port)
        return ElementKey(bytes)
    }

    private func fill(_ count: UInt32, counts: [ElementKey: ElementCount] = [:]) async throws {
        var transaction = Transaction([
            .addTable(table), .addSet(table, map),
            .addChain(table, Chain("o", base: BaseChain(.nat, .output, priority: -100))), .addChain(table, Chain("c")),
            // Without a rule that asks for it the kernel tracks nothing, and calls no nat chain.
            .addRule(table, chain: "c", Rule(.match(.isNewConnection), .verdict(.accept))),
            .addRule(table, chain: "o", Rule(.verdictMap([.destinationAddress, .transport, .destinationPort], map: "m"))),
            .addElements(table, set: "m", (1...count).map { Element(key($0), .verdict(.goto("c"))) }),
        ])
        transaction.counts["m"] = counts
        try await applier.apply(transaction)
    }

    @Test func `an element counts new connections, not packets`() async throws {
        try await fill(3)
        let script =
            "import socket; s = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]; "
            + "[c.sendto(b'x', ('127.0.0.2', 53)) for c in s for _ in range(5)]"
        let (status, output) = namespace.shell("ip link set lo up && python3 -c \"\(script)\" 2>&1")
        try #require(status == 0, "\(output)")
        let counts = try await applier.counts(of: nil, set: "m", in: table)
        #expect(counts.mapValues(\.packets) == [key(1): 0, key(2): 4, key(3): 0])
        #expect(try await applier.counts(of: [key(2)], set: "m", in: table) == [key(2): counts[key(2)]])
    }

    @Test func `a new element goes on from where it is told to`() async throws {
        try await fill(2, counts: [key(1): ElementCount(packets: 1 << 40, bytes: 7)])
        #expect(
            try await applier.counts(of: nil, set: "m", in: table)
                == [key(1): ElementCount(packets: 1 << 40, bytes: 7), key(2): ElementCount()])
    }

    @Test func `many keys at once are read like few`() async throws {
        try await fill(2000, counts: [key(1999): ElementCount(packets: 3, bytes: 180)])
        let wanted = (1500...1999).map { key($0) }
        let counts = try await applier.counts(of: wanted, set: "m", in: table)
        #expect(counts.count == 500)
        #expect(counts[key(1999)]?.packets == 3)
    }

    @Test func `a key that is not there is refused, as in the memory kernel`() async throws {
        try await fill(1)
        await #expect(throws: ApplyError.self) { _ = try await applier.counts(of: [key(9)], set: "m", in: table) }
        await #expect(throws: ApplyError.self) { _ = try await applier.counts(of: nil, set: "x", in: table) }
    }

    @Test func `numbers make no difference between tables`() async throws {
        try await fill(2)
        let before = try await applier.read(table, expecting: Table(table))
        try await applier.apply(Transaction([.deleteTable(table)]))
        try await fill(2, counts: [key(2): ElementCount(packets: 9, bytes: 900)])
        let after = try await applier.read(table, expecting: Table(table))
        #expect(after?.sets == before?.sets)
        #expect(after?.sets["m"]?.isCounted == true)
        let listing =
            "f=$(mktemp) && nft list ruleset > $f && nft flush ruleset && nft -f $f && nft list ruleset | diff - $f; s=$?; rm -f $f; exit $s"
        let (status, output) = namespace.shell(listing)
        #expect(status == 0, "\(output.prefix(2000))")
    }
}
