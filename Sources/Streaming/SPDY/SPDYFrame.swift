/// One frame of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00 with stream windows). Header blocks are still compressed.
enum SPDYFrame: Hashable, Sendable {
    case synStream(id: UInt32, isLast: Bool, headers: [UInt8])
    case synReply(id: UInt32, isLast: Bool, headers: [UInt8])
    case resetStream(id: UInt32, status: UInt32)
    /// Only the initial window is looked at (id 7).
    case settings(initialWindow: UInt32?)
    case ping(id: UInt32)
    case goAway(lastStream: UInt32, status: UInt32)
    case headers(id: UInt32, isLast: Bool, headers: [UInt8])
    case windowUpdate(id: UInt32, delta: UInt32)
    case data(id: UInt32, isLast: Bool, bytes: [UInt8])
    /// A frame that means nothing to us and is skipped.
    case unknown(type: UInt16)

    private static let initialWindowSetting: UInt32 = 7

    func encode() -> [UInt8] {
        switch self {
        case .synStream(let id, let isLast, let headers):
            Self.control(1, isLast, BigEndian.bytes(id) + BigEndian.bytes(0) + [0, 0] + headers)
        case .synReply(let id, let isLast, let headers): Self.control(2, isLast, BigEndian.bytes(id) + headers)
        case .resetStream(let id, let status): Self.control(3, false, BigEndian.bytes(id) + BigEndian.bytes(status))
        case .settings(let window):
            Self.control(
                4, false,
                window.map { BigEndian.bytes(1) + BigEndian.bytes(Self.initialWindowSetting) + BigEndian.bytes($0) }
                    ?? BigEndian.bytes(0))
        case .ping(let id): Self.control(6, false, BigEndian.bytes(id))
        case .goAway(let last, let status): Self.control(7, false, BigEndian.bytes(last) + BigEndian.bytes(status))
        case .headers(let id, let isLast, let headers): Self.control(8, isLast, BigEndian.bytes(id) + headers)
        case .windowUpdate(let id, let delta): Self.control(9, false, BigEndian.bytes(id) + BigEndian.bytes(delta))
        case .data(let id, let isLast, let bytes):
            BigEndian.bytes(id) + BigEndian.bytes((isLast ? 1 << 24 : 0) | UInt32(bytes.count)) + bytes
        case .unknown(let type): Self.control(type, false, [])
        }
    }

    private static func control(_ type: UInt16, _ isLast: Bool, _ body: [UInt8]) -> [UInt8] {
        [0x80, 3, UInt8(type >> 8), UInt8(type & 0xff)] + BigEndian.bytes((isLast ? 1 << 24 : 0) | UInt32(body.count)) + body
    }

    /// Nil when the body is too short for its type.
    static func parse(control type: UInt16, isLast: Bool, body: ArraySlice<UInt8>) -> SPDYFrame? {
        func number(at offset: Int) -> UInt32? {
            guard body.count >= offset + 4 else { return nil }
            return BigEndian.number(body[body.startIndex + offset..<body.startIndex + offset + 4])
        }
        let id = number(at: 0).map { $0 & 0x7fff_ffff }
        switch type {
        case 1:
            guard let id, body.count >= 10 else { return nil }
            return .synStream(id: id, isLast: isLast, headers: Array(body.dropFirst(10)))
        case 2: return id.map { .synReply(id: $0, isLast: isLast, headers: Array(body.dropFirst(4))) }
        case 3: return id.flatMap { id in number(at: 4).map { .resetStream(id: id, status: $0) } }
        case 4:
            guard let count = number(at: 0), body.count >= 4 + 8 * Int(count) else { return nil }
            let window = (0..<Int(count)).last { number(at: 4 + 8 * $0).map { $0 & 0xff_ffff } == initialWindowSetting }
            return .settings(initialWindow: window.flatMap { number(at: 8 + 8 * $0) })
        case 6: return number(at: 0).map { .ping(id: $0) }
        case 7: return id.map { .goAway(lastStream: $0, status: number(at: 4) ?? 0) }
        case 8: return id.map { .headers(id: $0, isLast: isLast, headers: Array(body.dropFirst(4))) }
        case 9: return id.flatMap { id in number(at: 4).map { .windowUpdate(id: id, delta: $0 & 0x7fff_ffff) } }
        default: return .unknown(type: type)
        }
    }
}

/// What can be wrong with a SPDY connection.
package enum SPDYError: Error, Hashable, Sendable {
    case version(UInt16)
    case tooLarge(bytes: Int)
    case malformedFrame(type: UInt16)
    case malformedHeaders
    /// The connection ended while the stream was open.
    case connectionLost
    /// The peer reset the stream; the status is SPDY's.
    case reset(status: UInt32)
    case closed
}

/// Bytes in, frames out, however the bytes are cut.
struct SPDYFrameDecoder: Sendable {
    static let frameBytesMax = 1024 * 1024

    private var bytes: [UInt8] = []
    private var start = 0

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
    mutating func next() throws(SPDYError) -> SPDYFrame? {
        guard bytes.count - start >= 8 else { return nil }
        let first = BigEndian.number(bytes[start..<start + 4])
        let second = BigEndian.number(bytes[start + 4..<start + 8])
        let length = Int(second & 0xff_ffff)
        let isLast = second >> 24 & 1 == 1
        if length > Self.frameBytesMax { throw .tooLarge(bytes: length) }
        guard bytes.count - start >= 8 + length else { return nil }
        let body = bytes[start + 8..<start + 8 + length]
        start += 8 + length
        if first >> 31 == 0 { return .data(id: first, isLast: isLast, bytes: Array(body)) }
        let version = UInt16(first >> 16 & 0x7fff)
        if version != 3 { throw .version(version) }
        let type = UInt16(first & 0xffff)
        guard let frame = SPDYFrame.parse(control: type, isLast: isLast, body: body) else { throw .malformedFrame(type: type) }
        return frame
    }
}
