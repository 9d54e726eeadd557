import NIOCore
import NIOHTTP1
import Synchronization

/// One HTTP/1.1 connection of the client: one exchange at a time.
final class HTTP1ClientConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientStreamHandler>
    private let idleTimeout: TimeAmount
    private let state = Mutex(State())

    private struct State {
        /// Offers the free connection to its client; false when it is not wanted.
        var offer: (@Sendable (HTTP1ClientConnection) -> Bool)?
        var idleTimer: Scheduled<Void>?
    }

    private init(channel: any Channel, handler: ClientStreamHandler, idleTimeout: Duration) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.idleTimeout = TimeAmount(idleTimeout)
    }

    var isActive: Bool { channel.isActive }

    /// On the event loop.
    static func configure(_ channel: any Channel, _ configuration: HTTPClientConfiguration) throws -> HTTP1ClientConnection {
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let owner = Owner()
        let gate = UpgradeGate()
        let handler = ClientStreamHandler(
            exchangeEnded: { [owner] isReusable in owner.connection?.exchangeEnded(isReusable) },
            makeByteChannel: { [gate, encoder, decoder] handler in
                gate.hold()
                let pipeline = channel.pipeline.syncOperations
                let bytes = try NIOByteChannel.install(on: channel)
                pipeline.removeHandler(handler, promise: nil)
                pipeline.removeHandler(encoder, promise: nil)
                // Last, because the decoder hands what it has not parsed to the handler behind it.
                let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
                pipeline.removeHandler(decoder).whenComplete { _ in bound.value.release() }
                channel.read()
                return bytes
            })
        try channel.pipeline.syncOperations.addHandlers([gate, encoder, decoder, handler])
        let connection = HTTP1ClientConnection(channel: channel, handler: handler, idleTimeout: configuration.idleTimeout)
        owner.connection = connection
        channel.closeFuture.whenComplete { [connection] _ in connection.state.withLock { $0.offer = nil } }
        return connection
    }

    /// Breaks the circle of construction; confined to the loop.
    private final class Owner {
        weak var connection: HTTP1ClientConnection?
    }

    func whenFree(_ offer: @escaping @Sendable (HTTP1ClientConnection) -> Bool) { state.withLock { $0.offer = offer } }

    func start(_ exchange: ClientExchange) {
        channel.eventLoop.execute { [self] in
            state.withLock { $0.idleTimer }?.cancel()
            handler.value.start(exchange)
        }
    }

    func close() { channel.close(promise: nil) }

    private func exchangeEnded(_ isReusable: Bool) {
        guard channel.isActive else { return }
        let offer = state.withLock { $0.offer }
        if isReusable, let offer {
            let channel = channel
            let timer = channel.eventLoop.scheduleTask(in: idleTimeout) { channel.close(promise: nil) }
            state.withLock { $0.idleTimer = timer }
            if offer(self) { return }
            timer.cancel()
        }
        close()
    }
}
