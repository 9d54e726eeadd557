import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection, or one HTTP/2 stream: collects requests, one at a time, and writes their responses.
///
/// Lives on its event loop. Requests that a client pipelines wait in `pending` until the response before them has ended.
final class RequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    /// Parts that a pipelining client may send ahead before its socket is no longer read.
    private static let pendingPartsMax = 32
    /// The rest of a refused body that is still read: closing earlier would reset the connection under the answer.
    private static let discardedBytesMax = 16 * 1024 * 1024
    /// An HTTP/1.1 connection without progress is closed after this.
    private static let idleTimeLimit = TimeAmount.minutes(5)

    let core: ServerCore
    let facts: ConnectionFacts
    /// Replaces the HTTP handlers by bytes; nil where the protocol cannot.
    private let makeByteChannel: ((RequestHandler) throws -> NIOByteChannel)?
    private var inbound = Inbound.idle
    private var outbound = Outbound.none
    private var head: HTTPRequestHead?
    private var keepAlive = true
    private var exchange: Exchange?
    private var pending: [HTTPServerRequestPart] = []
    private var isReadHeldBack = false
    private var isDraining = false
    private var context: ChannelHandlerContext?
    private var idleTimer: Scheduled<Void>?
    private var lastActivity = NIODeadline.distantPast

    private enum Inbound {
        case idle
        case collecting([UInt8])
        /// The request was refused; this much more of its body is thrown away before the connection is closed.
        case discarding(bytesLeft: Int)
        /// The request was read to its end.
        case ended
    }

    private enum Outbound {
        /// Nothing of the response is written.
        case none
        case streaming(OutboundBuffer)
        case writing(ResponseCursor)
        case ended
    }

    init(core: ServerCore, facts: ConnectionFacts, upgrade: ((RequestHandler) throws -> NIOByteChannel)?) {
        self.core = core
        self.facts = facts
        makeByteChannel = upgrade
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isDraining = core.isDraining
        if !facts.isHTTP2 { watchIdleness(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        idleTimer?.cancel()
        exchange?.cancel()
        exchange = nil
        if case .streaming(let writer) = outbound { writer.fail(HTTPError.peerGone) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        if case .ended = inbound { pending.append(part) } else { handle(part, context) }
    }

    func read(context: ChannelHandlerContext) {
        // Reading goes on during a response, so that a closed connection is noticed.
        if pending.count >= Self.pendingPartsMax { isReadHeldBack = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        switch outbound {
        case .streaming(let writer): writer.writabilityChanged(context.channel.isWritable)
        case .writing: writePieces(context)
        case .none, .ended: break
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isDraining = true
            keepAlive = false
            switch (inbound, outbound) {
            case (.idle, _): if !facts.isHTTP2 { context.close(promise: nil) }
            case (_, .streaming): exchange?.cancel()
            default: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        keepAlive = false
        guard let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        switch (inbound, outbound) {
        case (.ended, _): break  // a broken request behind a good one: that one is answered first
        case (_, .none):
            inbound = .ended
            let tooLarge = error == .headerOverflow
            respond(HTTPResponse(status: tooLarge ? 431 : 400, headers: ["Content-Type": "text/plain"]))
        default: context.close(promise: nil)
        }
    }

    // MARK: Requests

    private func handle(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let buffer): collect(buffer, context)
        case .end: endOfRequest(context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        lastActivity = .now()
        self.head = head
        keepAlive = head.isKeepAlive && !isDraining && !isUpgrade(head)
        inbound = .collecting([])
        let limit = core.configuration.requestBodyBytesMax
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) {
            if length > limit {
                keepAlive = keepAlive && length <= 2 * limit
                refuse()
                return
            }
            if case .collecting(var body) = inbound {
                body.reserveCapacity(length)
                inbound = .collecting(body)
            }
        }
        if !head.version.isBefore11, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            context.writeAndFlush(
                Self.wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
    }

    private func collect(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        lastActivity = .now()
        switch inbound {
        case .collecting(var body):
            inbound = .idle  // so that the array has one owner while it grows
            if body.count + buffer.readableBytes > core.configuration.requestBodyBytesMax {
                refuse()
            } else {
                body.append(contentsOf: buffer.readableBytesView)
                inbound = .collecting(body)
            }
        case .discarding(let bytesLeft) where bytesLeft > buffer.readableBytes:
            inbound = .discarding(bytesLeft: bytesLeft - buffer.readableBytes)
        case .discarding: context.close(promise: nil)
        case .idle, .ended: break
        }
    }

    private func endOfRequest(_ context: ChannelHandlerContext) {
        let before = inbound
        inbound = .ended
        switch before {
        case .collecting(let body): dispatch(body)
        case .discarding: if case .ended = outbound { settle(context) }
        case .idle, .ended: break
        }
    }

    private func dispatch(_ body: [UInt8]) {
        guard let head, let context else { return }
        guard let target = RequestTarget(head.uri) else {
            respond(HTTPResponse(status: 400, headers: ["Content-Type": "text/plain"], body: .bytes(Array("bad path\n".utf8))))
            return
        }
        let request = HTTPRequest(
            method: head.method.rawValue, path: target.path, rawPath: target.rawPath, query: target.query,
            rawQuery: target.rawQuery,
            headers: HTTPHeaders(head.headers), body: body, peerCertificate: facts.peerCertificate,
            remoteAddress: facts.remoteAddress, version: facts.isHTTP2 ? "HTTP/2" : "HTTP/1.1")
        let exchange = Exchange(request: request, loop: context.eventLoop, connection: self)
        self.exchange = exchange
        core.submit(exchange)
    }

    /// Answers 413 while the body is still arriving.
    private func refuse() {
        let limit = core.configuration.requestBodyBytesMax
        inbound = .discarding(bytesLeft: max(limit, Self.discardedBytesMax))
        respond(core.configuration.tooLargeResponse(limit))
    }

    private func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        // The decoder stops after such a request, whatever the answer: the connection cannot carry another.
        head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    // MARK: Responses

    /// Writes a response whose body is there.
    func respond(_ response: HTTPResponse) {
        guard let context, case .none = outbound else { return }
        let slices: [[UInt8]] =
            switch response.body {
            case .bytes(let bytes): [bytes]
            case .slices(let slices): slices
            case .empty, .stream, .upgrade: []
            }
        writeHead(response, contentLength: slices.reduce(0) { $0 + $1.count }, context)
        outbound = .writing(ResponseCursor(head?.method == .HEAD ? [] : slices))
        writePieces(context)
    }

    private func writePieces(_ context: ChannelHandlerContext) {
        guard case .writing(var cursor) = outbound else { return }
        outbound = .none  // a flush may call back into this handler
        repeat {
            guard let piece = cursor.next(context.channel.allocator) else {
                finish(context)
                return
            }
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
            lastActivity = .now()
        } while context.channel.isWritable
        outbound = .writing(cursor)
        context.flush()
        if context.channel.isWritable, case .writing = outbound { writePieces(context) }
    }

    func startStream(_ response: HTTPResponse, _ writer: OutboundBuffer) {
        guard let context, case .none = outbound else {
            writer.fail(HTTPError.peerGone)
            return
        }
        writeHead(response, contentLength: nil, context)
        context.flush()
        outbound = .streaming(writer)
        writer.writabilityChanged(context.channel.isWritable)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        writer.onDrain { bound.value.drainStream() }
        drainStream()
        if isDraining { exchange?.cancel() }
    }

    private func drainStream() {
        guard let context, case .streaming(let writer) = outbound else { return }
        lastActivity = .now()
        for chunk in writer.takeAll() where !chunk.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: chunk)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.flush()
        writer.writabilityChanged(context.channel.isWritable)
    }

    func finishStream() {
        guard let context, case .streaming(let writer) = outbound else { return }
        drainStream()
        writer.fail(HTTPError.closed)
        finish(context)
    }

    /// The body broke off: the client must not take it for complete. A server that goes away ends its streams in good order.
    func abortStream() {
        guard let context, case .streaming(let writer) = outbound else { return }
        if isDraining {
            finishStream()
        } else {
            writer.fail(HTTPError.closed)
            context.close(promise: nil)
        }
    }

    /// Sends the head and gives the connection away.
    func upgrade(_ response: HTTPResponse) throws -> NIOByteChannel {
        guard let context, case .none = outbound else { throw HTTPError.peerGone }
        guard let makeByteChannel, let head, isUpgrade(head) else {
            respond(
                HTTPResponse(
                    status: 400, headers: ["Content-Type": "text/plain"],
                    body: .bytes(Array("unable to upgrade: not an HTTP/1.1 upgrade request\n".utf8))))
            throw HTTPError.malformed(detail: "not an upgrade request")
        }
        exchange = nil  // it goes on without this handler
        context.write(
            Self.wrapOutboundOut(
                .head(
                    HTTPResponseHead(
                        version: .http1_1, status: .init(statusCode: response.status), headers: response.headers.forNIO))),
            promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        outbound = .ended
        return try makeByteChannel(self)
    }

    private func writeHead(_ response: HTTPResponse, contentLength: Int?, _ context: ChannelHandlerContext) {
        let status = HTTPResponseStatus(statusCode: response.status)
        var headers = response.headers.forNIO
        if let contentLength, status.mayHaveResponseBody, !headers.contains(name: "content-length") {
            headers.add(name: "Content-Length", value: "\(contentLength)")
        }
        let version = head?.version ?? .http1_1
        if !facts.isHTTP2 {
            if version.isBefore11, contentLength == nil { keepAlive = false }
            if !keepAlive {
                headers.replaceOrAdd(name: "Connection", value: "close")
            } else if version.isBefore11 {
                headers.replaceOrAdd(name: "Connection", value: "keep-alive")
            }
        }
        context.write(
            Self.wrapOutboundOut(.head(HTTPResponseHead(version: version, status: status, headers: headers))), promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        outbound = .ended
        exchange = nil
        lastActivity = .now()
        guard case .ended = inbound else {
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        if keepAlive || facts.isHTTP2 {
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            settle(context)
        } else {
            let channel = context.channel
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    /// Request and response have ended: close, or go on with the next request.
    private func settle(_ context: ChannelHandlerContext) {
        if facts.isHTTP2 { return }  // the stream closes itself
        guard keepAlive else {
            context.close(promise: nil)
            return
        }
        inbound = .idle
        outbound = .none
        head = nil
        while let part = pending.first {
            if case .ended = inbound { break }
            pending.removeFirst()
            handle(part, context)
        }
        if isReadHeldBack, pending.count < Self.pendingPartsMax {
            isReadHeldBack = false
            context.read()
        }
    }

    /// One timer per connection that looks at the time of the last progress, instead of one per request.
    private func watchIdleness(_ context: ChannelHandlerContext) {
        lastActivity = .now()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idleTimer = context.eventLoop.scheduleTask(in: Self.idleTimeLimit) { bound.value.checkIdleness() }
    }

    private func checkIdleness() {
        guard let context else { return }
        let isWaitingForHandler =
            switch (inbound, outbound) {
            case (.ended, .none), (_, .streaming): true
            default: false
            }
        if isWaitingForHandler { lastActivity = .now() }
        let deadline = lastActivity + Self.idleTimeLimit
        if deadline <= .now() {
            context.close(promise: nil)
            return
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idleTimer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.checkIdleness() }
    }
}
