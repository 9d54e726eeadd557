import NIOCore

/// Folds the flushes of one turn of an event loop into one: streams of a connection that have something to say at the same
/// moment share one TLS write and one system call.
///
/// Between TLS and HTTP/2. A thousand watches over ten connections cost ten writes an event, not a thousand.
final class FlushCoalescer: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var isScheduled = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func flush(context: ChannelHandlerContext) {
        guard !isScheduled else { return }
        isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.flushNow() }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if isScheduled { flushNow() }
        context.close(mode: mode, promise: promise)
    }

    private func flushNow() {
        isScheduled = false
        context?.flush()
    }
}
