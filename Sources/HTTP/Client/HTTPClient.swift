package import Logging
import NIOCore
import Synchronization

/// Talks to one server: HTTP/2 on a shared connection where the server offers it, else HTTP/1.1 connections that are reused.
///
/// When a shared connection carries as many streams as the server allows, a new one takes its place; the old one ends with its streams.
///
/// A request on a connection that was lost before the server saw it is sent again once, on a new connection.
package final class HTTPClient: Sendable {
    /// Idle HTTP/1.1 connections beyond this are closed.
    private static let idleConnectionsMax = 16

    private let connector: ClientConnector
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        /// The shared HTTP/2 connection; nil inside when the server chose HTTP/1.1.
        var shared: Deferred<HTTP2ClientConnection?>?
        var speaksHTTP2: Bool
        var idle: [HTTP1ClientConnection] = []
        var channels: [ObjectIdentifier: any Channel] = [:]

        init() { speaksHTTP2 = true }
    }

    private enum Lease {
        case http2(HTTP2ClientConnection)
        case http1(HTTP1ClientConnection, isReused: Bool)
    }

    package init(configuration: HTTPClientConfiguration, logger: Logger) {
        connector = ClientConnector(configuration: configuration, logger: logger)
        if configuration.tls == nil { state.withLock { $0.speaksHTTP2 = false } }
    }

    deinit {
        // Nobody can send any more; bodies that are still read keep their own connection until they end.
        for connection in state.withLock({ $0.idle }) { connection.close() }
        if case .success(let connection?)? = state.withLock({ $0.shared?.current }) { connection.closeWhenUnused() }
    }

    /// Sends a request and returns when the response's head is there. Cancelling the task, or dropping the body, ends the exchange.
    package func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        var attempt = 0
        while true {
            attempt += 1
            let lease = try await lease()
            let exchange = ClientExchange(request: request, authority: connector.authority)
            switch lease {
            case .http2(let connection): connection.start(exchange)
            case .http1(let connection, _): connection.start(exchange)
            }
            do {
                return try await exchange.response()
            } catch let failure as ClientExchange.Failure {
                let isReused = if case .http1(_, true) = lease { true } else { false }
                let isSafe = failure.wasNotProcessed || (isReused && request.isIdempotent)
                guard attempt == 1, isSafe, !Task.isCancelled else { throw failure.error }
                if case .http2(let connection) = lease { forget(connection) }
            }
        }
    }

    /// Asks for `101 Switching Protocols` on an HTTP/1.1 connection of its own. The request carries `Connection: Upgrade` and `Upgrade` itself.
    package func upgrade(_ request: HTTPClientRequest) async throws -> HTTPUpgrade {
        let connecting = try connector.connect(protocols: .http1Only) { [weak self] in self?.adopt($0) ?? false }
        guard case .http1(let connection) = try await connecting.value() else {
            throw HTTPError.malformed(detail: "the server chose HTTP/2 although it was not offered")
        }
        let exchange = ClientExchange(request: request, authority: connector.authority, wantsUpgrade: true)
        connection.start(exchange)
        do {
            let response = try await exchange.response()
            return HTTPUpgrade(response: response, channel: exchange.upgraded)
        } catch let failure as ClientExchange.Failure {
            throw failure.error
        }
    }

    /// Closes every connection; exchanges in progress fail.
    package func shutdown() async {
        let channels = state.withLock { state in
            state.isClosed = true
            state.idle = []
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
        for channel in channels { try? await channel.closeFuture.get() }
    }

    // MARK: Connections

    private enum Step {
        case use(HTTP1ClientConnection)
        case wait(Deferred<HTTP2ClientConnection?>)
        case connectShared(Deferred<HTTP2ClientConnection?>)
        case connectOwn
    }

    private func lease() async throws -> Lease {
        while true {
            switch try nextStep() {
            case .use(let connection): return .http1(connection, isReused: true)
            case .connectShared(let shared):
                connectShared(shared)
                if let connection = try await shared.value(), connection.reserve() { return .http2(connection) }
            case .wait(let shared):
                if let connection = try await shared.value(), connection.reserve() { return .http2(connection) }
            case .connectOwn:
                let connecting = try connector.connect(protocols: .http1Only) { [weak self] in self?.adopt($0) ?? false }
                if case .http1(let connection) = try await connecting.value() {
                    connection.whenFree { [weak self] in self?.offer($0) ?? false }
                    return .http1(connection, isReused: false)
                }
            }
        }
    }

    private func nextStep() throws -> Step {
        try state.withLock { state in
            if state.isClosed { throw HTTPError.closed }
            if !state.speaksHTTP2 {
                while let connection = state.idle.popLast() {
                    if connection.isActive { return .use(connection) }
                }
                return .connectOwn
            }
            if let shared = state.shared {
                switch shared.current {
                case nil: return .wait(shared)
                case .success(let connection?)? where connection.isUsable: return .wait(shared)
                default: break
                }
            }
            let shared = Deferred<HTTP2ClientConnection?>()
            state.shared = shared
            return .connectShared(shared)
        }
    }

    /// Connects for everyone who waits on `shared`; a waiter that is cancelled does not stop it.
    private func connectShared(_ shared: Deferred<HTTP2ClientConnection?>) {
        let connecting: Deferred<ClientConnector.Connection>
        do {
            connecting = try connector.connect(protocols: .any) { [weak self] in self?.adopt($0) ?? false }
        } catch {
            shared.resolve(.failure(error))
            return
        }
        connecting.whenResolved { [weak self] result in
            switch result {
            case .success(.http2(let connection)): shared.resolve(.success(connection))
            case .success(.http1(let connection)):
                connection.whenFree { [weak self] in self?.offer($0) ?? false }
                self?.state.withLock { $0.speaksHTTP2 = false }
                if self?.offer(connection) != true { connection.close() }
                shared.resolve(.success(nil))
            case .failure(let error): shared.resolve(.failure(error))
            }
        }
    }

    private func forget(_ connection: HTTP2ClientConnection) {
        state.withLock { state in
            if case .success(let current?)? = state.shared?.current, current === connection { state.shared = nil }
        }
    }

    /// Keeps an HTTP/1.1 connection for the next request; false when it is not wanted.
    private func offer(_ connection: HTTP1ClientConnection) -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.idle.count < Self.idleConnectionsMax else { return false }
            state.idle.removeAll { !$0.isActive }
            state.idle.append(connection)
            return true
        }
    }

    /// Remembers a channel until it closes; false after `shutdown`.
    private func adopt(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isWanted = state.withLock { state in
            if state.isClosed { return false }
            state.channels[id] = channel
            return true
        }
        if isWanted {
            channel.closeFuture.whenComplete { [weak self] _ in self?.state.withLock { $0.channels[id] = nil } }
        }
        return isWanted
    }
}

extension HTTPClientRequest {
    /// May be sent twice without harm (RFC 9110, 9.2.2).
    var isIdempotent: Bool { ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"].contains(method) }
}
