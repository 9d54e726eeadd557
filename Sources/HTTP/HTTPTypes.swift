/// Header fields in order; names compare without regard to case.
package struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package var fields: [Field]

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package init(_ fields: [Field] = []) { self.fields = fields }
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value; setting replaces every field of that name, nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    package func values(_ name: String) -> [String] { fields.filter { Self.same($0.name, name) }.map(\.value) }
    package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}

/// A request whose body has been collected.
package struct HTTPRequest: Sendable {
    /// `GET`, `POST`, ...
    package var method: String
    /// Percent-decoded path, starting with `/`.
    package var path: String
    /// The path as it stood on the wire, without the query.
    package var rawPath: String
    /// Decoded query items in order.
    package var query: [QueryItem]
    /// The query as it stood on the wire, without its question mark; for those who pass it on.
    package var rawQuery: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// DER of the client's certificate, verified against the server's client CA; nil when none was shown.
    package var peerCertificate: [UInt8]?
    /// `127.0.0.1:40512`, for logs.
    package var remoteAddress: String
    /// `HTTP/1.1` or `HTTP/2`.
    package var version: String

    package struct QueryItem: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        method: String, path: String, rawPath: String? = nil, query: [QueryItem] = [], rawQuery: String? = nil,
        headers: HTTPHeaders = [:], body: [UInt8] = [], peerCertificate: [UInt8]? = nil, remoteAddress: String = "",
        version: String = "HTTP/1.1"
    ) {
        self.method = method
        self.path = path
        self.rawPath = rawPath ?? path
        self.query = query
        self.rawQuery =
            rawQuery
            ?? query.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
        self.headers = headers
        self.body = body
        self.peerCertificate = peerCertificate
        self.remoteAddress = remoteAddress
        self.version = version
    }

    /// The first value of a query item.
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
    package func queryValues(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }
}

/// What a handler answers.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body

    package enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// Slices that are written one after another without being joined first.
        case slices([[UInt8]])
        /// A body that grows: the closure writes until it returns, then the response ends. It runs in a task that is
        /// cancelled when the client goes away.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
        /// `101 Switching Protocols`: after the head, the connection is the closure's, bytes both ways. HTTP/1.1 only.
        case upgrade(@Sendable (any ByteChannel) async throws -> Void)
    }

    package init(status: Int, headers: HTTPHeaders = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The writing end of a streamed response.
package protocol BodyWriter: Sendable {
    /// Returns when the bytes may be followed by more: it waits while the client is slow. Throws when the client is gone.
    func write(_ bytes: [UInt8]) async throws
    /// As `write`, but refuses to wait: false when the client has not taken what it was sent before.
    func offer(_ bytes: [UInt8]) -> Bool
}

/// A connection after an upgrade.
package protocol ByteChannel: Sendable {
    /// The next bytes; nil at the end of the stream.
    func read() async throws -> [UInt8]?
    func write(_ bytes: [UInt8]) async throws
    /// Says that no more bytes come from here; reading goes on.
    func closeWrite() async
    func close() async
}

/// Answers requests. Runs on the concurrency pool, never on an event loop.
package typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse
