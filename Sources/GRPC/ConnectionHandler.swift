import NIOCore
import NIOHTTP2

/// Watches the connection itself: calls may begin when the server's first SETTINGS are in, as Go's client waits for them, and a
/// connection whose HTTP/2 state is broken is closed, so that its calls end and the next one gets a new connection.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private var ready: EventLoopPromise<Void>?
    private let timeLimit: TimeAmount
    private var deadline: Scheduled<Void>?

    /// - Parameter ready: Kept once the server has introduced itself; fails when it does not within the limit.
    init(ready: EventLoopPromise<Void>, timeLimit: TimeAmount) {
        self.ready = ready
        self.timeLimit = timeLimit
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: timeLimit) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .settings(.settings) = unwrapInboundIn(data).payload {
            deadline?.cancel()
            ready?.succeed(())
            ready = nil
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        ready?.fail(ChannelError.eof)
        ready = nil
        context.fireChannelInactive()
    }

    /// An error of one stream is that stream's own affair.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }
}
