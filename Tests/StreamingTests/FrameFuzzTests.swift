import HTTP
import Support
import Testing

@testable import Streaming

/// Broken frames from seeds: decoders end in an error or wait for more, with bounded memory.
@Suite struct FrameFuzzTests {
    @Test(arguments: 0..<40)
    func `WebSocket frames`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        for _ in 0..<100 {
            let isServer = Bool.random(using: &mutator.random)
            let good = [
                WebSocketFrame(opcode: .text, isFinal: false, payload: Array("hello".utf8)),
                WebSocketFrame(opcode: .ping, payload: []), WebSocketFrame(opcode: .continuation, payload: mutator.noise(130)),
                WebSocketFrame(opcode: .close, payload: [3, 232]),
            ].flatMap { $0.encode(mask: isServer ? 0x0102_0304 : nil) }
            let bytes = mutator.mutate(
                good, with: [[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x81, 0xfe, 0xff, 0xff]])
            var decoder = WebSocketFrameDecoder(expectsMask: isServer)
            var rest = bytes[...]
            var frames = 0
            do throws(WebSocketError) {
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...9, using: &mutator.random))
                    rest = rest.dropFirst(piece.count)
                    decoder.append(Array(piece))
                    while let frame = try decoder.next() {
                        frames += 1
                        #expect(frame.payload.count <= WebSocketFrameDecoder.payloadBytesMax)
                    }
                }
            } catch {}
            #expect(frames <= bytes.count / 2, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<20)
    func `a WebSocket's messages end with the connection`(seed: Int) async throws {
        var mutator = ByteMutator(seed: UInt64(seed))
        for _ in 0..<20 {
            let good = [
                WebSocketFrame(opcode: .binary, isFinal: false, payload: mutator.noise(20)),
                WebSocketFrame(opcode: .ping, payload: [1]), WebSocketFrame(opcode: .continuation, payload: [0, 1]),
                WebSocketFrame(opcode: .binary, payload: [255, 0]), WebSocketFrame(opcode: .close, payload: [3, 232]),
            ].flatMap { $0.encode(mask: 7) }
            let (near, far) = MemoryByteChannel.pair(pieceBytes: 5)
            try await near.write(mutator.mutate(good))
            await near.closeWrite()
            let channels = WebSocketChannels(channel: far, protocol: .v5)
            do { while try await channels.read() != nil {} } catch {}
            await near.close()
        }
    }

    @Test(arguments: 0..<40)
    func `SPDY frames`(seed: Int) {
        var mutator = ByteMutator(seed: UInt64(seed))
        let compressor = SPDYHeaderCompressor()
        for _ in 0..<100 {
            let block = compressor.compress([SPDYHeader("streamtype", "data"), SPDYHeader("port", "80")])
            let good = [
                SPDYFrame.synStream(id: 1, isLast: false, headers: block), .data(id: 1, isLast: false, bytes: mutator.noise(20)),
                .settings(initialWindow: 1000), .windowUpdate(id: 1, delta: 5), .ping(id: 1), .resetStream(id: 1, status: 1),
                .goAway(lastStream: 1, status: 0),
            ].flatMap { $0.encode() }
            let bytes = mutator.mutate(
                good, with: [[0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff], [0x80, 3, 0, 4, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]])
            var decoder = SPDYFrameDecoder()
            let decompressor = SPDYHeaderDecompressor()
            decoder.append(bytes)
            do {
                while let frame = try decoder.next() {
                    guard case .synStream(_, _, let headers) = frame else { continue }
                    _ = try decompressor.decompress(headers)
                }
            } catch {}
        }
    }

    @Test(arguments: 0..<20)
    func `a SPDY connection ends when its peer breaks the rules`(seed: Int) async throws {
        var mutator = ByteMutator(seed: UInt64(seed))
        for _ in 0..<10 {
            let compressor = SPDYHeaderCompressor()
            let block = compressor.compress([SPDYHeader("streamtype", "error")])
            let good = [
                SPDYFrame.synStream(id: 1, isLast: true, headers: block), .data(id: 1, isLast: true, bytes: [1]),
                .synStream(id: 1, isLast: true, headers: block), .synReply(id: 9, isLast: false, headers: block),
                .headers(id: 3, isLast: true, headers: block), .windowUpdate(id: 0, delta: 0x7fff_ffff),
                .settings(initialWindow: 0xffff_ffff), .data(id: 77, isLast: false, bytes: [2]),
            ].flatMap { $0.encode() }
            let (near, far) = MemoryByteChannel.pair()
            let connection = SPDYConnection(channel: far, role: .server)
            try await near.write(mutator.mutate(good))
            await near.closeWrite()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await connection.run() }
                group.addTask { while let bytes = try? await near.read(), !bytes.isEmpty {} }
                for await stream in connection.incoming {
                    group.addTask { while let bytes = try? await stream.read(), !bytes.isEmpty {} }
                }
            }
        }
    }
}
