/// Where and how a server listens.
package struct HTTPServerConfiguration: Sendable {
    package enum Listener: Hashable, Sendable {
        case address(host: String, port: Int)
        /// A listening socket that someone else opened (`LISTEN_FDS`).
        case descriptor(Int32)
        case unix(path: String)

        /// The TCP port, where there is one.
        package var port: Int? {
            if case .address(_, let port) = self { port } else { nil }
        }
    }

    package struct TLS: Sendable {
        package var certificateChainPEM: [UInt8]
        package var privateKeyPEM: [UInt8]
        /// Client certificates are asked for and verified against these; nil: not asked for.
        package var clientCAPEM: [UInt8]?

        package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8], clientCAPEM: [UInt8]? = nil) {
            self.certificateChainPEM = certificateChainPEM
            self.privateKeyPEM = privateKeyPEM
            self.clientCAPEM = clientCAPEM
        }
    }

    package var listeners: [Listener]
    /// Nil: plain text (health and metrics on loopback).
    package var tls: TLS?
    /// A larger body is answered 413 before it is read whole.
    package var requestBodyBytesMax: Int
    /// Event loops; the API server uses two. Zero: those that the whole process shares, for servers with little to do.
    package var threads: Int
    /// Connections beyond this are closed as they arrive.
    package var connectionsMax: Int
    /// How long open requests may take after `run()` was cancelled; streams are ended at once.
    package var shutdownTimeLimit: Duration
    /// Builds the answer to a body over the limit (bytes), so that an API server can send its own error document.
    package var tooLargeResponse: @Sendable (_ limitBytes: Int) -> HTTPResponse

    package init(
        listeners: [Listener], tls: TLS? = nil, requestBodyBytesMax: Int = 3 * 1024 * 1024, threads: Int = 2,
        connectionsMax: Int = 10_000, shutdownTimeLimit: Duration = .seconds(10),
        tooLargeResponse: @escaping @Sendable (_ limitBytes: Int) -> HTTPResponse = Self.plainTooLarge
    ) {
        self.listeners = listeners
        self.tls = tls
        self.requestBodyBytesMax = requestBodyBytesMax
        self.threads = threads
        self.connectionsMax = connectionsMax
        self.shutdownTimeLimit = shutdownTimeLimit
        self.tooLargeResponse = tooLargeResponse
    }

    @Sendable package static func plainTooLarge(limitBytes: Int) -> HTTPResponse {
        HTTPResponse(
            status: 413, headers: ["Content-Type": "text/plain"],
            body: .bytes(Array("Request entity too large: limit is \(limitBytes)\n".utf8)))
    }
}
