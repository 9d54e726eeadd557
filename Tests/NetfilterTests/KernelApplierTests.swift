import Logging
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Netfilter

@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct KernelApplierTests {
    let namespace: ScratchNamespace
    let applier: KernelApplier
    let table = TableIdentifier(.ip, "t")

    init() throws {
        namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    @Test func `a refusal names its operation and commits nothing`() async throws {
        let before = try await applier.generation()
        let transaction = Transaction([
            .addTable(table), .addChain(table, Chain("c")), .addRule(table, chain: "missing", Rule(.verdict(.drop))),
        ])
        await #expect(throws: ApplyError(operation: 2, errno: ApplyError.noEntry, detail: "add rule ip t missing drop")) {
            try await applier.apply(transaction)
        }
        #expect(try await applier.generation() == before)
        #expect(try await applier.read(table, expecting: Table(table)) == nil)
    }

    @Test func `the memory kernel refuses what the kernel refuses`() async throws {
        let set = NamedSet("s", key: [.ipv4Address])
        let map = NamedSet("m", key: [.ipv4Address], value: .verdict)
        let one = KeyBytes(.v4(IPv4Address(1)))
        let bound: [Transaction.Operation] = [
            .addTable(table), .addSet(table, set), .addSet(table, map), .addChain(table, Chain("c")),
            .addChain(table, Chain("d")),
            .addRule(table, chain: "c", Rule(.match(.member([.sourceAddress], of: "s")), .verdict(.drop))),
            .addElements(table, set: "m", [Element(one, .verdict(.goto("d")))]),
        ]
        let last: [Transaction.Operation] = [
            .deleteSet(table, name: "s"), .deleteChain(table, name: "d"), .deleteChain(table, name: "x"),
            .deleteSet(table, name: "x"),
            .flushChain(table, name: "x"), .deleteTable(TableIdentifier(.ip, "other")),
            .addElements(table, set: "m", [Element(one, .verdict(.drop))]), .addElements(table, set: "x", [Element(one)]),
            .addElements(table, set: "m", [Element(one, .verdict(.goto("d")))]),
            .deleteElements(table, set: "s", [ElementKey(one)]),
            .deleteChain(table, name: "c"), .addChain(table, Chain("c")), .addElements(table, set: "s", [Element(one)]),
        ]
        for operation in last {
            let transaction = Transaction(bound + [operation, .deleteTable(table)])
            var memory = KernelState()
            var expected: ApplyError?
            do { try memory.apply(transaction) } catch { expected = error }
            var found: ApplyError?
            do { try await applier.apply(transaction) } catch { found = error }
            #expect(found == expected, "\(operation)")
        }
    }

    @Test func `ranges come back as they went`() async throws {
        var low = KeyBytes(.v4(IPv4Address(10, 0, 0, 0)))
        low.append(Port(80))
        var high = KeyBytes(.v4(IPv4Address(10, 0, 0, 255)))
        high.append(Port(80))
        let set = NamedSet(
            "ranges", key: [.ipv4Address, .port], isInterval: true, elements: [ElementKey(low, end: high): ElementValue.none])
        let desired = Table(table, sets: [set])
        try await applier.apply(Difference.between(nil, desired))
        #expect(try await applier.read(table, expecting: desired) == desired)
        #expect(namespace.shell("nft list set ip t ranges").output.contains("10.0.0.0/24 . 80"))
    }

    @Test func `what a stranger did differs from what we want and is undone`() async throws {
        let chain = Chain("c", base: BaseChain(.filter, .input, priority: 0), rules: [Rule(.counter, .verdict(.accept))])
        let set = NamedSet(
            "s", key: [.ipv4Address], elements: [ElementKey(KeyBytes(.v4(IPv4Address(10, 0, 0, 1)))): ElementValue.none])
        let desired = Table(table, chains: [chain], sets: [set])
        try await applier.apply(Difference.between(nil, desired))
        #expect(try await applier.read(table, expecting: desired) == desired)
        let (status, output) = namespace.shell(
            """
            nft 'add rule ip t c udp dport 9 drop; add element ip t s { 10.0.0.9 }; delete element ip t s { 10.0.0.1 }; \
            add chain ip t theirs; add map ip t odd { type inet_service : mark; flags timeout; }'
            """)
        try #require(status == 0, "\(output)")
        let found = try #require(try await applier.read(table, expecting: desired))
        #expect(found != desired)
        try await applier.apply(Difference.between(found, desired))
        #expect(try await applier.read(table, expecting: desired) == desired)
    }

    @Test func `a hundred thousand elements go in one commit`() async throws {
        var desired = Table(table, sets: [NamedSet("s", key: [.ipv4Address])])
        for number in 0..<100_000 {
            desired.sets["s"]?.elements[ElementKey(KeyBytes(.v4(IPv4Address(UInt32(number)))))] = ElementValue.none
        }
        try await applier.apply(Difference.between(nil, desired))
        #expect(try await applier.read(table, expecting: desired) == desired)
    }

    @Test func `flows are forgotten by who answers them`() async throws {
        let (status, output) = namespace.shell(
            """
            ip link set lo up && nft 'table ip n { chain o { type nat hook output priority -100; udp dport 53 dnat to 127.0.0.1:5353; }; }' &&
            python3 -c "
            import socket
            def flow(port):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.sendto(b'x', ('127.0.0.2', port))
            flow(53); flow(9)" && conntrack -C
            """)
        try #require(status == 0, "\(output)")
        #expect(output.contains("2"))
        let translated = FlowSelector(
            .udp, to: .v4(IPv4Address(127, 0, 0, 2)), port: 53, answeredBy: .v4(IPv4Address(127, 0, 0, 1)), port: 5353)
        var other = translated
        other.replyPort = 5354
        try await applier.deleteFlows([other])
        #expect(namespace.shell("conntrack -L -p udp 2>/dev/null | grep -c 'dport=53 '").output == "1\n")
        try await applier.deleteFlows([translated])
        #expect(namespace.shell("conntrack -L -p udp 2>/dev/null | grep -c 'dport=53 '").output == "0\n")
        #expect(namespace.shell("conntrack -L -p udp 2>/dev/null | grep -c 'dport=9 '").output == "1\n")
    }
}
