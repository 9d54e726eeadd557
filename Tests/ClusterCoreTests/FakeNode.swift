import HTTP
import Logging
import PKI
import Streaming

/// A kubelet and its runtime for clients to stream through: containers that echo, ports that answer.
struct FakeNode: Sendable {
    let cluster: LoopbackCluster

    /// Runs both servers for as long as `body` takes, which is given the kubelet's port.
    func run(_ body: @Sendable (_ port: Int) async throws -> Void) async throws {
        try await serving(nil, Self.runtime) { runtimePort in
            let certificate = try cluster.authority.issue(
                .server(commonName: "node", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]))
            let tls = HTTPServerConfiguration.TLS(
                certificateChainPEM: Array(certificate.certificatePEM.utf8), privateKeyPEM: Array(certificate.privateKeyPEM.utf8))
            try await serving(tls, { await Self.kubelet($0, runtimePort) }, body)
        }
    }

    private func serving(
        _ tls: HTTPServerConfiguration.TLS?, _ handler: @escaping HTTPHandler,
        _ body: @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)], tls: tls)
        configuration.shutdownTimeLimit = .seconds(1)
        let server = HTTPServer(configuration: configuration, logger: Self.quiet, handler: handler)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            try await body(await server.boundAddresses.first?.port ?? 0)
        }
    }

    private static let quiet = Logger(label: "node") { _ in SwiftLogNoOpLogHandler() }

    // MARK: The kubelet

    private static func kubelet(_ request: HTTPRequest, _ runtimePort: Int) async -> HTTPResponse {
        let runtime = "http://127.0.0.1:\(runtimePort)"
        do {
            switch request.path.split(separator: "/").first {
            case "healthz": return text("ok")
            case "containerLogs": return text("one\ntwo \(request.query("tailLines") ?? "")\n")
            case "portForward":
                return try await PortForwardBridge.respond(to: request, url: "\(runtime)/portforward", logger: quiet)
            case "exec", "attach":
                let options = RemoteCommandOptions(query: request)
                let streams =
                    ["error"] + (options.stdin ? ["stdin"] : []) + (options.stdout ? ["stdout"] : [])
                    + (options.stderr ? ["stderr"] : [])
                let code = request.queryValues("command").last ?? "0"
                return try await RemoteCommandBridge.respond(to: request, options: options, logger: quiet) {
                    "\(runtime)/exec/\(code)/\(streams.joined(separator: "/"))"
                }
            default: return HTTPResponse(status: 404)
            }
        } catch {
            return HTTPResponse(status: 500, body: .bytes(Array("\(error)".utf8)))
        }
    }

    private static func text(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
    }

    // MARK: The runtime

    private static let runtime: HTTPHandler = { request in
        let parts = request.path.split(separator: "/").map(String.init)
        let name = parts.first == "exec" ? "v4.channel.k8s.io" : "portforward.k8s.io"
        return HTTPResponse(
            status: 101, headers: ["Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": name],
            body: .upgrade { channel in
                let connection = SPDYConnection(channel: channel, role: .server)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await connection.run() }
                    if parts.first == "exec" {
                        try await command(connection, Set(parts.dropFirst(2)), code: parts[1])
                        await connection.close()
                    } else {
                        for await stream in connection.incoming { group.addTask { try? await port(stream) } }
                    }
                    for try await _ in group {}
                }
            })
    }

    /// Gives back what it is fed and ends with `code`.
    private static func command(_ connection: SPDYConnection, _ expected: Set<String>, code: String) async throws {
        var streams: [String: SPDYStream] = [:]
        for await stream in connection.incoming {
            streams[stream.header("streamType") ?? ""] = stream
            if Set(streams.keys).isSuperset(of: expected) { break }
        }
        try await streams["stdout"]?.write(Array("ready\n".utf8))
        if let stdin = streams["stdin"] { while let chunk = try await stdin.read() { try await streams["stdout"]?.write(chunk) } }
        try await streams["stdout"]?.closeWrite()
        try await streams["stderr"]?.closeWrite()
        let failure =
            #"{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code","reason":"NonZeroExitCode","#
            + #""details":{"causes":[{"reason":"ExitCode","message":"\#(code)"}]}}"#
        let outcome = Int(code) ?? 0 == 0 ? #"{"metadata":{},"status":"Success"}"# : failure
        try await streams["error"]?.write(Array(outcome.utf8))
        try await streams["error"]?.closeWrite()
    }

    /// Answers one line with the port and the line.
    private static func port(_ stream: SPDYStream) async throws {
        guard stream.header("streamtype") == "data" else { return try await stream.closeWrite() }
        if let line = try await stream.read() { try await stream.write(Array("\(stream.header("port") ?? "") got ".utf8) + line) }
        try await stream.closeWrite()
    }
}
