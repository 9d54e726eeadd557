package import HTTP

/// The HTTP part of RFC 6455.
package enum WebSocketHandshake {
    /// True when the request asks for a WebSocket.
    package static func isAsked(_ headers: HTTPHeaders) -> Bool {
        headers.contains("Upgrade", token: "websocket") && headers.contains("Connection", token: "upgrade")
            && headers["Sec-WebSocket-Key"] != nil
    }

    /// The sub-protocols that the client offers, in its order; empty when it names none.
    package static func offeredProtocols(_ headers: HTTPHeaders) -> [String] {
        headers.values("Sec-WebSocket-Protocol").flatMap { $0.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) }
    }

    /// The answer that accepts, with the sub-protocol chosen (nil: none).
    package static func accept(
        _ request: HTTPRequest, subprotocol: String?, _ take: @escaping @Sendable (any ByteChannel) async throws -> Void
    ) -> HTTPResponse {
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Accept": acceptValue(key: request.headers["Sec-WebSocket-Key"] ?? ""),
        ]
        if let subprotocol { headers["Sec-WebSocket-Protocol"] = subprotocol }
        return HTTPResponse(status: 101, headers: headers, body: .upgrade(take))
    }

    /// The fields of a client's request.
    package static func requestHeaders(key: [UInt8], protocols: [String]) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": String(decoding: Base64.encode(key), as: UTF8.self),
        ]
        if !protocols.isEmpty { headers["Sec-WebSocket-Protocol"] = protocols.joined(separator: ", ") }
        return headers
    }

    package static func acceptValue(key: String) -> String {
        let hash = SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return String(decoding: Base64.encode(hash), as: UTF8.self)
    }
}
