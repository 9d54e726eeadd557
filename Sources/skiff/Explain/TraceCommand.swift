import API
import ArgumentParser
import Glibc
import JSON
import Lab
import NFTables
import Netfilter
import Netlink
import NetworkTypes
import Proxy

/// Follows live packets through the rules of a node, as its kernel reports them.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Follow a live packet through a node's rules, as its kernel reports it.",
        discussion: """
            Waits for the next connection from one end to the other, or opens one itself (--probe), from within the source's own
            network. Needs root on the machine of the node. Other packets are not touched; nothing stays when it ends.
            """)

    @OptionGroup var question: ExplainQuestionOptions
    @Flag(help: "Open a connection from the source, instead of waiting for one.") var probe = false
    @Option(help: "Seconds to wait for a packet.") var timeout = 30
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    func run() async throws {
        try await Refusal.reported {
            guard geteuid() == 0 else { throw Refusal("this needs root", remedy: "run it with sudo") }
            let objects = try await question.source.withListWatch { try await ExplainObjects.load($0) }
            let explanation = try await trace(objects)
            Console.output(output == .json ? JSONWriter.text(explanation.json) : explanation.text)
            if explanation.exitStatus != 0 { throw ExitCode(explanation.exitStatus) }
        }
    }

    private func trace(_ objects: ExplainObjects) async throws -> Explanation {
        let (resolved, known) = question.resolve(objects.cluster)
        guard let resolved else { return Explanation("\(question.from) -> \(question.to)", known, reachable: "") }
        let reader = try question.source.reader(for: resolved, forTrace: true)
        let rules = try await BlockingWork.run { try reader.read(resolved) }
        let expected = rules.ruleset.tables.isEmpty ? nil : RuleOutcomes(resolved, through: rules)
        let (probe, timeout) = (probe, timeout)
        let seen = try await BlockingWork.run { try LivePacket.catch(resolved, reader, probe: probe, seconds: timeout) }
        guard let seen else {
            let nothing = Finding(
                "packet", .unknown, "no packet came by \(reader.nodeName) within \(timeout) s",
                remedy: probe
                    ? "is the source's network on this machine?" : "start the connection while this waits, or add --probe")
            return Explanation(resolved.text, known + [nothing], reachable: "nothing was seen")
        }
        var findings = known + seen.story.findings(flow: seen.flow, expected: expected)
        if let result = seen.probeResult {
            findings.append(Finding("probe", result == .connected ? .passes : .note, result.text))
        }
        return Explanation(resolved.text, findings, reachable: findings.first { $0.step == "result" }?.summary ?? "let through")
    }
}

/// A packet that was caught on its way.
struct LivePacket: Sendable {
    var story: TraceStory
    var flow: Flow?
    var probeResult: ConnectionProbe.Outcome?

    /// Blocks. Nil when no packet came.
    static func `catch`(
        _ question: ConnectionQuestion, _ reader: NodeRulesReader, probe: Bool, seconds: Int
    ) throws -> LivePacket? {
        let source = probe ? try ConnectionProbe.network(of: question, reader) : nil
        let from: IPAddress? = if case .node = question.source { nil } else { question.sourceAddress }
        return try reader.perform {
            let tracer = try PacketTracer(
                TraceSelector(question.transport, from: from, to: question.address, port: question.port))
            let result = try source.map { network in try network.perform { ConnectionProbe.connect(question) } }
            guard let story = try firstStory(tracer, milliseconds: probe ? 500 : seconds * 1000) else { return nil }
            let inspector = KernelInspector(socket: try NetfilterSocket())
            let flows = try inspector.flows(question.family) { flow in
                FlowsFinding.isAbout(question, flow, local: LocalAddresses.read()) && flow.original.sourcePort == story.sourcePort
            }
            return LivePacket(story: story, flow: flows.first, probeResult: result)
        }
    }

    /// Events of a packet come in a burst: a pause ends it.
    private static func firstStory(_ tracer: PacketTracer, milliseconds: Int) throws -> TraceStory? {
        var events = try tracer.events(milliseconds: Int32(clamping: milliseconds))
        while case let more = try tracer.events(milliseconds: 100), !more.isEmpty, events.count < eventsMax { events += more }
        return TraceStory.stories(try tracer.describe(events)).first
    }

    private static let eventsMax = 10_000
}

/// A connection of our own, opened inside somebody's network.
enum ConnectionProbe {
    enum Outcome: Hashable, Sendable {
        case connected
        case failed(Int32)
        /// UDP: sent, and nothing was heard.
        case sent

        var text: String {
            switch self {
            case .connected: "the connection was accepted"
            case .failed(ECONNREFUSED), .failed(EPERM): "the connection was refused"
            case .failed(ETIMEDOUT), .failed(EAGAIN), .failed(EINPROGRESS): "the connection timed out"
            case .failed(let number): "the connection failed with errno \(number)"
            case .sent: "sent; no answer within a second"
            }
        }
    }

    /// The network that the source's packets leave from.
    static func network(of question: ConnectionQuestion, _ reader: NodeRulesReader) throws -> NetworkNamespace {
        if case .node = question.source { return try reader.namespace ?? NetworkNamespace.current() }
        guard let process = PodSockets.process(at: question.sourceAddress) else {
            throw Refusal(
                "no process of this machine has the address \(question.sourceAddress)", remedy: "run it where the source runs")
        }
        return try NetworkNamespace(path: "/proc/\(process)/ns/net")
    }

    /// Waits at most a second. Runs in the network namespace of the calling thread.
    static func connect(_ question: ConnectionQuestion) -> Outcome {
        let kind: Int32
        switch question.transport {
        case .tcp: kind = Int32(SOCK_STREAM.rawValue)
        case .udp: kind = Int32(SOCK_DGRAM.rawValue)
        case .sctp: kind = Int32(SOCK_STREAM.rawValue)
        }
        let descriptor = socket(
            question.family == .ipv4 ? AF_INET : AF_INET6, kind | Int32(SOCK_CLOEXEC.rawValue),
            question.transport == .sctp ? 132 : 0)
        guard descriptor >= 0 else { return .failed(errno) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard SocketPlace.call(question.address, question.port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            return .failed(errno)
        }
        guard question.transport == .udp else { return .connected }
        guard send(descriptor, "?", 1, 0) == 1 else { return .failed(errno) }
        var answer: UInt8 = 0
        if recv(descriptor, &answer, 1, 0) >= 0 { return .connected }
        return errno == EAGAIN ? .sent : .failed(errno)
    }
}
