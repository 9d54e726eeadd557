import HTTP
import Testing

@testable import Streaming

@Suite struct SPDYTests {
    @Test func `the dictionary is the one that zlib names on the wire`() {
        var (low, high): (UInt, UInt) = (1, 0)
        for byte in SPDYDictionary.bytes {
            low = (low + UInt(byte)) % 65521
            high = (high + low) % 65521
        }
        #expect(SPDYDictionary.bytes.count == 1423)
        #expect(high << 16 | low == SPDYDictionary.checksum)
    }

    @Test func `header blocks survive, and keep state between them`() throws {
        let compressor = SPDYHeaderCompressor()
        let decompressor = SPDYHeaderDecompressor()
        let lists = [
            [SPDYHeader("streamtype", "error")], [], [SPDYHeader("streamtype", "stdin"), SPDYHeader("port", "8080")],
            [SPDYHeader("x", String(repeating: "long ", count: 5000))],
        ]
        for list in lists { #expect(try decompressor.decompress(compressor.compress(list)) == list) }
        #expect(throws: SPDYHeaderError.self) { try decompressor.decompress([1, 2, 3, 4]) }
    }

    /// Written by CPython's zlib with the same dictionary.
    @Test func `reads blocks of another implementation`() throws {
        let decompressor = SPDYHeaderDecompressor()
        #expect(
            try decompressor.decompress(Self.bytes("78f9e3c6a7c202a62346703a2b294a4dcc851625aca9a08006000000ffff")) == [
                SPDYHeader("streamtype", "error")
            ])
        #expect(
            try decompressor.decompress(Self.bytes("02651c4ca9e21260768194d845e0cc6161606100000000ffff"))
                == [SPDYHeader("streamtype", "stdin"), SPDYHeader("port", "8080")])
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    static let frames: [SPDYFrame] = [
        .synStream(id: 1, isLast: true, headers: [1, 2]), .synReply(id: 1, isLast: false, headers: []),
        .resetStream(id: 3, status: 5), .settings(initialWindow: 70_000), .settings(initialWindow: nil), .ping(id: 2),
        .goAway(lastStream: 9, status: 0), .headers(id: 1, isLast: true, headers: [4]), .windowUpdate(id: 1, delta: 5),
        .data(id: 7, isLast: true, bytes: [1, 2, 3]), .data(id: 7, isLast: false, bytes: []),
    ]

    @Test(arguments: [1, 5, 1000])
    func `frames survive any cut`(piece: Int) throws {
        let bytes = Self.frames.flatMap { $0.encode() }
        var decoder = SPDYFrameDecoder()
        var found: [SPDYFrame] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            decoder.append(Array(bytes[start..<min(start + piece, bytes.count)]))
            while let frame = try decoder.next() { found.append(frame) }
        }
        #expect(found == Self.frames)
    }

    @Test(
        arguments: [
            ([0x80, 2, 0, 1, 0, 0, 0, 0], SPDYError.version(2)), ([0x80, 3, 0, 3, 0, 0, 0, 1, 0], .malformedFrame(type: 3)),
            ([0x80, 3, 0, 4, 0, 0, 0, 4, 255, 255, 255, 255], .malformedFrame(type: 4)),
            ([0, 0, 0, 1, 0, 255, 255, 255], .tooLarge(bytes: 0xff_ffff)),
        ] as [([UInt8], SPDYError)])
    func `refuses broken frames`(bytes: [UInt8], error: SPDYError) {
        var decoder = SPDYFrameDecoder()
        decoder.append(bytes)
        #expect(throws: error) { try decoder.next() }
    }

    /// Both ends in one process; the server echoes every stream and closes it.
    private func withEcho(
        before: [SPDYFrame] = [], _ body: @escaping @Sendable (SPDYConnection) async throws -> Void
    ) async throws {
        let (near, far) = MemoryByteChannel.pair()
        let client = SPDYConnection(channel: near, role: .client)
        let server = SPDYConnection(channel: far, role: .server)
        for frame in before { try await far.write(frame.encode()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            group.addTask { await server.run() }
            group.addTask {
                await withThrowingTaskGroup(of: Void.self) { echoes in
                    for await stream in server.incoming {
                        echoes.addTask {
                            while let chunk = try await stream.read() { try await stream.write(chunk) }
                            try await stream.closeWrite()
                        }
                    }
                    while (try? await echoes.next()) != nil {}  // streams that were reset fail
                }
            }
            try await body(client)
            await client.close()
            try await group.waitForAll()
        }
    }

    @Test(arguments: [[], [SPDYFrame.settings(initialWindow: 40_000)]])
    func `streams carry bytes both ways, with windows and without`(before: [SPDYFrame]) async throws {
        try await withEcho(before: before) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        let stream = try await client.openStream([SPDYHeader("streamType", "\(index)")])
                        let sent = [UInt8](repeating: UInt8(index), count: 300_000)
                        async let writing: Void = {
                            try await stream.write(sent)
                            try await stream.closeWrite()
                        }()
                        var received: [UInt8] = []
                        while let chunk = try await stream.read() { received += chunk }
                        try await writing
                        #expect(received == sent)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `open streams fail when the connection ends`() async throws {
        let (near, far) = MemoryByteChannel.pair()
        let client = SPDYConnection(channel: near, role: .client)
        async let running: Void = client.run()
        await far.close()
        await running
        await #expect(throws: SPDYError.connectionLost) { try await client.openStream([]) }
    }

    @Test func `a reset ends one stream only`() async throws {
        try await withEcho { client in
            let first = try await client.openStream([])
            let second = try await client.openStream([])
            await client.reset(first)
            await #expect(throws: SPDYError.closed) { try await first.read() }
            try await second.write([1])
            try await second.closeWrite()
            #expect(try await second.read() == [1])
            #expect(try await second.read() == nil)
        }
    }
}
