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

    /// Three flows to port 53: two through a virtual address each, one to nobody's.
    @Test(arguments: [IPFamily.ipv4, .ipv6])
    func `flows are forgotten by who answers them`(family: IPFamily) async throws {
        func address(_ number: Int) -> String { family == .ipv4 ? "10.9.0.\(number)" : "fd00:9::\(number)" }
        let (ip, length) = family == .ipv4 ? ("ip", "32") : ("ip6", "128")
        func target(_ number: Int) -> String { family == .ipv4 ? "\(address(number)):5353" : "[\(address(number))]:5353" }
        let (status, output) = namespace.shell(
            """
            ip link set lo up && sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600
            for n in 1 2 3 4 5; do ip addr add \(family == .ipv4 ? "10.9.0." : "fd00:9::")$n/\(length) dev lo \(family == .ipv4 ? "" : "nodad"); done
            nft 'table \(ip) n { chain o { type nat hook output priority -100;
                \(ip) daddr \(address(1)) udp dport 53 dnat to \(target(3)); \(ip) daddr \(address(2)) udp dport 53 dnat to \(target(4)); }; }' &&
            python3 -c "
            import socket, time
            for name in ('\(address(1))', '\(address(2))', '\(address(5))'):
                s = socket.socket(socket.AF_INET6 if ':' in name else socket.AF_INET, socket.SOCK_DGRAM)
                for _ in range(1000):
                    try: s.sendto(b'x', (name, 53))
                    except OSError: time.sleep(0.05)
                    else: break"
            """)
        try #require(status == 0, "\(output)")
        let socket = try #require(namespace.perform { try? NetfilterSocket() })
        func standing() throws -> [String] {
            try KernelInspector(socket: socket).flows(family) { $0.original.destinationPort == 53 }
                .map { "\($0.original.destination)" }.sorted()
        }
        func parsed(_ number: Int) throws -> IPAddress { try #require(IPAddress(parsing: address(number))) }
        let all = try [parsed(1), parsed(2), parsed(5)].map(\.description)
        #expect(try standing() == all)
        let translated = FlowSelector(.udp, to: try parsed(1), port: 53, answeredBy: try parsed(3), port: 5353)
        var others = [translated, translated, translated, translated]
        others[0].replyPort = 5354
        others[1].replySource = try parsed(5)
        others[2].originalDestination = try parsed(5)
        others[3].originalPort = 54
        try await applier.deleteFlows(others)
        #expect(try standing() == all)
        try await applier.deleteFlows([translated])
        #expect(try standing() == Array(all.dropFirst()))
        let atAnyAddress = FlowSelector(.udp, to: nil, port: 53, answeredBy: try parsed(4), port: 5353)
        try await applier.deleteFlows([atAnyAddress])
        #expect(try standing() == Array(all.suffix(1)))
    }
}
