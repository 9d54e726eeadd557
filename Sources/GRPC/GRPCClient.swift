package import Logging
package import NIOCore
import NIOHTTP2
import NIOPosix
import Synchronization

/// Calls one gRPC server over one HTTP/2 connection, opened when first needed and again after it was lost.
///
/// Messages are bytes; who knows their meaning encodes them. Compression is not spoken.
package final class GRPCClient: Sendable {
    private struct Connection: Sendable {
        let channel: any Channel
        let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    }

    private let configuration: GRPCConfiguration
    private let group: any EventLoopGroup
    private let logger: Logger
    /// The connection that calls share, or the attempt to make it; nil before the first call and after a loss.
    private let shared = Mutex<EventLoopFuture<Connection>?>(nil)

    /// - Parameter group: Whose loops run the connection; the process-wide one when nil.
    package init(configuration: GRPCConfiguration, group: (any EventLoopGroup)? = nil, logger: Logger) {
        self.configuration = configuration
        self.group = group ?? MultiThreadedEventLoopGroup.singleton
        self.logger = logger
    }

    /// One message there, one back.
    ///
    /// - Parameters:
    ///   - path: `/package.Service/Method`.
    ///   - timeout: Also told to the server; nil waits for ever.
    /// - Throws: The server's status; `unavailable` without a connection; `cancelled` when the task is.
    package func call(
        path: String, message: [UInt8], metadata: [(String, String)] = [], timeout: Duration? = nil
    ) async throws(GRPCError) -> [UInt8] {
        let outcome = CallOutcome()
        let channel = try await open(request(path, message, metadata, timeout)) { outcome.record($0) }
        return try await withTaskCancellationHandler {
            await outcome.result()
        } onCancel: {
            outcome.record(.ended(GRPCError(.cancelled, "context canceled")))
            channel.close(promise: nil)
        }.get()
    }

    /// One message there, any number back. The sequence ends with the server's status; dropping it resets the stream.
    package func serverStream(
        path: String, message: [UInt8], metadata: [(String, String)] = []
    ) async throws(GRPCError) -> AsyncThrowingStream<[UInt8], any Error> {
        try await openStream(request(path, message, metadata, nil)).messages
    }

    /// A stream that both sides write to: `message` is the first, more follow by `send`.
    package func bidirectionalStream(
        path: String, message: [UInt8], metadata: [(String, String)] = []
    ) async throws(GRPCError) -> GRPCStream {
        var request = request(path, message, metadata, nil)
        request.staysOpen = true
        return try await openStream(request)
    }

    private func openStream(_ request: CallHandler.Request) async throws(GRPCError) -> GRPCStream {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(configuration.streamBufferMessagesMax))
        let channel = try await open(request) { report in
            switch report {
            case .message(let bytes):
                if case .dropped = continuation.yield(bytes) {
                    continuation.finish(throwing: GRPCError(.resourceExhausted, "reader is too slow"))
                }
            case .ended(let error): continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in channel.close(promise: nil) }
        return GRPCStream(messages: stream, channel: channel)
    }

    /// Closes the connection; calls under way end with `unavailable`. A later call opens a new one.
    package func shutdown() async {
        let current = shared.withLock { current in
            defer { current = nil }
            return current
        }
        guard let connection = try? await current?.get() else { return }
        try? await connection.channel.close()
    }

    private func request(
        _ path: String, _ message: [UInt8], _ metadata: [(String, String)], _ timeout: Duration?
    ) -> CallHandler.Request {
        CallHandler.Request(
            path: path, scheme: configuration.tls == nil ? "http" : "https", authority: configuration.authority,
            metadata: metadata, message: message, timeout: timeout)
    }

    /// Opens a stream. A connection that dies before the stream exists is replaced once: nothing was sent on it.
    private func open(
        _ request: CallHandler.Request, report: @escaping @Sendable (CallHandler.Report) -> Void
    ) async throws(GRPCError) -> any Channel {
        var lastError = GRPCError(.unavailable, "no connection to \(configuration.target)")
        for _ in 0..<2 {
            let future = connect()
            let connection: Connection
            do {
                connection = try await future.get()
            } catch {
                forget(future)
                throw GRPCError(.unavailable, "connect to \(configuration.target): \(error)", isUnsent: true)
            }
            do {
                let limit = configuration.messageBytesMax
                return try await connection.multiplexer.createStreamChannel { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            CallHandler(request: request, messageBytesMax: limit, report: report))
                    }
                }.get()
            } catch {
                forget(future)
                connection.channel.close(promise: nil)
                lastError = GRPCError(.unavailable, "open stream to \(configuration.target): \(error)", isUnsent: true)
            }
        }
        throw lastError
    }

    private func forget(_ future: EventLoopFuture<Connection>) {
        shared.withLock { current in
            if current === future { current = nil }
        }
    }

    private func connect() -> EventLoopFuture<Connection> {
        shared.withLock { current in
            if let current { return current }
            let future = Self.open(configuration, on: group)
            current = future
            future.whenSuccess { [logger, target = configuration.target] connection in
                logger.debug("connected", metadata: ["target": "\(target)"])
                connection.channel.closeFuture.whenComplete { _ in self.forget(future) }
            }
            return future
        }
    }

    /// The pipeline stands before the connection is made: a server's first frame may come with the connection itself.
    private static func open(_ configuration: GRPCConfiguration, on group: any EventLoopGroup) -> EventLoopFuture<Connection> {
        let loop = group.next()
        let introduced = loop.makePromise(of: Void.self)
        let multiplexer = loop.makePromise(of: NIOHTTP2Handler.StreamMultiplexer.self)
        let timeLimit = TimeAmount(configuration.connectTimeout)
        let security: TransportSecurity?
        do {
            security = try TransportSecurity(configuration)
        } catch {
            multiplexer.fail(error)
            introduced.fail(error)
            return loop.makeFailedFuture(error)
        }
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeLimit).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let security { try channel.pipeline.syncOperations.addHandler(try security.handler()) }
            }.flatMap {
                channel.configureHTTP2Pipeline(
                    mode: .client, connectionConfiguration: connectionLimits, streamConfiguration: streamLimits,
                    inboundStreamInitializer: { $0.close() })
            }.flatMapThrowing {
                multiplexer.succeed($0)
                try channel.pipeline.syncOperations.addHandler(ConnectionHandler(ready: introduced, timeLimit: timeLimit))
            }
        }
        let connected =
            switch configuration.target {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            }
        connected.whenFailure { error in
            multiplexer.fail(error)
            introduced.fail(error)
        }
        return connected.and(multiplexer.futureResult).flatMap { channel, multiplexer in
            introduced.futureResult.map { Connection(channel: channel, multiplexer: multiplexer) }
        }
    }

    /// Go servers send a PING after each DATA frame; the default of 200 control frames in 30 s would cut them off.
    private static var connectionLimits: NIOHTTP2Handler.ConnectionConfiguration {
        var limits = NIOHTTP2Handler.ConnectionConfiguration()
        limits.controlFrameRateLimit.maximumCount = 1_000_000
        limits.maximumConnectionGlitches = 1_000_000
        limits.targetWindowSize = 1 << 20
        return limits
    }

    private static var streamLimits: NIOHTTP2Handler.StreamConfiguration {
        var limits = NIOHTTP2Handler.StreamConfiguration()
        limits.streamResetFrameRateLimit.maximumCount = 1_000_000
        limits.streamErrorRateLimit.maximumCount = 1_000_000
        limits.targetWindowSize = 1 << 20
        return limits
    }
}
