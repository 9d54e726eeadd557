import NIOCore
import NIOHTTP1
import Synchronization

/// One request of the client and the response that arrives for it.
final class ClientExchange: Sendable {
    /// Why there is no response.
    struct Failure: Error {
        var error: any Error
        /// The server said, or it is certain, that the request was not looked at.
        var wasNotProcessed = false
    }

    let request: HTTPClientRequest
    let authority: String
    let wantsUpgrade: Bool
    let body = InboundBuffer(bytesMax: 512 * 1024)
    private let head = Deferred<HTTPResponseHead>()
    private let state = Mutex(State())

    private struct State {
        var isCancelled = false
        /// Ends the stream (HTTP/2) or the connection (HTTP/1.1).
        var abort: (@Sendable () -> Void)?
        var channel: NIOByteChannel?
    }

    init(request: HTTPClientRequest, authority: String, wantsUpgrade: Bool = false) {
        self.request = request
        self.authority = authority
        self.wantsUpgrade = wantsUpgrade
    }

    /// The bytes after 101.
    var upgraded: NIOByteChannel? {
        state.withLock { state in
            defer { state.channel = nil }
            return state.channel
        }
    }

    /// Waits for the head. Throws `Failure`, or `CancellationError` after ending the exchange.
    func response() async throws -> HTTPClientResponse {
        do {
            let head = try await head.value()
            let reader = BodyReader(exchange: self)
            return HTTPClientResponse(
                status: Int(head.status.code), headers: HTTPHeaders(head.headers),
                body: AsyncThrowingStream { try await reader.next() })
        } catch let error as CancellationError {
            cancel()
            throw error
        }
    }

    /// Ends the exchange, whatever it has come to. From any thread.
    func cancel() {
        let abort = state.withLock { state in
            state.isCancelled = true
            defer { state.abort = nil }
            return state.abort
        }
        abort?()
        body.finish(.failure(CancellationError()))
    }

    // MARK: The connection's side

    /// False when the exchange was cancelled before it began.
    func began(abort: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if !state.isCancelled { state.abort = abort }
            return !state.isCancelled
        }
    }

    func received(_ head: HTTPResponseHead) { self.head.resolve(.success(head)) }

    func upgraded(_ head: HTTPResponseHead, _ channel: NIOByteChannel) {
        state.withLock { state in
            state.abort = nil
            state.channel = channel
        }
        body.finish(.success(()))
        if !self.head.resolve(.success(head)) || state.withLock({ $0.isCancelled }) { _ = upgraded }
    }

    func ended() {
        state.withLock { $0.abort = nil }
        body.finish(.success(()))
    }

    func failed(_ failure: Failure) {
        state.withLock { $0.abort = nil }
        if !head.resolve(.failure(failure)) { body.finish(.failure(failure.error)) }
    }

    /// The head of the request, ready to be written; HTTP/2's codec makes its pseudo fields of it.
    func requestHead() -> HTTPRequestHead {
        var headers = request.headers.forNIO
        if !headers.contains(name: "host") { headers.add(name: "Host", value: authority) }
        let hasBody = !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method)
        if hasBody, !headers.contains(name: "content-length") {
            headers.add(name: "Content-Length", value: "\(request.body.count)")
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target, headers: headers)
    }
}

/// Reads a response's body; ends the exchange when it is dropped before the end.
private final class BodyReader: Sendable {
    private let exchange: ClientExchange

    init(exchange: ClientExchange) { self.exchange = exchange }

    deinit { exchange.cancel() }

    func next() async throws -> [UInt8]? {
        do {
            return try await exchange.body.next()
        } catch let error as CancellationError {
            exchange.cancel()
            throw error
        }
    }
}
