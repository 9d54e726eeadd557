package import HTTP
package import Logging
import Synchronization

/// How the server reaches a pod, or a port of a node that is not the kubelet's, for `proxy`.
package protocol UpstreamDialer: Sendable {
    func send(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPClientResponse
    func upgrade(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPUpgrade
}

package struct UpstreamAddress: Hashable, Sendable {
    package var isTLS: Bool
    package var host: String
    package var port: Int

    package init(isTLS: Bool, host: String, port: Int) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
    }
}

/// Dials from the server's own network namespace. Certificates of pods are not verified: nothing is known that they could show.
package final class DirectUpstreamDialer: UpstreamDialer {
    /// Servers whose connections are kept; beyond this all are let go and made anew when needed.
    private static let clientsMax = 64

    private let logger: Logger
    private let clients = Mutex<[UpstreamAddress: HTTPClient]>([:])

    package init(logger: Logger) { self.logger = logger }

    package func send(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPClientResponse {
        try await client(address).send(request)
    }

    package func upgrade(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPUpgrade {
        try await client(address).upgrade(request)
    }

    private func client(_ address: UpstreamAddress) -> HTTPClient {
        let (client, old) = clients.withLock { clients -> (HTTPClient, [UpstreamAddress: HTTPClient]) in
            if let known = clients[address] { return (known, [:]) }
            let old = clients.count < Self.clientsMax ? [:] : clients
            if !old.isEmpty { clients = [:] }
            let client = HTTPClient(
                configuration: HTTPClientConfiguration(
                    host: address.host, port: address.port,
                    tls: address.isTLS ? HTTPClientConfiguration.TLS(skipVerification: true) : nil,
                    connectTimeout: .seconds(30)), logger: logger)
            clients[address] = client
            return (client, old)
        }
        // Connections are closed outside the lock, when the last exchange on them has ended.
        withExtendedLifetime(old) {}
        return client
    }
}
