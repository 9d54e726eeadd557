import Logging
import NIOCore
import Synchronization

/// What every connection of one server shares: limits, the way to the tasks, and the list of open connections.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let logger: Logger
    private let exchanges: AsyncStream<Exchange>.Continuation
    private let state = Mutex(State())

    private struct State {
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var whenEmpty: (@Sendable () -> Void)?
    }

    init(configuration: HTTPServerConfiguration, logger: Logger, exchanges: AsyncStream<Exchange>.Continuation) {
        self.configuration = configuration
        self.logger = logger
        self.exchanges = exchanges
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Hands an exchange to the tasks below `HTTPServer.run()`.
    func submit(_ exchange: Exchange) { exchanges.yield(exchange) }

    /// False when there are too many connections already, or the server is going away.
    func admit(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let admitted = state.withLock { state in
            guard !state.isDraining, state.connections.count < configuration.connectionsMax else { return false }
            state.connections[id] = channel
            return true
        }
        if admitted { channel.closeFuture.whenComplete { [self] _ in closed(id) } }
        return admitted
    }

    /// No new connections; those that are there finish what they do. `whenEmpty` is called once, when the last is closed.
    func drain(whenEmpty: @escaping @Sendable () -> Void) {
        let connections: [any Channel] = state.withLock { state in
            state.isDraining = true
            if !state.connections.isEmpty { state.whenEmpty = whenEmpty }
            return Array(state.connections.values)
        }
        if connections.isEmpty { whenEmpty() }
        for channel in connections { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.connections.values) }) { channel.close(promise: nil) }
    }

    private func closed(_ id: ObjectIdentifier) {
        let whenEmpty: (@Sendable () -> Void)? = state.withLock { state in
            state.connections[id] = nil
            guard state.connections.isEmpty else { return nil }
            defer { state.whenEmpty = nil }
            return state.whenEmpty
        }
        whenEmpty?()
    }
}

/// What is known of one connection before its first request.
final class ConnectionFacts: Sendable {
    let remoteAddress: String
    let peerCertificate: [UInt8]?
    let isHTTP2: Bool

    init(remoteAddress: String, peerCertificate: [UInt8]?, isHTTP2: Bool) {
        self.remoteAddress = remoteAddress
        self.peerCertificate = peerCertificate
        self.isHTTP2 = isHTTP2
    }
}
