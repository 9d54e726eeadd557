import HTTP
import Logging
import Synchronization

/// Runs a server on a free port of 127.0.0.1 for as long as `body` takes.
@discardableResult
func withServer<Result: Sendable>(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }, handler: @escaping HTTPHandler,
    body: @Sendable (_ port: Int) async throws -> Result
) async throws -> Result {
    var configuration = HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)])
    change(&configuration)
    let server = HTTPServer(configuration: configuration, logger: .quiet, handler: handler)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let port = await server.boundAddresses.first?.port ?? 0
        do {
            let result = try await body(port)
            group.cancelAll()
            try await group.waitForAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

/// TLS with the test certificates; clients may show one of theirs.
func secured(_ configuration: inout HTTPServerConfiguration) {
    configuration.tls = .init(
        certificateChainPEM: TestCertificates.serverCertificate, privateKeyPEM: TestCertificates.serverKey,
        clientCAPEM: TestCertificates.authority)
}

/// A client of `withServer`'s server, shut down at the end.
@discardableResult
func withClient<Result>(
    port: Int, tls: HTTPClientConfiguration.TLS? = nil, body: (HTTPClient) async throws -> Result
) async throws -> Result {
    let client = HTTPClient(configuration: .init(host: "127.0.0.1", port: port, tls: tls), logger: .quiet)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

let trusting = HTTPClientConfiguration.TLS(caPEM: TestCertificates.authority)

extension Logger {
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension HTTPClientResponse {
    func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body { bytes += chunk }
        return bytes
    }

    func text() async throws -> String { String(decoding: try await collect(), as: UTF8.self) }
}

/// A count that tasks wait for.
final class Counter: Sendable {
    private let state = Mutex((count: 0, waiters: [(at: Int, continuation: CheckedContinuation<Void, Never>)]()))

    var count: Int { state.withLock { $0.count } }

    func add() {
        let ready = state.withLock { state in
            state.count += 1
            let ready = state.waiters.filter { $0.at <= state.count }
            state.waiters.removeAll { $0.at <= state.count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func reaches(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.count >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

func echo(_ request: HTTPRequest) async -> HTTPResponse {
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let body = String(decoding: request.body, as: UTF8.self)
    return HTTPResponse(
        status: 200, headers: ["Content-Type": "text/plain"],
        body: .bytes(Array("\(request.version) \(request.method) \(request.path) [\(query)] \(body)".utf8)))
}

/// A variable that closures share.
final class Mutexed<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func get() -> Value { value.withLock { $0 } }
    func set(_ new: Value) { value.withLock { $0 = new } }
}
