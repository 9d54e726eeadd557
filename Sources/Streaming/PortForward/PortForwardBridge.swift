package import HTTP
package import Logging

/// Serves port-forward: a client's upgrade on one side, a runtime's streaming server on the other.
///
/// SPDY, which clients speak today, is passed through. The older WebSocket form, with its ports named in the query, is translated.
package enum PortForwardBridge {
    /// - Parameter url: The runtime's one-time URL.
    package static func respond(to request: HTTPRequest, url: String, logger: Logger) async throws -> HTTPResponse {
        guard let location = StreamingURL(url) else { throw RemoteCommandError.badURL(url) }
        let client = HTTPClient(configuration: .init(host: location.host, port: location.port), logger: logger)
        if WebSocketHandshake.isAsked(request.headers) {
            return try await webSocket(request, client, target: location.target, logger)
        }
        guard request.headers.contains("Connection", token: "upgrade"), request.headers["Upgrade"] != nil else {
            return refusal("Upgrade request required")
        }
        return try await RawTunnel.forward(request, by: client, target: location.target)
    }

    private static func webSocket(
        _ request: HTTPRequest, _ client: HTTPClient, target: String, _ logger: Logger
    ) async throws -> HTTPResponse {
        let offered = WebSocketHandshake.offeredProtocols(request.headers)
        guard let chosen = ChannelProtocol.choose(offered), chosen != .v5 else {
            return refusal("unable to upgrade: no supported protocol among \(offered)")
        }
        let texts = ["port", "ports"].flatMap(request.queryValues).flatMap { $0.split(separator: ",") }
        let ports = texts.compactMap { UInt16($0) }.filter { $0 > 0 }
        guard !texts.isEmpty else { return refusal("query parameter \"port\" is required") }
        guard ports.count == texts.count, ports.count <= PortForwardSession.portsMax else {
            return refusal("unable to parse the ports of \"\(texts.joined(separator: ","))\"")
        }
        let upgrade = try await client.upgrade(
            HTTPClientRequest(
                method: "POST", target: target,
                headers: [
                    "Connection": "Upgrade", "Upgrade": "SPDY/3.1",
                    "X-Stream-Protocol-Version": PortForwardSession.protocolName,
                ]))
        guard let runtime = upgrade.channel else { return refusal("the runtime refused to forward ports") }
        return WebSocketHandshake.accept(request, subprotocol: offered.isEmpty ? nil : chosen.rawValue) { channel in
            _ = client
            let channels = WebSocketChannels(channel: channel, protocol: chosen)
            await PortForwardSession(channels: channels, ports: ports, logger: logger).run(over: runtime)
        }
    }

    private static func refusal(_ text: String) -> HTTPResponse {
        HTTPResponse(
            status: 400, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array((text + "\n").utf8)))
    }
}

/// Ports over one WebSocket: channel 2n carries the data of the nth port, 2n+1 its errors; each begins with its number, the low byte
/// first.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/.../streaming/portforward/websocket.go`.
struct PortForwardSession: Sendable {
    static let protocolName = "portforward.k8s.io"
    /// Channels are numbered in a byte, and the last number is taken.
    static let portsMax = 120

    let channels: WebSocketChannels
    let ports: [UInt16]
    let logger: Logger

    func run(over runtime: any ByteChannel) async {
        let connection = SPDYConnection(channel: runtime, role: .client)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await connection.run() }
            group.addTask {
                do {
                    try await forward(connection)
                } catch {
                    logger.debug("port forwarding ended", metadata: ["error": "\(error)"])
                }
            }
            await group.next()
            await connection.close()
            group.cancelAll()
        }
        await channels.close()
    }

    private func forward(_ connection: SPDYConnection) async throws {
        var data: [SPDYStream] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, port) in ports.enumerated() {
                let channel = UInt8(index * 2)
                let number = [UInt8(truncatingIfNeeded: port), UInt8(port >> 8)]
                try await channels.write(channel: channel, number)
                try await channels.write(channel: channel + 1, number)
                let errors = try await connection.openStream(Self.headers("error", port, index), isWriteClosed: true)
                let stream = try await connection.openStream(Self.headers("data", port, index))
                data.append(stream)
                group.addTask { while let bytes = try await stream.read() { try await channels.write(channel: channel, bytes) } }
                group.addTask {
                    while let bytes = try await errors.read() { try await channels.write(channel: channel + 1, bytes) }
                }
            }
            let streams = data
            group.addTask { try await receive(streams) }
            // The client's end is the session's, and cancels the rest; a port that ends leaves the others alone.
            for try await _ in group {}
        }
    }

    private func receive(_ streams: [SPDYStream]) async throws {
        while let message = try await channels.read() {
            guard case .data(let channel, let bytes) = message, channel % 2 == 0, Int(channel / 2) < streams.count,
                !bytes.isEmpty
            else { continue }
            try await streams[Int(channel / 2)].write(bytes)
        }
        throw RemoteCommandError.connectionLost
    }

    private static func headers(_ type: String, _ port: UInt16, _ request: Int) -> [SPDYHeader] {
        [
            SPDYHeader("streamtype", type), SPDYHeader("port", String(port)), SPDYHeader("requestid", String(request)),
        ]
    }
}
