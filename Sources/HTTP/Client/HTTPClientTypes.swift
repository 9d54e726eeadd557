/// How to reach and trust one server.
package struct HTTPClientConfiguration: Sendable {
    package var host: String
    package var port: Int
    /// Nil: plain text.
    package var tls: TLS?
    /// TCP and TLS together.
    package var connectTimeout: Duration
    /// An unused connection is closed after this.
    package var idleTimeout: Duration

    package struct TLS: Sendable {
        /// Nil: the system's roots.
        package var caPEM: [UInt8]?
        package var clientCertificatePEM: [UInt8]?
        package var clientKeyPEM: [UInt8]?
        /// The name to verify instead of `host`.
        package var serverName: String?
        package var skipVerification: Bool

        package init(
            caPEM: [UInt8]? = nil, clientCertificatePEM: [UInt8]? = nil, clientKeyPEM: [UInt8]? = nil,
            serverName: String? = nil, skipVerification: Bool = false
        ) {
            self.caPEM = caPEM
            self.clientCertificatePEM = clientCertificatePEM
            self.clientKeyPEM = clientKeyPEM
            self.serverName = serverName
            self.skipVerification = skipVerification
        }
    }

    package init(
        host: String, port: Int, tls: TLS? = nil, connectTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(90)
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
    }
}

/// A request to send. `target` is path and query, percent-encoded.
package struct HTTPClientRequest: Sendable {
    package var method: String
    package var target: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(method: String, target: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// An answer whose body is still arriving.
package struct HTTPClientResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    /// Body chunks as they come; ends with the response; throws when the connection is lost before that.
    package var body: AsyncThrowingStream<[UInt8], any Error>

    package init(status: Int, headers: HTTPHeaders, body: AsyncThrowingStream<[UInt8], any Error>) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What came of asking for an upgrade.
package struct HTTPUpgrade: Sendable {
    /// The head; its body is empty after 101, else the refusal's.
    package var response: HTTPClientResponse
    /// Bytes both ways; nil unless the status is 101. Dropping the last reference closes the connection.
    package var channel: (any ByteChannel)?

    package init(response: HTTPClientResponse, channel: (any ByteChannel)?) {
        self.response = response
        self.channel = channel
    }
}
