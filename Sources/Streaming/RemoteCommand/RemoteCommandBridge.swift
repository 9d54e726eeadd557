package import HTTP
package import Logging

/// Which streams a remote command has.
package struct RemoteCommandOptions: Hashable, Sendable {
    package var stdin: Bool
    package var stdout: Bool
    package var stderr: Bool
    package var tty: Bool

    package init(stdin: Bool = false, stdout: Bool = false, stderr: Bool = false, tty: Bool = false) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.tty = tty
    }

    /// From the query of the kubelet's exec and attach: `input`/`stdin`, `output`/`stdout`, `error`/`stderr`, `tty`. A terminal has no
    /// stream for errors.
    ///
    /// - SeeAlso: Kubernetes 1.36 `cri-streaming/pkg/streaming/remotecommand/httpstream.go`, `NewOptions`.
    package init(query request: HTTPRequest) {
        func isSet(_ names: String...) -> Bool { names.contains { ["1", "true"].contains(request.query($0)) } }
        self.init(
            stdin: isSet("input", "stdin"), stdout: isSet("output", "stdout"), stderr: isSet("error", "stderr"),
            tty: isSet("tty"))
        if tty { stderr = false }
    }
}

/// Serves exec and attach: a client's upgrade on one side, a runtime's streaming server on the other.
///
/// WebSocket clients are translated to SPDY, because the runtime's own WebSocket has no half-close; SPDY clients are passed through.
package enum RemoteCommandBridge {
    /// Answers an exec or attach request.
    ///
    /// - Parameter url: Asks the runtime for the one-time URL; called once the request is known to be an upgrade.
    package static func respond(
        to request: HTTPRequest, options: RemoteCommandOptions, logger: Logger, url: @Sendable () async throws -> String
    ) async throws -> HTTPResponse {
        if WebSocketHandshake.isAsked(request.headers) {
            let offered = WebSocketHandshake.offeredProtocols(request.headers)
            guard let chosen = ChannelProtocol.choose(offered) else {
                return refusal(400, "unable to upgrade: no supported protocol among \(offered)")
            }
            let url = try await url()
            return WebSocketHandshake.accept(request, subprotocol: offered.isEmpty ? nil : chosen.rawValue) { channel in
                let channels = WebSocketChannels(channel: channel, protocol: chosen)
                await serve(channels, options: options, url: url, logger: logger)
            }
        }
        guard request.headers.contains("Connection", token: "upgrade"), request.headers["Upgrade"] != nil else {
            return refusal(400, "Upgrade request required")
        }
        let url = try await url()
        guard let location = StreamingURL(url) else { throw RemoteCommandError.badURL(url) }
        let client = HTTPClient(configuration: .init(host: location.host, port: location.port), logger: logger)
        return try await RawTunnel.forward(request, by: client, target: location.target)
    }

    /// Runs the command for a WebSocket session and closes the session with its outcome.
    package static func serve(
        _ channels: WebSocketChannels, options: RemoteCommandOptions, url: String, logger: Logger
    ) async {
        let stdin = ChunkQueue()
        let resize = ChunkQueue()
        var streams = RemoteCommandStreams()
        if options.stdin { streams.stdin = { try await stdin.next() } }
        if options.stdout { streams.stdout = { try await channels.write(channel: WebSocketChannels.Channel.stdout, $0) } }
        if options.stderr { streams.stderr = { try await channels.write(channel: WebSocketChannels.Channel.stderr, $0) } }
        if options.tty { streams.resize = { try await resize.next() } }
        let command = streams
        let status = await withTaskGroup(of: RemoteCommandStatus?.self) { group in
            group.addTask {
                do {
                    try await announce(channels, options)
                    return try await RemoteCommandClient.run(url: url, streams: command, logger: logger)
                } catch {
                    logger.debug("remote command failed", metadata: ["error": "\(error)"])
                    return .internalError("error executing command in container: \(error)")
                }
            }
            group.addTask {
                await receive(channels, stdin: stdin, resize: resize)
                return nil  // the client is gone, and the command with it
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let status { await channels.finish(status) } else { await channels.close() }
    }

    /// An empty message tells the client that the session stands. Clients of the newest protocol take the handshake for it, and some
    /// of them (kubectl to 1.32) have no place yet for a message that comes this soon.
    ///
    /// - SeeAlso: Kubernetes 1.36 `cri-streaming/pkg/streaming/remotecommand/websocket.go`, `createWebSocketStreams`.
    private static func announce(_ channels: WebSocketChannels, _ options: RemoteCommandOptions) async throws {
        guard channels.announcesSession else { return }
        let channel =
            options.stdout
            ? WebSocketChannels.Channel.stdout
            : options.stderr ? WebSocketChannels.Channel.stderr : WebSocketChannels.Channel.error
        try await channels.write(channel: channel, [])
    }

    private static func receive(_ channels: WebSocketChannels, stdin: ChunkQueue, resize: ChunkQueue) async {
        do {
            while let message = try await channels.read() {
                switch message {
                case .data(WebSocketChannels.Channel.stdin, let bytes): if !bytes.isEmpty { try await stdin.send(bytes) }
                case .data(WebSocketChannels.Channel.resize, let bytes): try await resize.send(bytes)
                case .closed(WebSocketChannels.Channel.stdin): stdin.finish()
                case .data, .closed: break
                }
            }
        } catch {}  // a broken client has gone as well
        stdin.finish()
        resize.finish()
    }

    private static func refusal(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain"], body: .bytes(Array((text + "\n").utf8)))
    }
}
