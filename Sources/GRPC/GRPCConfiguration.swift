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

    package var target: Target
    /// `:authority`. Go servers on unix sockets refuse anything with a slash, so it is never the socket's path.
    package var authority = "localhost"
    /// Larger messages end their call with `resourceExhausted`. Go's own default is 4 MiB; the kubelet's is 16.
    package var messageBytesMax = 16 * 1024 * 1024
    package var connectTimeout: Duration = .seconds(5)
    /// Messages of a server stream that nobody has read yet; one more ends the stream with `resourceExhausted`.
    package var streamBufferMessagesMax = 4096

    package init(target: Target) { self.target = target }
}
