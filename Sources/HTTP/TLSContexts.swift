import NIOSSL

/// Builds NIOSSL contexts from PEM bytes.
enum TLSContexts {
    static let http2 = "h2"
    static let http11 = "http/1.1"

    static func server(_ tls: HTTPServerConfiguration.TLS) throws(HTTPError) -> NIOSSLContext {
        try reading {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(tls.certificateChainPEM).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: tls.privateKeyPEM, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = [http2, http11]
            if let authorities = tls.clientCAPEM {
                configuration.certificateVerification = .optionalVerification
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    static func client(_ tls: HTTPClientConfiguration.TLS, protocols: [String]) throws(HTTPError) -> NIOSSLContext {
        try reading {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = protocols
            if tls.skipVerification { configuration.certificateVerification = .none }
            if let authorities = tls.caPEM {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            }
            if let certificate = tls.clientCertificatePEM, let key = tls.clientKeyPEM {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
            }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    private static func reading(_ body: () throws -> NIOSSLContext) throws(HTTPError) -> NIOSSLContext {
        do { return try body() } catch { throw .invalidCredentials(detail: "\(error)") }
    }
}
