import NIOCore
import NIOHTTP1
import NIOHTTP2
import Synchronization

/// The client's shared HTTP/2 connection.
final class HTTP2ClientConnection: Sendable {
    private let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let keeper: HTTP2ClientKeeper

    private init(channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer, keeper: HTTP2ClientKeeper) {
        self.channel = channel
        self.multiplexer = multiplexer
        self.keeper = keeper
    }

    /// On the event loop.
    static func configure(_ channel: any Channel, _ configuration: HTTPClientConfiguration) throws -> HTTP2ClientConnection {
        let keeper = HTTP2ClientKeeper(channel: channel, idleTimeout: TimeAmount(configuration.idleTimeout))
        let pipeline = channel.pipeline.syncOperations
        let multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client,
            connectionConfiguration: HTTP2Limits.connection(maxConcurrentStreams: 0, headersBytesMax: 128 * 1024),
            streamConfiguration: HTTP2Limits.stream(), streamDelegate: keeper
        ) { stream in stream.close() }
        try pipeline.addHandler(HTTP2ClientMonitor(keeper: keeper))
        return HTTP2ClientConnection(channel: channel, multiplexer: multiplexer, keeper: keeper)
    }

    /// False once it is closed or the server asked for no more streams.
    var isUsable: Bool { channel.isActive && !keeper.isGoingAway }

    func start(_ exchange: ClientExchange) {
        let opened = channel.eventLoop.makePromise(of: (any Channel).self)
        opened.futureResult.whenFailure { error in
            exchange.failed(.init(error: HTTPError.connectionLost(detail: "\(error)"), wasNotProcessed: true))
        }
        multiplexer.createStreamChannel(promise: opened) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https),
                    ClientStreamHandler(exchange: exchange, exchangeEnded: { _ in }))
            }
        }
    }

    func closeWhenUnused() { keeper.closeWhenUnused() }
}

/// Counts the streams of a client connection and decides when it is closed.
final class HTTP2ClientKeeper: NIOHTTP2StreamDelegate {
    private let channel: any Channel
    private let idleTimeout: TimeAmount
    private let state = Mutex(State())

    private struct State {
        var streams = 0
        var isGoingAway = false
        var idleTimer: Scheduled<Void>?
    }

    init(channel: any Channel, idleTimeout: TimeAmount) {
        self.channel = channel
        self.idleTimeout = idleTimeout
    }

    var isGoingAway: Bool { state.withLock { $0.isGoingAway } }

    /// Streams that are open may end; then the connection is closed.
    func closeWhenUnused() {
        let isUnused = state.withLock { state in
            state.isGoingAway = true
            return state.streams == 0
        }
        if isUnused { channel.close(promise: nil) }
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        let timer = state.withLock { state in
            state.streams += 1
            defer { state.idleTimer = nil }
            return state.idleTimer
        }
        timer?.cancel()
    }

    func streamClosed(_ id: HTTP2StreamID, channel stream: any Channel) {
        let (isUnused, isGoingAway) = state.withLock { state in
            state.streams -= 1
            return (state.streams == 0, state.isGoingAway)
        }
        guard isUnused else { return }
        if isGoingAway {
            channel.close(promise: nil)
            return
        }
        let timer = channel.eventLoop.scheduleTask(in: idleTimeout) { [self] in
            if state.withLock({ $0.streams == 0 }) { closeWhenUnused() }
        }
        state.withLock { $0.idleTimer = timer }
    }
}

/// Watches a client connection's own frames: GOAWAY, and pings that find out whether the server is still there.
final class HTTP2ClientMonitor: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// As client-go: a ping after this long without anything from the server, and this long to answer it.
    private static let pingInterval = TimeAmount.seconds(30)
    private static let answerTimeLimit = TimeAmount.seconds(15)
    private static let pingData = HTTP2PingData(withInteger: 0x736b_6966_66)

    private let keeper: HTTP2ClientKeeper
    private var timer: Scheduled<Void>?

    init(keeper: HTTP2ClientKeeper) { self.keeper = keeper }

    func handlerAdded(context: ChannelHandlerContext) { schedulePing(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data).payload {
        case .goAway: keeper.closeWhenUnused()
        case .ping(_, ack: true): schedulePing(context)
        default: break
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A stream's error ends that stream alone; NIOHTTP2 closes the connection itself where the protocol says so.
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }

    private func schedulePing(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: Self.pingInterval) {
            let (monitor, context) = bound.value
            monitor.ping(context)
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(Self.pingData, ack: false))
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: Self.answerTimeLimit) { channel.close(promise: nil) }
    }
}
