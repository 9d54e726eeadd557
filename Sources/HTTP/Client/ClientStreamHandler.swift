import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Writes one request at a time and passes the response on: one HTTP/1.1 connection, or one HTTP/2 stream.
final class ClientStreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    /// Told when an exchange ended and whether the connection can carry another.
    private let exchangeEnded: (_ isReusable: Bool) -> Void
    /// Replaces the HTTP handlers by bytes.
    private let makeByteChannel: ((ClientStreamHandler) throws -> NIOByteChannel)?
    private var exchange: ClientExchange?
    private var head: HTTPResponseHead?
    private var failure: (any Error)?
    private var isPaused = false
    private var isReadHeldBack = false
    private var context: ChannelHandlerContext?

    init(
        exchange: ClientExchange? = nil, exchangeEnded: @escaping (_ isReusable: Bool) -> Void,
        makeByteChannel: ((ClientStreamHandler) throws -> NIOByteChannel)? = nil
    ) {
        self.exchange = exchange
        self.exchangeEnded = exchangeEnded
        self.makeByteChannel = makeByteChannel
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive, exchange != nil { writeRequest() }
    }

    func channelActive(context: ChannelHandlerContext) {
        if exchange != nil { writeRequest() }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end(isReusable: false) { exchange in
            let isRefused = (failure as? NIOHTTP2Errors.StreamClosed)?.errorCode == .refusedStream
            let error = failure ?? HTTPError.connectionLost(detail: "the connection was closed")
            exchange.failed(
                .init(error: HTTPError.connectionLost(detail: "\(error)"), wasNotProcessed: isRefused && head == nil))
        }
    }

    /// On the loop, on a connection that is free.
    func start(_ exchange: ClientExchange) {
        guard context != nil, self.exchange == nil else {
            exchange.failed(.init(error: HTTPError.peerGone, wasNotProcessed: true))
            return
        }
        self.exchange = exchange
        writeRequest()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            // After 101 the exchange goes on as bytes, once the message has ended.
            if !(head.status == .switchingProtocols && exchange?.wantsUpgrade == true) { exchange?.received(head) }
        case .body(let buffer):
            guard let exchange, buffer.readableBytes > 0 else { return }
            if !exchange.body.append(Array(buffer.readableBytesView)) { isPaused = true }
        case .end:
            guard let head, let exchange else { return }
            if head.status == .switchingProtocols, exchange.wantsUpgrade {
                // At once: behind the answer may stand all that the peer has to say, and its end.
                upgrade(head)
            } else {
                end(isReusable: head.isKeepAlive) { $0.ended() }
            }
        }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { isReadHeldBack = true } else { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = error }
        context.close(promise: nil)
    }

    private func writeRequest() {
        guard let context, let exchange else { return }
        let channel = context.channel
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        guard exchange.began(abort: { channel.close(promise: nil) }) else {
            end(isReusable: true) { _ in }
            channel.close(promise: nil)
            return
        }
        exchange.body.onResume { loop.execute { bound.value.resumeReading() } }
        context.write(Self.wrapOutboundOut(.head(exchange.requestHead())), promise: nil)
        if !exchange.request.body.isEmpty {
            let buffer = channel.allocator.buffer(bytes: exchange.request.body)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func upgrade(_ head: HTTPResponseHead) {
        guard let exchange, let makeByteChannel else { return }
        self.exchange = nil  // removing this handler must not fail it
        do {
            exchange.upgraded(head, try makeByteChannel(self))
        } catch {
            exchange.failed(.init(error: error))
            context?.close(promise: nil)
        }
    }

    private func end(isReusable: Bool, _ report: (ClientExchange) -> Void) {
        guard let exchange else { return }
        self.exchange = nil
        resumeReading()
        report(exchange)
        head = nil
        exchangeEnded(isReusable)
    }

    private func resumeReading() {
        isPaused = false
        if isReadHeldBack {
            isReadHeldBack = false
            context?.read()
        }
    }
}
