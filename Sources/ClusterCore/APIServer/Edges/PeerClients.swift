import HTTP
import Logging
import Synchronization

/// Connections to servers beside this one: webhooks, and servers that serve a part of the API.
package final class PeerClients: Sendable {
    /// One server, and what proves that it is the right one.
    struct Peer: Hashable, Sendable {
        var address: UpstreamAddress
        /// The name that the certificate must bear.
        var serverName: String
        /// Empty: the system's roots.
        var caPEM: [UInt8]
        var skipsVerification = false
    }

    /// Peers whose connections are kept; beyond this all are let go and made anew when needed.
    private static let clientsMax = 64

    private let identity: FrontProxyIdentity?
    private let logger: Logger
    private let clients = Mutex<[Peer: HTTPClient]>([:])

    /// - Parameter identity: What peers are shown; nil: nothing.
    init(identity: FrontProxyIdentity? = nil, logger: Logger) {
        self.identity = identity
        self.logger = logger
    }

    func client(_ peer: Peer) -> HTTPClient {
        let (client, old) = clients.withLock { clients -> (HTTPClient, [Peer: HTTPClient]) in
            if let known = clients[peer] { return (known, [:]) }
            let old = clients.count < Self.clientsMax ? [:] : clients
            if !old.isEmpty { clients = [:] }
            let client = HTTPClient(
                configuration: HTTPClientConfiguration(
                    host: peer.address.host, port: peer.address.port,
                    tls: HTTPClientConfiguration.TLS(
                        caPEM: peer.caPEM.isEmpty ? nil : peer.caPEM,
                        clientCertificatePEM: (identity?.certificatePEM.utf8).map(Array.init),
                        clientKeyPEM: (identity?.keyPEM.utf8).map(Array.init), serverName: peer.serverName,
                        skipVerification: peer.skipsVerification)), logger: logger)
            clients[peer] = client
            return (client, old)
        }
        // Connections are closed outside the lock, when the last exchange on them has ended.
        withExtendedLifetime(old) {}
        return client
    }
}

/// How this server proves to others that it may speak for its users.
///
/// - SeeAlso: Kubernetes 1.36, "Configure the Aggregation Layer".
package struct FrontProxyIdentity: Sendable {
    /// The name in the certificate.
    package static let commonName = "front-proxy-client"
    /// The authority that others must trust.
    package var authorityPEM: String
    package var certificatePEM: String
    package var keyPEM: String

    package init(authorityPEM: String, certificatePEM: String, keyPEM: String) {
        self.authorityPEM = authorityPEM
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }
}
