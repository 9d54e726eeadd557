import HTTP
import Logging

/// Runs `body` beside a server on a loopback port of its own.
func serving(_ handler: @escaping HTTPHandler, _ body: @Sendable (_ port: Int) async throws -> Void) async throws {
    let server = HTTPServer(
        configuration: .init(listeners: [.address(host: "127.0.0.1", port: 0)]), logger: .quiet, handler: handler)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        try await body(await server.boundAddresses.first?.port ?? 0)
    }
}
