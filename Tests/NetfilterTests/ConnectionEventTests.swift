import Logging
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Netfilter

@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"), .timeLimit(.minutes(2)))
struct ConnectionEventTests {
    let namespace: ScratchNamespace
    let monitor: KernelConnections

    init() throws {
        namespace = try #require(ScratchNamespace())
        monitor = try #require(namespace.perform { try? KernelConnections() })
        // Without a rule that asks for it the kernel tracks nothing. Port 9 is where nobody listens, port 7 where nobody answers.
        let rules =
            "ip link set lo up && nft 'table inet t { chain o { type filter hook output priority 0; ct state invalid drop; }; "
            + "chain i { type filter hook input priority 0; tcp dport 7 drop; }; }'"
        try #require(namespace.shell(rules).0 == 0)
    }

    /// Connects from inside, and keeps what was connected until the end of the script.
    private func connect(_ address: String, _ port: Int) throws {
        let script =
            "python3 -c \"import socket; s = socket.socket(socket.AF_INET6 if ':' in '\(address)' else socket.AF_INET); "
            + "s.setblocking(False); s.connect_ex(('\(address)', \(port)))\""
        try #require(namespace.shell(script).0 == 0)
    }

    /// Everything that is told until an event matches.
    private func events(until isLast: (ConnectionEvent) -> Bool) async throws -> [ConnectionEvent] {
        var seen: [ConnectionEvent] = []
        while !seen.contains(where: isLast) {
            let news = try await monitor.news(within: .milliseconds(20))
            #expect(!news.isIncomplete)
            seen += news.events
        }
        return seen
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a refused connection begins and ends`(address: String) async throws {
        try await monitor.start()
        try connect(address, 9)
        let seen = try await events { if case .ended = $0 { true } else { false } }
        guard case .began(let flow)? = seen.first, case .ended(let same, wasRefused: true)? = seen.last else {
            Issue.record("\(seen)")
            return
        }
        #expect(flow.original == same.original && flow.reply == same.reply && !same.isAnswered)
        #expect(flow.original.destinationPort == 9 && flow.reply.source.description == address)
        #expect(try await monitor.look(at: [flow]) == [nil])
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a connection that nobody answers stays, unanswered`(address: String) async throws {
        try await monitor.start()
        try connect(address, 7)
        let seen = try await events { if case .began = $0 { true } else { false } }
        guard case .began(let flow)? = seen.first else {
            Issue.record("\(seen)")
            return
        }
        let found = try await monitor.look(at: [flow, flow])
        #expect(found.map { $0?.original } == [flow.original, flow.original] && found.first??.isAnswered == false)
    }

    @Test func `nothing is told before the start and after the end`() async throws {
        try connect("127.0.0.1", 9)
        try await monitor.start()
        await monitor.stop()
        try connect("127.0.0.1", 9)
        #expect(try await monitor.news(within: .milliseconds(20)).events.isEmpty)
    }
}
