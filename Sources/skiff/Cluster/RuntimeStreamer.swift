import CRI
import HTTP
import Kubelet
import Logging
import Streaming

/// Joins exec, attach and port-forward requests to containerd's streaming server.
struct RuntimeStreamer: ExecStreamer {
    let logger: Logger

    func stream(_ request: HTTPRequest, to url: String, options: StreamOptions) async -> HTTPResponse {
        let options = RemoteCommandOptions(
            stdin: options.stdin, stdout: options.stdout, stderr: options.stderr, tty: options.tty)
        do {
            return try await RemoteCommandBridge.respond(to: request, options: options, logger: logger) { url }
        } catch {
            return Self.failure(error)
        }
    }

    func forward(_ request: HTTPRequest, to url: String) async -> HTTPResponse {
        do {
            return try await PortForwardBridge.respond(to: request, url: url, logger: logger)
        } catch {
            return Self.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> HTTPResponse {
        HTTPResponse(
            status: 500, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array("the runtime's streaming server: \(error)".utf8)))
    }
}
