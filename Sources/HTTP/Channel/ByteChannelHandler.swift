import NIOCore

/// The event loop's end of a `ByteChannel`: the last handler of a pipeline of bytes.
final class ByteChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let inbound = InboundBuffer()
    let outbound: OutboundBuffer
    private var context: ChannelHandlerContext?
    private var isPaused = false
    private var isReadHeldBack = false
    private var failure: (any Error)?

    init(loop: any EventLoop) { outbound = OutboundBuffer(loop: loop) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        outbound.onDrain { bound.value.drain() }
        inbound.onResume { loop.execute { bound.value.resumeReading() } }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        inbound.finish(failure.map { .failure($0) } ?? .success(()))
        outbound.fail(HTTPError.peerGone)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = Self.unwrapInboundIn(data)
        if buffer.readableBytes == 0 { return }
        if !inbound.append(Array(buffer.readableBytesView)) { isPaused = true }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { isReadHeldBack = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { inbound.finish(.success(())) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        outbound.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset after the end of the stream was read changes nothing: the first end counts.
        failure = HTTPError.connectionLost(detail: "\(error)")
        context.close(promise: nil)
    }

    private func drain() {
        guard let context else { return }
        for chunk in outbound.takeAll() {
            context.write(Self.wrapOutboundOut(context.channel.allocator.buffer(bytes: chunk)), promise: nil)
        }
        context.flush()
        outbound.writabilityChanged(context.channel.isWritable)
    }

    private func resumeReading() {
        isPaused = false
        if isReadHeldBack {
            isReadHeldBack = false
            context?.read()
        }
    }
}
