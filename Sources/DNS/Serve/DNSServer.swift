import CLinux
import Glibc
package import Logging
import Metrics
package import NetworkTypes
import Synchronization

/// Everything that a name server is told.
package struct DNSServerConfiguration: Sendable {
    package var zone: ZoneConfiguration
    package var forward: ForwardConfiguration
    package var streams: StreamLimits
    package var logsQueries: Bool
    package var version: String
    /// The sockets end with this process, and what waits in them with them; otherwise somebody else has them too, and the next server
    /// answers what waits.
    package var ownsSockets: Bool
    /// How long the first question may wait for the cluster to be known, as CoreDNS's `startup_timeout`.
    package var startWaitMilliseconds: UInt64 = 5000

    package init(
        zone: ZoneConfiguration, forward: ForwardConfiguration = ForwardConfiguration(), streams: StreamLimits = StreamLimits(),
        logsQueries: Bool = false, version: String = "", ownsSockets: Bool = true
    ) {
        self.ownsSockets = ownsSockets
        self.zone = zone
        self.forward = forward
        self.streams = streams
        self.logsQueries = logsQueries
        self.version = version
    }
}

/// A running name server: sockets in, answers out. What it answers from is on its board.
package final class DNSServer: Sendable {
    package let board: ModelBoard
    package let log: QueryLog
    private let configuration: DNSServerConfiguration
    private let shared: ServerShared
    private let datagrams: [DatagramServer]
    private let streams: StreamServer?
    private let replies: ForwardReplies
    /// Of the stream thread.
    private let wake: WakePipe
    private let port: UInt16
    package let ports = PortTable()
    /// Listings taken in; after one, much memory is free.
    private let listings = Atomic(0)
    private let stoppedAt = Atomic<UInt64>(0)
    private let programming = Mutex<[String: Histogram]>([:])

    /// Bounds of `coredns_kubernetes_dns_programming_duration_seconds`.
    private static let programmingBounds: [Double] = (0..<20).map { 0.001 * Double(1 << $0) }

    /// - Parameter sockets: Bound UDP sockets and listening TCP sockets; the server does not close them.
    package init(
        _ configuration: DNSServerConfiguration, sockets: [Int32], board: ModelBoard = ModelBoard(), logger: Logger
    ) throws(DNSServerError) {
        let names = sockets.map { ($0, SocketAddress(nameOf: $0)) }
        guard let port = names.compactMap({ $0.1?.port }).first else { throw .noSockets }
        self.configuration = configuration
        self.board = board
        self.port = port
        let responder = Responder(configuration.zone)
        let log = QueryLog(isOn: configuration.logsQueries, logger: logger)
        let finished = try FinishedReplies()
        let replies = ForwardReplies()
        let forwarder = try Forwarder(
            configuration.forward, builder: ReplyBuilder(responder), logger: logger,
            streamReply: { finished.add($0, $1) },
            onReply: { waiter, code, source, bytes in
                let duration = Ticks.nanoseconds() - waiter.since
                replies.add(waiter, code, source, bytes: bytes, nanoseconds: duration)
                if log.isOn { log.settled(waiter, code, nanoseconds: duration) }
            })
        shared = ServerShared(
            responder: responder, board: board, forwarder: forwarder, log: log, ownsSockets: configuration.ownsSockets,
            logger: logger)
        wake = finished.pipe
        self.log = log
        self.replies = replies
        var listeners: [Int32] = []
        var servers: [DatagramServer] = []
        for (socket, name) in names {
            guard let name else { continue }
            if name.isStream { listeners.append(socket) } else { servers.append(DatagramServer(socket: socket, shared: shared)) }
        }
        datagrams = servers
        streams =
            listeners.isEmpty
            ? nil : StreamServer(listeners: listeners, shared: shared, limits: configuration.streams, finished: finished)
    }

    /// Opens the sockets for a list of addresses: so many UDP sockets each, and one for TCP.
    package static func open(
        _ addresses: [IPAddress], port: UInt16, datagramSockets: Int = 2
    ) throws(DNSServerError) -> [Int32] {
        var opened: [Int32] = []
        for address in addresses {
            let family = address.family == .ipv4 ? AF_INET : AF_INET6
            let types = [Int32](repeating: Int32(SOCK_DGRAM.rawValue), count: datagramSockets) + [Int32(SOCK_STREAM.rawValue)]
            for type in types {
                // The first one may have been given a port; the others share it.
                let shared = port != 0 ? port : opened.first.flatMap { SocketAddress(nameOf: $0)?.port } ?? 0
                let socket = address.bytes.withUnsafeBufferPointer { skiff_name_socket(family, type, $0.baseAddress, shared) }
                guard socket >= 0 else {
                    for other in opened { close(other) }
                    throw .system(call: "serve \(address) port \(port)", errno: -socket)
                }
                opened.append(socket)
            }
        }
        return opened
    }

    /// Addresses and ports that are served, for the log: `10.96.0.10:53/udp`.
    package static func names(_ sockets: [Int32]) -> [String] {
        let names = sockets.compactMap { SocketAddress(nameOf: $0) }
        return Set(names.map { "\(Upstream($0.address, port: $0.port))/\($0.isStream ? "tcp" : "udp")" }).sorted()
    }

    /// Serves until `stop` is called and what was asked by then is answered, three seconds at most. Blocks: for a thread of the
    /// caller's.
    package func run() {
        waitForCluster()
        var threads: [OwnThread] = []
        for server in datagrams { if let thread = OwnThread({ server.run() }) { threads.append(thread) } }
        if let streams, let thread = OwnThread({ streams.run() }) { threads.append(thread) }
        let forwarding = OwnThread { [shared] in shared.forwarder.run() }
        for thread in threads { thread.join() }
        // Nobody gives it anything more to do; what it has to do it ends.
        shared.forwarder.stop(at: stoppedAt.load(ordering: .relaxed) + configuration.streams.endMilliseconds)
        forwarding?.join()
    }

    /// What is asked meanwhile waits in the sockets: after a restart nobody gets a failure instead of an answer. A cluster that does
    /// not show itself is not waited for longer; its names fail then, and other names are answered.
    private func waitForCluster() {
        let end = Ticks.milliseconds() + configuration.startWaitMilliseconds
        while !board.isComplete, !shared.isStopping.load(ordering: .relaxed), Ticks.milliseconds() < end {
            usleep(Self.startLookMicroseconds)
        }
    }

    private static let startLookMicroseconds: UInt32 = 2000

    /// Asks `run` to come to its end; returns at once.
    package func stop() {
        stoppedAt.store(Ticks.milliseconds(), ordering: .relaxed)
        shared.isStopping.store(true, ordering: .releasing)
        wake.wake()
    }

    /// Other servers for names that are not the cluster's, and another search list of the node, from now on.
    ///
    /// - Parameter upstreams: Nil: those that are known.
    package func changed(upstreams: [Upstream]?, searches: [DNSName]) {
        if let upstreams { shared.forwarder.change(upstreams) }
        board.change { $0.nodeSearches = searches }
    }

    func tookListing() { listings.add(1, ordering: .relaxed) }

    /// Listings taken in so far. After one, much memory is free.
    package var listingCount: Int { listings.load(ordering: .relaxed) }

    /// Seconds from a change of endpoints to its being answered.
    ///
    /// - Parameter kind: `cluster_ip`, `headless_with_selector` or `headless_without_selector`.
    package func programmed(_ kind: String, seconds: Double) {
        programming.withLock { $0[kind, default: Histogram(Self.programmingBounds)].observe(seconds) }
    }

    /// In Prometheus' text form.
    package var metricsText: String {
        var udp = ServeCounters()
        for server in datagrams { udp.add(server.gate.counters) }
        var tcp = streams?.gate.counters ?? ServeCounters()
        let (udpReplies, tcpReplies) = replies.counters
        udp.add(udpReplies)
        tcp.add(tcpReplies)
        return DNSMetricsText(
            port: port, version: configuration.version, completesNames: configuration.zone.completesNames, datagrams: udp,
            streams: tcp, forward: shared.forwarder.metrics.counts, cache: shared.forwarder.cacheCounts,
            programming: programming.withLock { $0 }
        ).text
    }
}

/// Counts replies of the forwarding thread.
private final class ForwardReplies: Sendable {
    private let state = Mutex((udp: ServeCounters(), tcp: ServeCounters()))

    var counters: (ServeCounters, ServeCounters) { state.withLock { ($0.udp, $0.tcp) } }

    func add(
        _ waiter: ForwardTable.Waiter, _ code: ResponseCode, _ source: AnswerSource, bytes: Int, nanoseconds: UInt64
    ) {
        state.withLock { state in
            if case .stream = waiter.path {
                state.tcp.answered(code, by: source, bytes: bytes, nanoseconds: nanoseconds)
            } else {
                state.udp.answered(code, by: source, bytes: bytes, nanoseconds: nanoseconds)
            }
        }
    }
}
