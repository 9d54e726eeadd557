import HTTP
import Logging
import Streaming
import Testing

/// A client's port-forward session against our kubelet side, which talks to a streaming server as a container runtime has it.
@Suite struct PortForwardTests {
    /// Answers every data stream with what was sent to it, its port before that; port 9 is refused on the error stream.
    static let runtime: HTTPHandler = { request in
        guard request.method == "POST", request.headers["upgrade"] == "SPDY/3.1",
            request.headers["x-stream-protocol-version"] == "portforward.k8s.io"
        else { return HTTPResponse(status: 403, body: .bytes(Array("no".utf8))) }
        return HTTPResponse(
            status: 101,
            headers: ["Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io"],
            body: .upgrade { channel in
                let connection = SPDYConnection(channel: channel, role: .server)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await connection.run() }
                    for await stream in connection.incoming { group.addTask { try? await serve(stream) } }
                }
            })
    }

    private static func serve(_ stream: SPDYStream) async throws {
        let port = stream.header("port") ?? ""
        guard stream.header("streamtype") == "data" else {
            if port == "9" { try await stream.write(Array("connection refused".utf8)) }
            try await stream.closeWrite()
            return
        }
        guard port != "9" else { return try await stream.closeWrite() }
        while let bytes = try await stream.read() { try await stream.write(Array("\(port):".utf8) + bytes) }
        try await stream.closeWrite()
    }

    private static func withKubelet(_ body: @escaping @Sendable (_ client: HTTPClient) async throws -> Void) async throws {
        try await serving(runtime) { runtimePort in
            let kubelet: HTTPHandler = { request in
                do {
                    return try await PortForwardBridge.respond(
                        to: request, url: "http://127.0.0.1:\(runtimePort)/portforward/TOKEN", logger: .quiet)
                } catch {
                    return HTTPResponse(status: 500, body: .bytes(Array("\(error)".utf8)))
                }
            }
            try await serving(kubelet) { port in
                try await body(HTTPClient(configuration: .init(host: "127.0.0.1", port: port), logger: .quiet))
            }
        }
    }

    /// Echoes over one SPDY connection, as `kubectl port-forward` does for each connection it accepts.
    private static func converse(over channel: any ByteChannel) async throws {
        let connection = SPDYConnection(channel: channel, role: .client)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await connection.run() }
            for request in 0..<3 {
                let number = String(request)
                func open(_ type: String, isWriteClosed: Bool) async throws -> SPDYStream {
                    try await connection.openStream(
                        [SPDYHeader("streamtype", type), SPDYHeader("port", "80"), SPDYHeader("requestid", number)],
                        isWriteClosed: isWriteClosed)
                }
                let errors = try await open("error", isWriteClosed: true)
                let data = try await open("data", isWriteClosed: false)
                try await data.write(Array("hello \(number)".utf8))
                try await data.closeWrite()
                var answer: [UInt8] = []
                while let bytes = try await data.read() { answer += bytes }
                #expect(String(decoding: answer, as: UTF8.self) == "80:hello \(number)")
                #expect(try await errors.read() == nil)
            }
            await connection.close()
            try await group.waitForAll()
        }
    }

    @Test func `SPDY is passed through`() async throws {
        try await Self.withKubelet { client in
            let upgrade = try await client.upgrade(
                HTTPClientRequest(
                    method: "POST", target: "/portForward/default/web",
                    headers: [
                        "Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io",
                    ]))
            #expect(upgrade.response.status == 101)
            #expect(upgrade.response.headers["x-stream-protocol-version"] == "portforward.k8s.io")
            try await Self.converse(over: try #require(upgrade.channel))
        }
    }

    @Test func `SPDY may travel inside a WebSocket`() async throws {
        let (near, far) = MemoryByteChannel.pair(pieceBytes: 7)
        try await Self.withKubelet { client in
            let upgrade = try await client.upgrade(
                HTTPClientRequest(
                    method: "POST", target: "/portForward/default/web",
                    headers: [
                        "Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io",
                    ]))
            let kubelet = try #require(upgrade.channel)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await RawTunnel.join(WebSocketByteChannel(WebSocketConnection(channel: far, role: .server)), kubelet)
                }
                try await Self.converse(over: WebSocketByteChannel(WebSocketConnection(channel: near, role: .client)))
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io"])
    func `the older form numbers its channels by port`(name: String) async throws {
        try await Self.withKubelet { client in
            let upgrade = try await client.upgrade(
                HTTPClientRequest(
                    method: "GET", target: "/portForward/default/web?port=80,9",
                    headers: WebSocketHandshake.requestHeaders(key: Array(0..<16), protocols: [name])))
            #expect(upgrade.response.headers["sec-websocket-protocol"] == name)
            let channels = WebSocketChannels(
                channel: try #require(upgrade.channel), protocol: try #require(ChannelProtocol(rawValue: name)), role: .client)
            var seen: [UInt8: [UInt8]] = [:]
            func read(until isEnough: () -> Bool) async throws {
                while !isEnough(), case .data(let channel, let bytes)? = try await channels.read() {
                    seen[channel, default: []] += bytes
                }
            }
            try await channels.write(channel: 0, Array("a".utf8))
            let refusal = Array("connection refused".utf8)
            try await read { seen[0]?.count == 6 && seen[3]?.count == 2 + refusal.count }
            #expect(seen[0] == [80, 0] + Array("80:a".utf8))
            #expect(seen[1] == [80, 0] && seen[2] == [9, 0])
            #expect(seen[3] == [9, 0] + refusal)
            await channels.close()
        }
    }

    @Test(arguments: ["", "?port=", "?port=0", "?port=x", "?port=70000"])
    func `ports that are none are refused`(query: String) async throws {
        try await Self.withKubelet { client in
            let upgrade = try await client.upgrade(
                HTTPClientRequest(
                    method: "GET", target: "/portForward/default/web\(query)",
                    headers: WebSocketHandshake.requestHeaders(key: Array(0..<16), protocols: ["v4.channel.k8s.io"])))
            #expect(upgrade.response.status == 400)
        }
    }
}
