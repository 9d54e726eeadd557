import HTTP

/// A WebSocket as plain bytes: what is written goes out in binary messages, what comes in is their content.
///
/// - SeeAlso: Kubernetes 1.36 `client-go/tools/portforward/tunneling_connection.go`.
package final class WebSocketByteChannel: ByteChannel {
    /// Before the name of a protocol that is spoken in SPDY frames inside the WebSocket.
    package static let tunnelPrefix = "SPDY/3.1+"
    private static let messageBytesMax = 32 * 1024

    private let connection: WebSocketConnection

    package init(_ connection: WebSocketConnection) { self.connection = connection }

    package func read() async throws -> [UInt8]? {
        while let message = try await connection.receive() {
            if !message.bytes.isEmpty { return message.bytes }
        }
        return nil
    }

    package func write(_ bytes: [UInt8]) async throws {
        for start in stride(from: 0, to: bytes.count, by: Self.messageBytesMax) {
            try await connection.send(Array(bytes[start..<min(start + Self.messageBytesMax, bytes.count)]))
        }
    }

    /// A WebSocket has no half-close: the peer is told that it is over.
    package func closeWrite() async { await connection.close(code: 1000) }

    package func close() async {
        await connection.close(code: 1000)
        await connection.end()
    }
}
