import HTTP
package import Logging

/// Where the streams of a remote command come from and go to. Nil: the stream does not exist.
package struct RemoteCommandStreams: Sendable {
    package typealias Source = @Sendable () async throws -> [UInt8]?
    package typealias Sink = @Sendable ([UInt8]) async throws -> Void

    package var stdin: Source?
    package var stdout: Sink?
    package var stderr: Sink?
    /// `{"Width":80,"Height":24}`, one document per call.
    package var resize: Source?

    package init(stdin: Source? = nil, stdout: Sink? = nil, stderr: Sink? = nil, resize: Source? = nil) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.resize = resize
    }
}

package enum RemoteCommandError: Error, Hashable, Sendable {
    case badURL(String)
    /// The streaming server answered something else than 101.
    case refused(status: Int, body: String)
    /// The connection ended before the outcome came.
    case connectionLost
}

/// Runs exec and attach at a container runtime's streaming server: SPDY/3.1 with `v4.channel.k8s.io`.
///
/// - SeeAlso: Kubernetes 1.36 `client-go/tools/remotecommand/v4.go`.
package enum RemoteCommandClient {
    private static let protocolName = "v4.channel.k8s.io"

    /// Runs to the end and returns what the error channel said. Cancelling closes the connection, which ends an attached session.
    ///
    /// - Parameter url: `http://127.0.0.1:41235/exec/TOKEN`, as the runtime gave it.
    package static func run(url: String, streams: RemoteCommandStreams, logger: Logger) async throws -> RemoteCommandStatus {
        let channel = try await connect(url, logger)
        let connection = SPDYConnection(channel: channel, role: .client)
        return try await withThrowingTaskGroup(of: RemoteCommandStatus?.self) { group in
            group.addTask {
                await connection.run()
                return nil
            }
            group.addTask { try await converse(connection, streams) }
            var status: RemoteCommandStatus?
            while status == nil, let result = try await group.next() {
                // The connection may end just before the conversation has read what it brought.
                status = result
            }
            await connection.close()
            group.cancelAll()
            guard let status else { throw RemoteCommandError.connectionLost }
            return status
        }
    }

    private static func connect(_ url: String, _ logger: Logger) async throws -> any ByteChannel {
        guard let location = StreamingURL(url) else { throw RemoteCommandError.badURL(url) }
        let client = HTTPClient(configuration: .init(host: location.host, port: location.port), logger: logger)
        let upgrade = try await client.upgrade(
            HTTPClientRequest(
                method: "POST", target: location.target,
                headers: [
                    "Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": protocolName,
                ]))
        if let channel = upgrade.channel { return channel }
        var body: [UInt8] = []
        for try await chunk in upgrade.response.body where body.count < 4096 { body += chunk }
        throw RemoteCommandError.refused(status: upgrade.response.status, body: String(decoding: body, as: UTF8.self))
    }

    private static func converse(
        _ connection: SPDYConnection, _ streams: RemoteCommandStreams
    ) async throws -> RemoteCommandStatus {
        func open(_ type: String, isWriteClosed: Bool) async throws -> SPDYStream {
            try await connection.openStream([SPDYHeader("streamtype", type)], isWriteClosed: isWriteClosed)
        }
        let error = try await open("error", isWriteClosed: true)
        let stdin = streams.stdin == nil ? nil : try await open("stdin", isWriteClosed: false)
        let stdout = streams.stdout == nil ? nil : try await open("stdout", isWriteClosed: true)
        let stderr = streams.stderr == nil ? nil : try await open("stderr", isWriteClosed: true)
        let resize = streams.resize == nil ? nil : try await open("resize", isWriteClosed: false)
        return try await withThrowingTaskGroup(of: Void.self) { sources in
            sources.addTask { await pump(streams.stdin, to: stdin) }
            sources.addTask { await pump(streams.resize, to: resize) }
            async let written: Void = drain(stdout, to: streams.stdout)
            async let complained: Void = drain(stderr, to: streams.stderr)
            var document: [UInt8] = []
            do {
                while let chunk = try await error.read() { document += chunk }
            } catch  where !document.isEmpty {
                // The server may drop the connection right behind the outcome.
            }
            _ = try await (written, complained)
            sources.cancelAll()
            return document.isEmpty ? .success : RemoteCommandStatus(document: document)
        }
    }

    /// From here to the command; a command that ended takes no more, which is no failure of the session.
    private static func pump(_ source: RemoteCommandStreams.Source?, to stream: SPDYStream?) async {
        guard let source, let stream else { return }
        do {
            while let chunk = try await source() { try await stream.write(chunk) }
            try await stream.closeWrite()
        } catch {}
    }

    /// From the command to here. A stream that breaks off with the connection has brought what there was.
    private static func drain(_ stream: SPDYStream?, to sink: RemoteCommandStreams.Sink?) async throws {
        guard let stream, let sink else { return }
        while true {
            let chunk: [UInt8]?
            do { chunk = try await stream.read() } catch is SPDYError { return }
            guard let chunk else { return }
            try await sink(chunk)
        }
    }
}

/// The parts of a streaming server's URL; plain `http` only.
struct StreamingURL: Hashable, Sendable {
    var host: String
    var port: Int
    var target: String

    init?(_ url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let rest = url.dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]) else {
            return nil
        }
        let name = authority[..<colon]
        host = String(name.hasPrefix("[") && name.hasSuffix("]") ? name.dropFirst().dropLast() : name)
        if host.isEmpty || host == "::" || host == "0.0.0.0" { host = "127.0.0.1" }
        self.port = port
        target = slash == rest.endIndex ? "/" : String(rest[slash...])
    }
}
