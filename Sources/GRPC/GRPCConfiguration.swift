/// Whom to call and what to bear.
package struct GRPCConfiguration: Sendable {
    package enum Target: Hashable, Sendable, CustomStringConvertible {
        case unix(path: String)
        case tcp(host: String, port: Int)

        package var description: String {
            switch self {
            case .unix(let path): "unix://\(path)"
            case .tcp(let host, let port): "\(host):\(port)"
            }
        }
    }

    /// How a server over TLS proves itself, and how we do. All PEM.
    package struct TLS: Hashable, Sendable {
        /// Who may have signed the server's certificate; nil: the system's authorities.
        package var authoritiesPEM: [UInt8]?
        package var certificatePEM: [UInt8]?
        package var keyPEM: [UInt8]?

        package init(authoritiesPEM: [UInt8]? = nil, certificatePEM: [UInt8]? = nil, keyPEM: [UInt8]? = nil) {
            self.authoritiesPEM = authoritiesPEM
            self.certificatePEM = certificatePEM
            self.keyPEM = keyPEM
        }
    }

    package var target: Target
    /// Nil: in the clear.
    package var tls: TLS?
    /// `:authority`. Go servers on unix sockets refuse anything with a slash, so it is never the socket's path.
    package var authority = "localhost"
    /// Larger messages end their call with `resourceExhausted`. Go's own default is 4 MiB; the kubelet's is 16.
    package var messageBytesMax = 16 * 1024 * 1024
    package var connectTimeout: Duration = .seconds(5)
    /// Messages of a server stream that nobody has read yet; one more ends the stream with `resourceExhausted`.
    package var streamBufferMessagesMax = 4096

    package init(target: Target) { self.target = target }
}
