package import HTTP

/// A Kubernetes remote-command sub-protocol: several numbered byte streams in one WebSocket.
///
/// Agrees with Kubernetes 1.36 `k8s.io/apimachinery/pkg/util/remotecommand` and `k8s.io/cri-streaming` (websocket.go).
package enum ChannelProtocol: String, CaseIterable, Sendable {
    /// As v4, and a channel can be closed on its own.
    case v5 = "v5.channel.k8s.io"
    /// The error channel carries a `Status` document.
    case v4 = "v4.channel.k8s.io"
    case v4Base64 = "v4.base64.channel.k8s.io"
    /// The error channel carries text, and only after a failure. Also spoken where the client names no protocol.
    case v1 = "channel.k8s.io"
    case v1Base64 = "base64.channel.k8s.io"

    var isBase64: Bool { self == .v4Base64 || self == .v1Base64 }
    var carriesStatus: Bool { self != .v1 && self != .v1Base64 }

    /// The first offer that we speak; nil when there are offers and none will do.
    package static func choose(_ offered: [String]) -> ChannelProtocol? {
        offered.isEmpty ? .v1 : offered.lazy.compactMap(ChannelProtocol.init(rawValue:)).first
    }
}

/// The numbered streams of a remote command (`stdin` 0 ... `resize` 4) over one WebSocket.
package final class WebSocketChannels: Sendable {
    package enum Channel {
        package static let stdin: UInt8 = 0
        package static let stdout: UInt8 = 1
        package static let stderr: UInt8 = 2
        package static let error: UInt8 = 3
        package static let resize: UInt8 = 4
        /// v5: the payload names the channel that ends.
        static let close: UInt8 = 255
    }

    package enum Message: Hashable, Sendable {
        case data(channel: UInt8, [UInt8])
        case closed(channel: UInt8)
    }

    /// How long `finish` waits for the peer's Close frame.
    private static let closeTimeLimit = Duration.seconds(5)

    private let connection: WebSocketConnection
    private let channelProtocol: ChannelProtocol

    package init(channel: any ByteChannel, protocol channelProtocol: ChannelProtocol, role: WebSocketConnection.Role = .server) {
        connection = WebSocketConnection(channel: channel, role: role)
        self.channelProtocol = channelProtocol
    }

    /// Whether clients of this protocol wait for a first message.
    package var announcesSession: Bool { channelProtocol != .v5 }

    /// The next message; nil when the peer has closed. One task at a time. Messages without a channel are skipped.
    package func read() async throws -> Message? {
        while let message = try await connection.receive() {
            guard let number = message.bytes.first else { continue }
            let payload = message.bytes.dropFirst()
            if channelProtocol.isBase64 {
                guard number >= UInt8(ascii: "0"), let bytes = Base64.decode(payload) else { throw WebSocketError.badFragment }
                return .data(channel: number - UInt8(ascii: "0"), bytes)
            }
            if number == Channel.close, channelProtocol == .v5 {
                guard let closed = payload.first else { continue }
                return .closed(channel: closed)
            }
            return .data(channel: number, Array(payload))
        }
        return nil
    }

    package func write(channel: UInt8, _ bytes: [UInt8]) async throws {
        if channelProtocol.isBase64 {
            try await connection.send([UInt8(ascii: "0") + channel] + Base64.encode(bytes), isText: true)
        } else {
            try await connection.send([channel] + bytes)
        }
    }

    /// Says that a channel ends (v5); elsewhere nothing can say it.
    package func closeChannel(_ channel: UInt8) async throws {
        if channelProtocol == .v5 { try await connection.send([Channel.close, channel]) }
    }

    /// Server: tells the command's outcome, closes, and waits for the peer to close. No other task may be in `read`.
    package func finish(_ status: RemoteCommandStatus) async {
        if channelProtocol.carriesStatus {
            try? await write(channel: Channel.error, status.document)
        } else if let text = status.failureText {
            try? await write(channel: Channel.error, Array(text.utf8))
        }
        await close()
    }

    /// Closes and waits for the peer's answer, a short while.
    package func close() async {
        await connection.close(code: 1000)
        let connection = connection
        _ = await withTimeLimit(Self.closeTimeLimit) { while try await connection.receive() != nil {} }
    }
}
