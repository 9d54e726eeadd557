import Logging
import NIOCore
import NIOPosix

/// Host and port of a connection to make.
struct EgressTarget: Hashable, Sendable {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `registry.example:443`, `[::1]:443`, or without the port.
    init?(authority: some StringProtocol, defaultPort: Int) {
        var host = String(authority)
        var port = defaultPort
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = Int(host[host.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            port = number
            host = String(host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    /// `http://proxy.example:3128`.
    init?(proxyURL text: String) {
        let rest = text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
        self.init(authority: rest.prefix { $0 != "/" }, defaultPort: 3128)
    }
}

/// The first lines of a proxied connection.
struct EgressRequest: Hashable, Sendable {
    var target: EgressTarget
    /// `CONNECT`: bytes are passed on after an answer of ours. Otherwise `forwarded` goes to the target first.
    var isTunnel: Bool
    /// The head as the target must see it: path instead of URL, one request per connection.
    var forwarded: String

    /// Reads a head that ends with an empty line; nil when it is no proxy request.
    init?(head: String) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return nil }
        if words[0] == "CONNECT" {
            guard let target = EgressTarget(authority: words[1], defaultPort: 443) else { return nil }
            self.target = target
            isTunnel = true
            forwarded = head
            return
        }
        guard words[1].hasPrefix("http://") else { return nil }
        let rest = words[1].dropFirst(7)
        let authority = rest.prefix { $0 != "/" }
        guard let target = EgressTarget(authority: authority, defaultPort: 80) else { return nil }
        self.target = target
        isTunnel = false
        let path = rest.dropFirst(authority.count)
        let kept = lines.dropFirst().filter { line in
            let name = line.prefix { $0 != ":" }.lowercased()
            return name != "connection" && !name.hasPrefix("proxy-")
        }
        forwarded =
            "\(words[0]) \(path.isEmpty ? "/" : path) \(words[2])\r\n" + kept.map { "\($0)\r\n" }.joined()
            + "Connection: close\r\n\r\n"
    }
}

/// Serves proxy requests from a listening socket.
struct EgressProxy: Sendable {
    /// A longer head is refused.
    static let headBytesMax = 16384

    /// The host's own proxy, where it has one; nil: dial straight.
    let upstream: EgressTarget?
    let log: Logger

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    func run(descriptor: Int32) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group).bind(descriptor) { Self.wrap($0) }
        try await server.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await client in clients {
                    tasks.addTask {
                        do { try await serve(client, group: group) } catch {
                            log.debug("connection ended", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        }
        try await group.shutdownGracefully()
    }

    private func serve(_ client: Connection, group: MultiThreadedEventLoopGroup) async throws {
        try await client.executeThenClose { inbound, outbound in
            let reader = InboundReader(inbound)
            guard let (head, rest) = try await Self.head(reader), let request = EgressRequest(head: head) else {
                return try await outbound.write(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
            }
            let far: Connection
            do {
                far = try await connect(upstream ?? request.target, group: group)
            } catch {
                log.warning(
                    "no connection",
                    metadata: ["host": "\(request.target.host)", "port": "\(request.target.port)", "error": "\(error)"])
                return try await outbound.write(ByteBuffer(string: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"))
            }
            let greeting = upstream != nil ? head : request.isTunnel ? "" : request.forwarded
            if upstream == nil, request.isTunnel {
                try await outbound.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"))
            }
            try await Self.pump(reader, outbound, far, first: ByteBuffer(string: greeting), then: rest)
        }
    }

    private func connect(_ target: EgressTarget, group: MultiThreadedEventLoopGroup) async throws -> Connection {
        try await ClientBootstrap(group: group).connectTimeout(.seconds(15)).connect(host: target.host, port: target.port) {
            Self.wrap($0)
        }
    }

    /// Half-closed both ways: a client that has sent all it has still wants the answer.
    private static func wrap(_ channel: any Channel) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            return try Connection(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    /// Bytes up to the empty line, and what came after it; nil when the client left or wrote too much.
    private static func head(_ reader: InboundReader) async throws -> (String, ByteBuffer)? {
        var collected: [UInt8] = []
        while let chunk = try await reader.next() {
            collected += Array(chunk.readableBytesView)
            let end = collected.indices.first { collected[$0...].starts(with: Array("\r\n\r\n".utf8)) }
            if let end {
                return (String(decoding: collected[..<(end + 4)], as: UTF8.self), ByteBuffer(bytes: collected[(end + 4)...]))
            }
            guard collected.count < headBytesMax else { return nil }
        }
        return nil
    }

    /// Passes bytes both ways until both ends are done.
    private static func pump(
        _ reader: InboundReader, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ far: Connection,
        first: ByteBuffer, then rest: ByteBuffer
    ) async throws {
        try await far.executeThenClose { farInbound, farOutbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await chunk in farInbound { try await outbound.write(chunk) }
                    outbound.finish()
                }
                for part in [first, rest] where part.readableBytes > 0 { try await farOutbound.write(part) }
                while let chunk = try await reader.next() { try await farOutbound.write(chunk) }
                farOutbound.finish()
                try await group.waitForAll()
            }
        }
    }
}

/// The reading end of a connection, handed from the task that reads the head to the one that passes on the rest.
// SAFETY: one task reads at a time; the second starts after the first has its head.
private final class InboundReader: @unchecked Sendable {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator

    init(_ stream: NIOAsyncChannelInboundStream<ByteBuffer>) { iterator = stream.makeAsyncIterator() }

    func next() async throws -> ByteBuffer? { try await iterator.next() }
}
