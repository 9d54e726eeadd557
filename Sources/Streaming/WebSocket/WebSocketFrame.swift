/// One frame of RFC 6455.
struct WebSocketFrame: Hashable, Sendable {
    enum Opcode: UInt8, Sendable { case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 }

    var opcode: Opcode
    var isFinal = true
    var payload: [UInt8]

    /// - Parameter mask: Given by clients, whose frames must be masked; nil for servers.
    func encode(mask: UInt32?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 14)
        bytes.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(maskBit | UInt8(payload.count))
        case ..<65536: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 0xff)) }
        }
        guard let mask else { return bytes + payload }
        let key = Self.bytes(of: mask)
        bytes += key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    static func bytes(of mask: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: mask >> UInt32($0)) } }
}

/// A peer broke RFC 6455, or a limit of ours.
package enum WebSocketError: Error, Hashable, Sendable {
    case reservedBits
    case unknownOpcode(UInt8)
    case masked(Bool)
    case tooLarge(bytes: Int)
    case badControlFrame
    case badFragment
}

/// Bytes in, frames out, however the bytes are cut.
struct WebSocketFrameDecoder: Sendable {
    static let payloadBytesMax = 4 * 1024 * 1024

    /// A server demands masked frames, a client refuses them.
    let expectsMask: Bool
    private var bytes: [UInt8] = []
    private var start = 0

    init(expectsMask: Bool) { self.expectsMask = expectsMask }

    mutating func append(_ chunk: [UInt8]) {
        if start == bytes.count {
            bytes = chunk
        } else {
            bytes.removeFirst(start)
            bytes += chunk
        }
        start = 0
    }

    /// Nil when more bytes are needed.
    mutating func next() throws(WebSocketError) -> WebSocketFrame? {
        let available = bytes.count - start
        guard available >= 2 else { return nil }
        let first = bytes[start]
        let second = bytes[start + 1]
        if first & 0x70 != 0 { throw .reservedBits }
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 15) else { throw .unknownOpcode(first & 15) }
        let isMasked = second & 0x80 != 0
        if isMasked != expectsMask { throw .masked(isMasked) }
        let lengthBytes = second & 0x7f == 127 ? 8 : second & 0x7f == 126 ? 2 : 0
        let header = 2 + lengthBytes + (isMasked ? 4 : 0)
        guard available >= header else { return nil }
        var length = UInt64(second & 0x7f)
        if lengthBytes > 0 {
            length = bytes[start + 2..<start + 2 + lengthBytes].reduce(0) { $0 << 8 | UInt64($1) }
        }
        if length > UInt64(Self.payloadBytesMax) { throw .tooLarge(bytes: Int(clamping: length)) }
        if opcode.rawValue >= 8, length > 125 || first & 0x80 == 0 { throw .badControlFrame }
        guard available >= header + Int(length) else { return nil }
        let body = start + header
        var payload = Array(bytes[body..<body + Int(length)])
        if isMasked {
            let key = Array(bytes[body - 4..<body])
            for index in payload.indices { payload[index] ^= key[index & 3] }
        }
        start = body + Int(length)
        return WebSocketFrame(opcode: opcode, isFinal: first & 0x80 != 0, payload: payload)
    }
}
