import ControlLoop
import DNS
import Dispatch
import Glibc
import HTTP
import Logging

/// A name server with what is around it: its threads, its metrics, the switch of its query log.
struct NameServerPart: Sendable {
    let server: DNSServer
    /// Nil: no metrics are served.
    let metrics: (host: String, port: Int)?
    let logger: Logger

    /// Returns by cancellation.
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
            if let metrics { group.addTask { await serve(metrics) } }
            try await group.waitForAll()
        }
    }

    func watch(_ subject: DNSReflector.Subject, listWatch: any ListWatch) async throws {
        let server = server
        try await DNSReflector(subject, listWatch: listWatch, logger: logger) { event in
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

    /// `/metrics` as CoreDNS serves it at 9153; `/health` while the process lives; `/ready` once the cluster is known.
    private func serve(_ listener: (host: String, port: Int)) async {
        let http = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: listener.host, port: listener.port)], requestBodyBytesMax: 4096, threads: 0,
                connectionsMax: 100, shutdownTimeLimit: .milliseconds(500)),
            logger: logger
        ) { [server] request in
            func plain(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
                HTTPResponse(status: status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
            }
            switch request.path {
            case "/metrics": return plain(200, server.metricsText, type: "text/plain; version=0.0.4; charset=utf-8")
            case "/health": return plain(200, "OK")
            case "/ready": return server.board.isComplete ? plain(200, "OK") : plain(503, "the cluster is not listed yet")
            default: return plain(404, "404 page not found\n")
            }
        }
        do { try await http.run() } catch {
            logger.error("metrics are not served", metadata: ["port": "\(listener.port)", "error": "\(error)"])
        }
    }
}
