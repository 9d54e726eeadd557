import CLinux
import ControlLoop
import DNS
import Dispatch
import Glibc
import Logging

/// A name server with what is around it: its threads, its metrics, the switch of its query log.
struct NameServerPart: Sendable {
    let server: DNSServer
    /// Whom the node asks, and what of it the server was told at first.
    let resolver: (watch: ResolverWatch, known: ResolverFile?)
    let endpoints: NameServerEndpoints
    let logger: Logger

    /// - Parameter sockets: Bound and listening.
    init(
        _ configuration: DNSServerConfiguration, resolver: ResolverWatch, sockets: [Int32], endpoints: NameServerEndpoints,
        logger: Logger
    ) throws {
        server = try DNSServer(configuration, sockets: sockets, logger: logger)
        let known = resolver.read()
        if known == nil {
            logger.warning("there is no resolv.conf yet", metadata: ["file": "\(resolver.path ?? ResolverFile.standardPath)"])
        }
        server.changed(upstreams: nil, searches: known?.searches ?? [])
        self.resolver = (resolver, known)
        self.endpoints = endpoints
        self.logger = logger
    }

    /// Returns by cancellation, when what was asked by then is answered.
    func run() async throws {
        let server = server
        let toggle = querySwitch()
        defer { toggle.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await BlockingWork.run { server.run() }
                } onCancel: {
                    server.stop()
                }
            }
            for listener in endpoints.listeners { group.addTask { await endpoints.serve(listener, server, logger) } }
            group.addTask { try await resolver.watch.run(server, known: resolver.known, log: logger) }
            group.addTask { try await giveBack() }
            try await group.waitForAll()
        }
    }

    func watch(_ subject: DNSReflector.Subject, listWatch: any ListWatch) async throws {
        let server = server
        try await DNSReflector(subject, listWatch: listWatch, ports: server.ports, logger: logger) { event in
            server.apply([event], now: WallClock.now())
        }.run()
    }

    /// SIGUSR1 turns the log of questions on and off.
    private func querySwitch() -> any DispatchSourceSignal {
        signal(SIGUSR1, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
        source.setEventHandler { [server, logger] in
            logger.info("query log", metadata: ["key": server.log.toggle() ? "on" : "off"])
        }
        source.resume()
        return source
    }

    /// A listing leaves much free memory behind; the system gets it back once it is quiet.
    private func giveBack() async throws {
        var known = 0
        while true {
            try await ContinuousClock().sleep(for: Self.quietTime)
            let count = server.listingCount
            if count != known { skiff_memory_trim() }
            known = count
        }
    }

    private static let quietTime: Duration = .seconds(1)
}
