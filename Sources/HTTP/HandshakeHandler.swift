import NIOCore
import NIOTLS

/// Waits for the end of the TLS handshake, then builds the rest of the pipeline in the same turn of the loop, before any data passes.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let completed: (_ negotiated: String?) throws -> Void
    private let failed: (any Error) -> Void
    private var failure: (any Error)?
    private var isDone = false

    /// `failed` is called at most once, and not after `completed` returned.
    init(completed: @escaping (_ negotiated: String?) throws -> Void, failed: @escaping (any Error) -> Void) {
        self.completed = completed
        self.failed = failed
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !isDone, case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isDone = true
        do {
            try completed(negotiated)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            failed(error)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = error }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { fail() }

    private func fail() {
        if isDone { return }
        isDone = true
        failed(failure ?? HTTPError.connectionLost(detail: "closed during the TLS handshake"))
    }
}
