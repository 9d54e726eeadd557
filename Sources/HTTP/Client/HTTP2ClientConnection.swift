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

    /// False once it is closed, the server asked for no more streams, or it carries as many as the server allows.
    var isUsable: Bool { channel.isActive && keeper.hasRoom }

    /// Takes a place for one stream; each is followed by `start`. False when there is none.
    func reserve() -> Bool { channel.isActive && keeper.reserve() }

    func start(_ exchange: ClientExchange) {
        let opened = channel.eventLoop.makePromise(of: (any Channel).self)
        let keeper = keeper
        opened.futureResult.whenFailure { error in
            keeper.release()
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
        /// Open, or promised to an exchange that is about to open it.
        var streams = 0
        /// What the server allows, once it has said so.
        var streamsMax = 100
        var isGoingAway = false
        var idleTimer: Scheduled<Void>?
    }

    init(channel: any Channel, idleTimeout: TimeAmount) {
        self.channel = channel
        self.idleTimeout = idleTimeout
    }

    var hasRoom: Bool { state.withLock { !$0.isGoingAway && $0.streams < $0.streamsMax } }

    /// More would wait behind streams that may stay open for hours.
    func reserve() -> Bool {
        let (isReserved, timer): (Bool, Scheduled<Void>?) = state.withLock { state in
            guard !state.isGoingAway, state.streams < state.streamsMax else { return (false, nil) }
            state.streams += 1
            defer { state.idleTimer = nil }
            return (true, state.idleTimer)
        }
        timer?.cancel()
        return isReserved
    }

    func allows(streams: Int) { state.withLock { $0.streamsMax = max(1, streams) } }

    /// Streams that are open may end; then the connection is closed.
    func closeWhenUnused() {
        let isUnused = state.withLock { state in
            state.isGoingAway = true
            return state.streams == 0
        }
        if isUnused { channel.close(promise: nil) }
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {}

    func streamClosed(_ id: HTTP2StreamID, channel stream: any Channel) { release() }

    /// A place is free again.
    func release() {
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
        case .settings(.settings(let settings)):
            if let limit = settings.last(where: { $0.parameter == .maxConcurrentStreams }) { keeper.allows(streams: limit.value) }
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
