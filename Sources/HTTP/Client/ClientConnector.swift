import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// Opens connections to one server and builds their pipelines.
final class ClientConnector: Sendable {
    enum Connection: Sendable {
        case http1(HTTP1ClientConnection)
        case http2(HTTP2ClientConnection)
    }

    enum Protocols: Hashable, Sendable { case any, http1Only }

    let configuration: HTTPClientConfiguration
    private let logger: Logger
    private let contexts = Mutex<[Protocols: NIOSSLContext]>([:])

    init(configuration: HTTPClientConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The `Host` of requests.
    var authority: String {
        let host = configuration.host.utf8.contains(UInt8(ascii: ":")) ? "[\(configuration.host)]" : configuration.host
        let usual = configuration.tls == nil ? 80 : 443
        return configuration.port == usual ? host : "\(host):\(configuration.port)"
    }

    /// Starts connecting; `adopt` sees the channel first and refuses it with false. Throws when certificates are unreadable.
    func connect(
        protocols: Protocols, adopt: @escaping @Sendable (any Channel) -> Bool
    ) throws(HTTPError) -> Deferred<Connection> {
        let connected = Deferred<Connection>()
        let tls = try context(protocols)
        let configuration = configuration
        let address = "\(configuration.host):\(configuration.port)"
        let limit = TimeAmount(configuration.connectTimeout)
        @Sendable func fail(_ error: any Error) {
            let failure =
                error as? HTTPError
                ?? .connectFailed(
                    address: address,
                    detail: ConnectFailureText.text(
                        error, address: address, serverName: configuration.tls?.serverName ?? configuration.host))
            connected.resolve(.failure(failure))
        }
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(limit)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard adopt(channel) else { throw HTTPError.closed }
                    guard let tls else { return }
                    try self.startTLS(channel, tls, limit, connected, fail)
                }
            }
            .connect(host: configuration.host, port: configuration.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): fail(error)
                case .success(let channel):
                    guard tls == nil else { return }
                    do {
                        connected.resolve(.success(.http1(try HTTP1ClientConnection.configure(channel, self.configuration))))
                    } catch {
                        fail(error)
                        channel.close(promise: nil)
                    }
                }
            }
        return connected
    }

    private func startTLS(
        _ channel: any Channel, _ tls: NIOSSLContext, _ limit: TimeAmount, _ connected: Deferred<Connection>,
        _ fail: @escaping @Sendable (any Error) -> Void
    ) throws {
        let configuration = configuration
        let giveUp = channel.eventLoop.scheduleTask(in: limit) {
            fail(HTTPError.timedOut)
            channel.close(promise: nil)
        }
        let pipeline = channel.pipeline.syncOperations
        // An address cannot be asked for by name; the certificate is then checked against the address of the connection.
        let name = configuration.tls?.serverName ?? configuration.host
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : name))
        try pipeline.addHandler(
            HandshakeHandler(
                completed: { negotiated in
                    giveUp.cancel()
                    if negotiated == TLSContexts.http2 {
                        connected.resolve(.success(.http2(try HTTP2ClientConnection.configure(channel, configuration))))
                    } else {
                        connected.resolve(.success(.http1(try HTTP1ClientConnection.configure(channel, configuration))))
                    }
                },
                failed: { error in
                    giveUp.cancel()
                    fail(error)
                }))
    }

    private func context(_ protocols: Protocols) throws(HTTPError) -> NIOSSLContext? {
        guard let tls = configuration.tls else { return nil }
        if let context = contexts.withLock({ $0[protocols] }) { return context }
        let names = protocols == .any ? [TLSContexts.http2, TLSContexts.http11] : [TLSContexts.http11]
        let context = try TLSContexts.client(tls, protocols: names)
        contexts.withLock { $0[protocols] = context }
        return context
    }
}
