package import CRI
package import HTTP

/// Joins a client's upgrade request to the runtime's streaming server. Performed outside: it speaks WebSocket and SPDY.
package protocol ExecStreamer: Sendable {
    /// Answers an exec or attach request.
    ///
    /// - Parameter url: One use of the runtime's streaming server, on the node's loopback.
    func stream(_ request: HTTPRequest, to url: String, options: StreamOptions) async -> HTTPResponse
    /// Answers a port-forward request.
    func forward(_ request: HTTPRequest, to url: String) async -> HTTPResponse
}
