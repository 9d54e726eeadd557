package import HTTP
import Synchronization

/// A WebSocket over an upgraded connection: whole messages in and out; pings are answered, the closing handshake is kept.
package final class WebSocketConnection: Sendable {
    package enum Role: Sendable { case server, client }

    package struct Message: Hashable, Sendable {
        package var bytes: [UInt8]
        package var isText: Bool
    }

    private let channel: any ByteChannel
    private let role: Role
    private let state: Mutex<State>

    private struct State {
        var decoder: WebSocketFrameDecoder
        /// The message whose fragments are arriving.
        var partial: Message?
        var isCloseSent = false
        var isCloseReceived = false
    }

    private enum Step {
        case message(Message)
        case pong([UInt8])
        case close([UInt8])
        case needsBytes
        case skip
    }

    package init(channel: any ByteChannel, role: Role) {
        self.channel = channel
        self.role = role
        state = Mutex(State(decoder: WebSocketFrameDecoder(expectsMask: role == .server)))
    }

    /// The next message; nil when the peer has closed, with a Close frame or without. One task at a time; a cancelled wait loses nothing.
    package func receive() async throws -> Message? {
        while true {
            if state.withLock({ $0.isCloseReceived }) { return nil }
            let step: Step
            do {
                step = try state.withLock { state in try Self.step(&state) }
            } catch {
                await close(code: 1002)
                throw error
            }
            switch step {
            case .message(let message): return message
            case .pong(let payload): try await send(WebSocketFrame(opcode: .pong, payload: payload))
            case .close(let payload):
                if state.withLock({ Self.markCloseSent(&$0) }) {
                    try? await send(WebSocketFrame(opcode: .close, payload: Array(payload.prefix(2))))
                }
                return nil
            case .needsBytes:
                guard let chunk = try await channel.read() else { return nil }
                state.withLock { $0.decoder.append(chunk) }
            case .skip: break
            }
        }
    }

    package func send(_ bytes: [UInt8], isText: Bool = false) async throws {
        try await send(WebSocketFrame(opcode: isText ? .text : .binary, payload: bytes))
    }

    package func ping() async throws { try await send(WebSocketFrame(opcode: .ping, payload: [])) }

    /// Sends a Close frame, once; the peer's answer ends `receive`.
    package func close(code: UInt16) async {
        guard state.withLock({ Self.markCloseSent(&$0) }) else { return }
        try? await send(WebSocketFrame(opcode: .close, payload: [UInt8(code >> 8), UInt8(code & 0xff)]))
    }

    /// Ends the connection below, whatever the peer says.
    package func end() async { await channel.close() }

    private func send(_ frame: WebSocketFrame) async throws {
        try await channel.write(frame.encode(mask: role == .client ? .random(in: .min ... .max) : nil))
    }

    private static func markCloseSent(_ state: inout State) -> Bool {
        defer { state.isCloseSent = true }
        return !state.isCloseSent
    }

    private static func step(_ state: inout State) throws(WebSocketError) -> Step {
        guard let frame = try state.decoder.next() else { return .needsBytes }
        switch frame.opcode {
        case .ping: return .pong(frame.payload)
        case .pong: return .skip
        case .close:
            state.isCloseReceived = true
            return .close(frame.payload)
        case .text, .binary:
            if state.partial != nil { throw .badFragment }
            let message = Message(bytes: frame.payload, isText: frame.opcode == .text)
            if frame.isFinal { return .message(message) }
            state.partial = message
            return .skip
        case .continuation:
            guard var message = state.partial else { throw .badFragment }
            state.partial = nil
            message.bytes += frame.payload
            if message.bytes.count > WebSocketFrameDecoder.payloadBytesMax { throw .tooLarge(bytes: message.bytes.count) }
            if frame.isFinal { return .message(message) }
            state.partial = message
            return .skip
        }
    }
}
