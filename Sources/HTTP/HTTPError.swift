/// Why an HTTP exchange or a connection failed.
package enum HTTPError: Error, Hashable, Sendable {
    /// No connection within the time allowed, or refused; `detail` is for logs.
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
