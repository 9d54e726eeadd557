import HTTP
import Testing

@testable import Streaming

@Suite struct WebSocketTests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `base64 both ways`(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == Array(coded.utf8))
        #expect(Base64.decode(Array(coded.utf8)) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=a", "Z===", "Z!==", "===="])
    func `refuses broken base64`(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test func `hashes as FIPS 180 says`() {
        #expect(Self.hex(SHA1.hash(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            Self.hex(SHA1.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            Self.hex(SHA1.hash(Array(repeating: UInt8(ascii: "a"), count: 1_000_000)))
                == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func `accepts as RFC 6455 shows`() {
        #expect(WebSocketHandshake.acceptValue(key: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `chooses the client's first protocol that it speaks`() {
        #expect(ChannelProtocol.choose(["v9.channel.k8s.io", "v5.channel.k8s.io", "v4.channel.k8s.io"]) == .v5)
        #expect(ChannelProtocol.choose(["v4.channel.k8s.io"]) == .v4)
        #expect(ChannelProtocol.choose([]) == .v1)
        #expect(ChannelProtocol.choose(["chat"]) == nil)
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 100_000], [nil, 0x1234_5678] as [UInt32?])
    func `frames survive any cut`(count: Int, mask: UInt32?) throws {
        let frame = WebSocketFrame(opcode: .binary, payload: (0..<count).map { UInt8($0 % 251) })
        let bytes = frame.encode(mask: mask)
        for piece in [bytes.count, 7, 1000] where count < 1000 || piece > 7 {
            var decoder = WebSocketFrameDecoder(expectsMask: mask != nil)
            var found: [WebSocketFrame] = []
            for start in stride(from: 0, to: bytes.count, by: piece) {
                decoder.append(Array(bytes[start..<min(start + piece, bytes.count)]))
                while let next = try decoder.next() { found.append(next) }
            }
            #expect(found == [frame])
        }
    }

    @Test(
        arguments: [
            ([0xc2, 0x80], WebSocketError.reservedBits), ([0x83, 0x80], .unknownOpcode(3)), ([0x82, 0x01], .masked(false)),
            ([0x89, 0xfe, 0, 126, 0, 0, 0, 0], .badControlFrame), ([0x09, 0x80, 0, 0, 0, 0], .badControlFrame),
            ([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], .tooLarge(bytes: 1 << 32)),
        ] as [([UInt8], WebSocketError)])
    func `refuses broken frames`(bytes: [UInt8], error: WebSocketError) {
        var decoder = WebSocketFrameDecoder(expectsMask: true)
        decoder.append(bytes)
        #expect(throws: error) { try decoder.next() }
    }

    @Test func `joins fragments, answers pings, keeps the closing handshake`() async throws {
        let (near, far) = MemoryByteChannel.pair(pieceBytes: 3)
        let server = WebSocketConnection(channel: near, role: .server)
        for frame in [
            WebSocketFrame(opcode: .binary, isFinal: false, payload: [1, 2]), WebSocketFrame(opcode: .ping, payload: [9]),
            WebSocketFrame(opcode: .continuation, payload: [3]), WebSocketFrame(opcode: .text, payload: [65]),
            WebSocketFrame(opcode: .close, payload: [3, 232, 70]),
        ] { try await far.write(frame.encode(mask: 77)) }
        #expect(try await server.receive() == .init(bytes: [1, 2, 3], isText: false))
        #expect(try await server.receive() == .init(bytes: [65], isText: true))
        #expect(try await server.receive() == nil)
        await near.close()
        var answer: [UInt8] = []
        while let chunk = try await far.read() { answer += chunk }
        #expect(
            answer == WebSocketFrame(opcode: .pong, payload: [9]).encode(mask: nil)
                + WebSocketFrame(opcode: .close, payload: [3, 232]).encode(mask: nil))
    }

    @Test(arguments: ChannelProtocol.allCases)
    func `channels carry bytes both ways`(channelProtocol: ChannelProtocol) async throws {
        let (near, far) = MemoryByteChannel.pair()
        let server = WebSocketChannels(channel: near, protocol: channelProtocol)
        let client = WebSocketChannels(channel: far, protocol: channelProtocol, role: .client)
        try await client.write(channel: 0, [0, 255, 7])
        try await client.write(channel: 4, Array(#"{"Width":80,"Height":24}"#.utf8))
        try await client.closeChannel(0)
        #expect(try await server.read() == .data(channel: 0, [0, 255, 7]))
        #expect(try await server.read() == .data(channel: 4, Array(#"{"Width":80,"Height":24}"#.utf8)))
        if channelProtocol == .v5 { #expect(try await server.read() == .closed(channel: 0)) }
        try await server.write(channel: 1, [])
        async let finished: Void = server.finish(.success)
        #expect(try await client.read() == .data(channel: 1, []))
        if channelProtocol.carriesStatus {
            #expect(try await client.read() == .data(channel: 3, RemoteCommandStatus.success.document))
        }
        #expect(try await client.read() == nil)
        await finished
    }
}
