import ArgumentParser
import ClusterCore
import DNS
import HTTP
import Logging
import Metrics

/// Where probes and Prometheus find a name server.
struct NameServerEndpoints: Sendable {
    struct Listener: Hashable, Sendable {
        var host: String
        var port: Int

        init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// `ADDRESS:PORT`, or `:PORT` for every address of this machine; nil for empty text.
        init?(parsing text: String, option: String) throws {
            guard !text.isEmpty else { return nil }
            let whole = text.hasPrefix(":") ? "0.0.0.0" + text : text
            guard let target = EgressTarget(authority: whole, defaultPort: 0), target.port > 0 else {
                throw ValidationError("\(option): '\(text)' is no ADDRESS:PORT")
            }
            host = target.host
            port = target.port
        }
    }

    /// Every path is served at each.
    var listeners: [Listener]

    /// `/metrics` as CoreDNS serves it at 9153; `/health`, at 8080 there, while the process lives; `/ready`, at 8181 there, once the
    /// cluster is known.
    func serve(_ listener: Listener, _ server: DNSServer, _ logger: Logger) async {
        let http = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: listener.host, port: listener.port)], requestBodyBytesMax: 4096, threads: 0,
                connectionsMax: 100, shutdownTimeLimit: .milliseconds(500)),
            logger: logger
        ) { request in
            func plain(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
                HTTPResponse(status: status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
            }
            switch request.path {
            case "/metrics":
                var process = MetricsText()
                ProcessFacts.write(&process)
                return plain(200, server.metricsText + process.text, type: "text/plain; version=0.0.4; charset=utf-8")
            case "/health": return plain(200, "OK")
            case "/ready":
                // CoreDNS names the plugins that are not ready.
                return server.board.isComplete ? plain(200, "OK") : plain(503, "kubernetes")
            default: return plain(404, "404 page not found\n")
            }
        }
        do { try await http.run() } catch {
            logger.error("metrics are not served", metadata: ["port": "\(listener.port)", "error": "\(error)"])
        }
    }
}
