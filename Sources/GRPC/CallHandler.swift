import NIOCore
import NIOHPACK
import NIOHTTP2

/// One call on its own HTTP/2 stream: writes the request when the stream opens, reports what comes back.
///
/// Lives on the connection's event loop.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    struct Request: Sendable {
        var path: String
        var scheme = "http"
        var authority: String
        var metadata: [(String, String)]
        var message: [UInt8]
        var timeout: Duration?
        /// Whether messages may follow the first.
        var staysOpen = false
    }

    /// What a call reports; `ended` comes once and last, nil for status `OK`.
    enum Report: Sendable {
        case message([UInt8])
        case ended(GRPCError?)
    }

    private let request: Request
    private let report: @Sendable (Report) -> Void
    private var deframer: MessageDeframer
    private var deadline: Scheduled<Void>?
    private var httpStatus = 0
    private var isFinished = false

    init(request: Request, messageBytesMax: Int, report: @escaping @Sendable (Report) -> Void) {
        self.request = request
        self.report = report
        deframer = MessageDeframer(messageBytesMax: messageBytesMax)
    }

    func channelActive(context: ChannelHandlerContext) {
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": request.scheme, ":path": request.path, ":authority": request.authority,
            "content-type": "application/grpc", "te": "trailers", "user-agent": "skiff",
        ]
        if let timeout = request.timeout { headers.add(name: "grpc-timeout", value: GRPCError.timeoutHeader(timeout)) }
        for (name, value) in request.metadata { headers.add(name: name, value: value) }
        context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
        context.writeAndFlush(
            wrapOutboundOut(Self.payload(request.message, endStream: !request.staysOpen, context.channel.allocator)), promise: nil
        )
        if let timeout = request.timeout {
            let channel = context.channel
            let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
                loopBound.value.finish(GRPCError(.deadlineExceeded, "context deadline exceeded"))
                channel.close(promise: nil)
            }
        }
        context.fireChannelActive()
    }

    /// One framed message.
    static func payload(_ message: [UInt8], endStream: Bool, _ allocator: ByteBufferAllocator) -> HTTP2Frame.FramePayload {
        var body = allocator.buffer(capacity: message.count + 5)
        body.writeBytes(MessageDeframer.header(length: message.count))
        body.writeBytes(message)
        return .data(.init(data: .byteBuffer(body), endStream: endStream))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let payload):
            if let text = payload.headers.first(name: ":status"), let status = Int(text) { httpStatus = status }
            if payload.endStream || payload.headers.contains(name: "grpc-status") { finish(trailers: payload.headers) }
        case .data(let payload):
            guard case .byteBuffer(let buffer) = payload.data, !isFinished else { return }
            do throws(GRPCError) {
                for message in try deframer.feed(buffer.readableBytesView) { report(.message(message)) }
            } catch {
                finish(error)
                context.close(promise: nil)
                return
            }
            if payload.endStream { finish(GRPCError(.internal, "stream ended without trailers")) }
        case .rstStream(let code):
            finish(GRPCError(code == .refusedStream ? .unavailable : .internal, "stream reset by the server: \(code)"))
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(GRPCError(.unavailable, "connection lost"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let closed = error as? NIOHTTP2Errors.StreamClosed, closed.errorCode != .noError {
            finish(GRPCError(closed.errorCode == .refusedStream ? .unavailable : .internal, "\(closed)"))
        } else {
            finish(GRPCError(.unavailable, "\(error)"))
        }
        context.close(promise: nil)
    }

    private func finish(trailers: HPACKHeaders) {
        guard let text = trailers.first(name: "grpc-status"), let status = Int(text) else {
            return finish(GRPCError(GRPCError.code(httpStatus: httpStatus), "HTTP status \(httpStatus)"))
        }
        if status == 0 {
            return finish(deframer.isEmpty ? nil : GRPCError(.internal, "stream ended inside a message"))
        }
        let message = GRPCError.decodeMessage(trailers.first(name: "grpc-message") ?? "")
        finish(GRPCError(GRPCError.Code(rawValue: status) ?? .unknown, message))
    }

    private func finish(_ error: GRPCError?) {
        guard !isFinished else { return }
        isFinished = true
        deadline?.cancel()
        report(.ended(error))
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (nanos, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = .nanoseconds(overflow ? Int64.max / 2 : nanos + attoseconds / 1_000_000_000)
    }
}
