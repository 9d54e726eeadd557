import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

/// Builds the handlers of an accepted connection.
struct ServerPipeline: Sendable {
    private static let handshakeTimeLimit = TimeAmount.seconds(15)
    private static let headersBytesMax = 64 * 1024
    /// What Go's clients count on before they are told; they open another connection for more.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/secure_serving.go`.
    private static let streamsMax = 100
    /// A silent peer is noticed after about a minute.
    private static let keepAliveSeconds = 30

    let core: ServerCore
    let tls: NIOSSLContext?

    /// On the event loop of the new connection.
    func configure(_ channel: any Channel) throws {
        guard core.admit(channel) else {
            channel.close(promise: nil)
            return
        }
        setSocketOptions(channel)
        guard let tls else {
            try configureHTTP1(channel, facts(of: channel, isHTTP2: false))
            return
        }
        let giveUp = channel.eventLoop.scheduleTask(in: Self.handshakeTimeLimit) { channel.close(promise: nil) }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        try pipeline.addHandler(
            HandshakeHandler(
                completed: { negotiated in
                    giveUp.cancel()
                    let isHTTP2 = negotiated == TLSContexts.http2
                    let facts = facts(of: channel, isHTTP2: isHTTP2)
                    if isHTTP2 { try configureHTTP2(channel, facts) } else { try configureHTTP1(channel, facts) }
                },
                failed: { error in
                    giveUp.cancel()
                    core.logger.debug("TLS handshake failed", metadata: ["error": "\(error)"])
                }))
    }

    private func facts(of channel: any Channel, isHTTP2: Bool) -> ConnectionFacts {
        let certificate = tls == nil ? nil : try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
        return ConnectionFacts(
            remoteAddress: channel.remoteAddress?.text ?? "", peerCertificate: try? certificate?.toDERBytes(), isHTTP2: isHTTP2)
    }

    private func configureHTTP1(_ channel: any Channel, _ facts: ConnectionFacts) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Self.headersBytesMax
        limits.maxHeaderListSize = 2 * Self.headersBytesMax
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        let encoder = HTTPResponseEncoder()
        let handler = RequestHandler(core: core, facts: facts) { [decoder, encoder] handler in
            let pipeline = channel.pipeline.syncOperations
            let bytes = try NIOByteChannel.install(on: channel)
            pipeline.removeHandler(handler, promise: nil)
            pipeline.removeHandler(encoder, promise: nil)
            // Last, because the decoder hands what it has not parsed to the handler behind it.
            pipeline.removeHandler(decoder, promise: nil)
            channel.read()
            return bytes
        }
        try channel.pipeline.syncOperations.addHandlers([decoder, encoder, handler])
    }

    private func configureHTTP2(_ channel: any Channel, _ facts: ConnectionFacts) throws {
        var management = NIOHTTP2ServerConnectionManagementHandler.Configuration.defaults
        management.maxIdleTime = .minutes(10)
        management.maxGraceTime = TimeAmount(core.configuration.shutdownTimeLimit)
        management.keepalive = .init(pingInterval: .seconds(30), ackTimeout: .seconds(20))
        let keeper = NIOHTTP2ServerConnectionManagementHandler(eventLoop: channel.eventLoop, configuration: management)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(FlushCoalescer())
        let core = core
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: HTTP2Limits.connection(
                maxConcurrentStreams: Self.streamsMax, headersBytesMax: Self.headersBytesMax),
            streamConfiguration: HTTP2Limits.stream(), streamDelegate: keeper.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ServerCodec(), RequestHandler(core: core, facts: facts, upgrade: nil))
            }
        }
        try pipeline.addHandler(keeper)
        // The connection became active before this handler was there; its timers start with that event.
        keeper.channelActive(context: try pipeline.context(handler: keeper))
    }

    private func setSocketOptions(_ channel: any Channel) {
        guard channel.remoteAddress?.ipAddress != nil, let options = channel.syncOptions else { return }
        try? options.setOption(.socketOption(.tcp_nodelay), value: 1)
        try? options.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, value) in [(TCP_KEEPIDLE, Self.keepAliveSeconds), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)] {
            try? options.setOption(ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), SocketOptionName(name)), value: value)
        }
    }
}
