package import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Serves HTTP/1.1 and, over TLS, HTTP/2.
///
/// Sockets, framing and back-pressure live on event loops; each request is answered in a task of its own below `run()`.
package final class HTTPServer: Sendable {
    private let configuration: HTTPServerConfiguration
    private let logger: Logger
    private let handler: HTTPHandler
    private let bound = Deferred<[HTTPServerConfiguration.Listener]>()
    private let drained = Deferred<Void>()

    package init(configuration: HTTPServerConfiguration, logger: Logger, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        self.logger = logger
        self.handler = handler
    }

    /// The listeners with their real ports, in the order of the configuration; waits until `run()` listens. Empty when it failed.
    package var boundAddresses: [HTTPServerConfiguration.Listener] {
        get async { (try? await bound.value()) ?? [] }
    }

    /// Ends `run()`: nothing new is accepted, and open requests are waited for as it says there.
    package func drain() { drained.resolve(.success(())) }

    /// Serves until `drain()` or until its task is cancelled; then stops accepting, ends streams, and waits for open requests
    /// up to `configuration.shutdownTimeLimit`. Throws when a listener or a certificate is unusable.
    package func run() async throws {
        let group =
            configuration.threads == 0
            ? MultiThreadedEventLoopGroup.singleton : MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        do {
            defer { bound.resolve(.success([])) }
            let tls = try configuration.tls.map(TLSContexts.server)
            let (exchanges, continuation) = AsyncStream<Exchange>.makeStream()
            let core = ServerCore(configuration: configuration, logger: logger, exchanges: continuation)
            let listeners = try await listen(on: group, pipeline: ServerPipeline(core: core, tls: tls))
            bound.resolve(.success(zip(configuration.listeners, listeners).map(Self.address)))
            await serve(exchanges, until: { await self.stop(core, listeners, continuation, on: group.next()) })
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
    }

    /// Runs exchanges until `stop` has ended their source.
    private func serve(_ exchanges: AsyncStream<Exchange>, until stop: () async -> Void) async {
        let handler = handler
        // A task of its own, so that cancelling `run()` lets open requests finish: `stop` decides when they have had long enough.
        let serving = Task {
            await withDiscardingTaskGroup { group in
                for await exchange in exchanges {
                    group.addTask { await exchange.run(handler) }
                }
            }
        }
        await stop()
        serving.cancel()
        await serving.value
    }

    /// Waits for `drain()` or the cancellation of the calling task, then drains.
    private func stop(
        _ core: ServerCore, _ listeners: [any Channel], _ exchanges: AsyncStream<Exchange>.Continuation, on loop: any EventLoop
    ) async {
        try? await drained.value()
        for listener in listeners { try? await listener.close().get() }
        let empty = loop.makePromise(of: Void.self)
        core.drain { empty.succeed() }
        let limit = loop.scheduleTask(in: TimeAmount(configuration.shutdownTimeLimit)) { core.closeAll() }
        try? await empty.futureResult.get()
        limit.cancel()
        exchanges.finish()
    }

    private func listen(on group: MultiThreadedEventLoopGroup, pipeline: ServerPipeline) async throws -> [any Channel] {
        var channels: [any Channel] = []
        do {
            for listener in configuration.listeners {
                channels.append(try await listen(on: group, at: listener, pipeline: pipeline))
            }
        } catch {
            for channel in channels { try? await channel.close().get() }
            throw error
        }
        return channels
    }

    private func listen(
        on group: MultiThreadedEventLoopGroup, at listener: HTTPServerConfiguration.Listener, pipeline: ServerPipeline
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 8)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try pipeline.configure(channel) }
            }
        switch listener {
        case .address(let host, let port): return try await bootstrap.bind(host: host, port: port).get()
        case .descriptor(let descriptor): return try await bootstrap.withBoundSocket(descriptor).get()
        case .unix(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    private static func address(
        _ listener: HTTPServerConfiguration.Listener, _ channel: any Channel
    ) -> HTTPServerConfiguration.Listener {
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else { return listener }
        return .address(host: host, port: port)
    }
}
