import NIOCore

/// Stands before the decoder of responses and holds back the end of the stream while an upgrade is under way.
///
/// A peer may answer 101, say everything and leave at once. A decoder that has seen the end of the stream drops what it has not
/// parsed instead of handing it on.
final class UpgradeGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var isHolding = false
    private var isInputClosed = false
    private var isInactive = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// From the head of the answer on, on the event loop.
    func hold() { isHolding = true }

    /// The decoder is gone.
    func release() {
        isHolding = false
        if isInputClosed { context?.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        if isInactive { context?.fireChannelInactive() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isHolding, case .inputClosed? = event as? ChannelEvent {
            isInputClosed = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isHolding { isInactive = true } else { context.fireChannelInactive() }
    }
}
