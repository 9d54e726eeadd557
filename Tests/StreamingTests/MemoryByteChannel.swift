import HTTP
import Streaming
import Synchronization

/// Two ends of a connection in memory.
final class MemoryByteChannel: ByteChannel {
    private let incoming: ChunkQueue
    private let outgoing: ChunkQueue
    /// Bytes are handed on in pieces of this size, to find out who counts on whole frames.
    private let pieceBytes: Int

    private init(incoming: ChunkQueue, outgoing: ChunkQueue, pieceBytes: Int) {
        self.incoming = incoming
        self.outgoing = outgoing
        self.pieceBytes = pieceBytes
    }

    static func pair(pieceBytes: Int = 4096) -> (MemoryByteChannel, MemoryByteChannel) {
        let (one, other) = (ChunkQueue(), ChunkQueue())
        return (
            MemoryByteChannel(incoming: one, outgoing: other, pieceBytes: pieceBytes),
            MemoryByteChannel(incoming: other, outgoing: one, pieceBytes: pieceBytes)
        )
    }

    func read() async throws -> [UInt8]? { try await incoming.next() }

    func write(_ bytes: [UInt8]) async throws {
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
            try await outgoing.send(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
        }
    }

    func closeWrite() async { outgoing.finish() }

    func close() async {
        outgoing.finish()
        incoming.finish()
    }
}
