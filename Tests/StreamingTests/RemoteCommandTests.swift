import HTTP
import Logging
import Streaming
import Synchronization
import Testing

/// A client's session against our kubelet side, which talks to a streaming server as a container runtime has it.
@Suite struct RemoteCommandTests {
    static let failure =
        #"{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#

    /// Does what `cat; echo err >&2; exit 3` does, once the streams that the path names are there.
    static let runtime: HTTPHandler = { request in
        guard request.headers["upgrade"] == "SPDY/3.1", request.headers["x-stream-protocol-version"] == "v4.channel.k8s.io" else {
            return HTTPResponse(status: 403, body: .bytes(Array("no".utf8)))
        }
        let expected = Set(request.path.split(separator: "/").dropFirst().map(String.init))
        return HTTPResponse(
            status: 101,
            headers: ["Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "v4.channel.k8s.io"],
            body: .upgrade { channel in
                let connection = SPDYConnection(channel: channel, role: .server)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await connection.run() }
                    try await command(connection, expected)
                    await connection.close()
                    try await group.waitForAll()
                }
            })
    }

    private static func command(_ connection: SPDYConnection, _ expected: Set<String>) async throws {
        var streams: [String: SPDYStream] = [:]
        for await stream in connection.incoming {
            streams[stream.header("streamType") ?? ""] = stream
            if Set(streams.keys) == expected { break }
        }
        if let resize = streams["resize"], let size = try await resize.read() { try await streams["stdout"]?.write(size) }
        if let stdin = streams["stdin"] {
            while let chunk = try await stdin.read() { try await streams["stdout"]?.write(chunk) }
        }
        try await streams["stderr"]?.write(Array("err\n".utf8))
        try await streams["stdout"]?.closeWrite()
        try await streams["stderr"]?.closeWrite()
        try await streams["error"]?.write(Array(failure.utf8))
        try await streams["error"]?.closeWrite()
    }

    private static func withServers(
        _ path: String, _ options: RemoteCommandOptions, _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        try await serving(runtime) { runtimePort in
            let kubelet: HTTPHandler = { request in
                do {
                    return try await RemoteCommandBridge.respond(to: request, options: options, logger: .quiet) {
                        "http://127.0.0.1:\(runtimePort)\(path)"
                    }
                } catch {
                    return HTTPResponse(status: 500, body: .bytes(Array("\(error)".utf8)))
                }
            }
            try await serving(kubelet, body)
        }
    }

    private static func webSocket(_ port: Int, _ offered: String) async throws -> (HTTPUpgrade, WebSocketChannels?) {
        let client = HTTPClient(configuration: .init(host: "127.0.0.1", port: port), logger: .quiet)
        let upgrade = try await client.upgrade(
            .init(
                method: "GET", target: "/exec",
                headers: WebSocketHandshake.requestHeaders(key: Array(0..<16), protocols: [offered])))
        let channels = upgrade.channel.map {
            WebSocketChannels(channel: $0, protocol: ChannelProtocol(rawValue: offered) ?? .v4, role: .client)
        }
        return (upgrade, channels)
    }

    @Test func `a WebSocket client feeds a command, ends its input and learns its exit code`() async throws {
        let options = RemoteCommandOptions(stdin: true, stdout: true, stderr: true)
        try await Self.withServers("/exec/error/stdin/stdout/stderr", options) { port in
            let (upgrade, channels) = try await Self.webSocket(port, "v5.channel.k8s.io")
            #expect(upgrade.response.headers["Sec-WebSocket-Protocol"] == "v5.channel.k8s.io")
            #expect(upgrade.response.headers["Sec-WebSocket-Accept"] != nil)
            let session = try #require(channels)
            let sent = [UInt8](repeating: 65, count: 700_000)
            async let feeding: Void = {
                for start in stride(from: 0, to: sent.count, by: 32_000) {
                    try await session.write(channel: 0, Array(sent[start..<min(start + 32_000, sent.count)]))
                }
                try await session.closeChannel(0)
            }()
            var output: [UInt8: [UInt8]] = [:]
            while let message = try await session.read() {
                if case .data(let channel, let bytes) = message { output[channel, default: []] += bytes }
            }
            try await feeding
            let isWhole = output[1] == sent  // not in the macro: a failure would print it all
            #expect(isWhole)
            #expect(output[2] == Array("err\n".utf8))
            #expect(output[3] == Array(Self.failure.utf8))
        }
    }

    @Test(arguments: ["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io"])
    func `every sub-protocol carries output, a window size and the outcome`(offered: String) async throws {
        let options = RemoteCommandOptions(stdout: true, tty: true)
        try await Self.withServers("/exec/error/stdout/resize", options) { port in
            let (_, channels) = try await Self.webSocket(port, offered)
            let session = try #require(channels)
            try await session.write(channel: 4, Array(#"{"Width":100,"Height":40}"#.utf8))
            var output: [UInt8: [UInt8]] = [:]
            while let message = try await session.read() {
                if case .data(let channel, let bytes) = message { output[channel, default: []] += bytes }
            }
            #expect(output[1] == Array(#"{"Width":100,"Height":40}"#.utf8))
            #expect(output[3] == Array(Self.failure.utf8))
        }
    }

    @Test func `a SPDY client is passed through`() async throws {
        let options = RemoteCommandOptions(stdin: true, stdout: true, stderr: true)
        try await Self.withServers("/exec/error/stdin/stdout/stderr", options) { port in
            let input = ChunkQueue()
            let output = ChunkQueue(bytesMax: 1 << 30)
            try await input.send([UInt8](repeating: 1, count: 100_000))
            input.finish()
            let status = try await RemoteCommandClient.run(
                url: "http://127.0.0.1:\(port)/exec",
                streams: .init(
                    stdin: { try await input.next() }, stdout: { try await output.send($0) },
                    stderr: { try await output.send($0) }), logger: .quiet)
            output.finish()
            var count = 0
            while let chunk = try await output.next() { count += chunk.count }
            #expect(count == 100_004)
            #expect(status.document == Array(Self.failure.utf8))
        }
    }

    @Test func `refusals reach the client`() async throws {
        let options = RemoteCommandOptions(stdout: true)
        try await serving({ _ in HTTPResponse(status: 404, body: .bytes(Array("gone".utf8))) }) { runtimePort in
            let url = "http://127.0.0.1:\(runtimePort)/exec/x"
            await #expect(throws: RemoteCommandError.refused(status: 404, body: "gone")) {
                try await RemoteCommandClient.run(url: url, streams: .init(), logger: .quiet)
            }
            let kubelet: HTTPHandler = { request in
                let response = try? await RemoteCommandBridge.respond(to: request, options: options, logger: .quiet) { url }
                return response ?? HTTPResponse(status: 500)
            }
            try await serving(kubelet) { port in
                let (refused, _) = try await Self.webSocket(port, "chat")
                #expect(refused.response.status == 400)
                let (_, channels) = try await Self.webSocket(port, "v5.channel.k8s.io")
                let session = try #require(channels)
                var errors: [UInt8] = []
                while let message = try await session.read() { if case .data(3, let bytes) = message { errors += bytes } }
                #expect(String(decoding: errors, as: UTF8.self).contains(#""status":"Failure""#))
                let client = HTTPClient(configuration: .init(host: "127.0.0.1", port: port), logger: .quiet)
                let plain = try await client.send(.init(method: "GET", target: "/exec"))
                #expect(plain.status == 400)
                await client.shutdown()
            }
        }
    }

    @Test func `reads the options of a request`() {
        let request = HTTPRequest(
            method: "POST", path: "/exec/a/b/c",
            query: [
                .init(name: "input", value: "1"), .init(name: "output", value: "1"), .init(name: "error", value: "1"),
                .init(name: "tty", value: "1"),
            ])
        #expect(RemoteCommandOptions(query: request) == RemoteCommandOptions(stdin: true, stdout: true, stderr: false, tty: true))
    }
}

extension Logger {
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
