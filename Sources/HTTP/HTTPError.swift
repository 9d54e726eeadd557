/// Why an HTTP exchange or a connection failed.
package enum HTTPError: Error, Hashable, Sendable {
    /// No connection within the time allowed, or refused; `detail` says why, in the words of Go's `net` and `crypto/tls`.
    case connectFailed(address: String, detail: String)
    /// The connection ended before the exchange did.
    case connectionLost(detail: String)
    /// The peer closed the stream or the connection that was being written to.
    case peerGone
    /// The peer broke the protocol.
    case malformed(detail: String)
    /// Certificates or keys that cannot be read.
    case invalidCredentials(detail: String)
    /// `shutdown()` was called.
    case closed
    case timedOut
}

extension HTTPError: CustomStringConvertible {
    /// What a user reads after `Post "https://…":`.
    package var description: String {
        switch self {
        case .connectFailed(_, let detail): detail
        case .connectionLost(let detail): "EOF: \(detail)"
        case .peerGone: "write: broken pipe"
        case .malformed(let detail): "malformed HTTP: \(detail)"
        case .invalidCredentials(let detail): "unusable certificate or key: \(detail)"
        case .closed: "the client is shut down"
        case .timedOut: "i/o timeout"
        }
    }
}
