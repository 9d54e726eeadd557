import NIOCore
import NIOSSL

/// TLS for connections to one server, ALPN `h2`.
struct TransportSecurity: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// Nil when the configuration asks for none. Throws when certificates cannot be read.
    init?(_ configuration: GRPCConfiguration) throws {
        guard let tls = configuration.tls else { return nil }
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["h2"]
        if let authorities = tls.authoritiesPEM {
            settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
        }
        if let certificate = tls.certificatePEM, let key = tls.keyPEM {
            settings.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
            settings.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
        }
        context = try NIOSSLContext(configuration: settings)
        // An address cannot be asked for by name; the certificate is then checked against the address of the connection.
        switch configuration.target {
        case .tcp(let host, _) where (try? SocketAddress(ipAddress: host, port: 0)) == nil: serverName = host
        default: serverName = nil
        }
    }

    func handler() throws -> NIOSSLClientHandler { try NIOSSLClientHandler(context: context, serverHostname: serverName) }
}
