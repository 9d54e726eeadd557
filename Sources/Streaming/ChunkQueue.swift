import HTTP
import Synchronization

/// Chunks from one task to another, with a limit: the sender waits while the reader is behind.
package final class ChunkQueue: Sendable {
    private let buffer: InboundBuffer
    /// Senders wait here while the queue is full.
    private let room = Mutex<Deferred<Void>?>(nil)

    package init(bytesMax: Int = 256 * 1024) {
        buffer = InboundBuffer(bytesMax: bytesMax)
        buffer.onResume { [weak self] in self?.release(.success(())) }
    }

    /// Returns when more may follow. After `finish` chunks are dropped.
    package func send(_ chunk: [UInt8]) async throws { try await push(chunk)?.value() }

    /// Takes the chunk at once; what it returns is to be waited for before more follow.
    func push(_ chunk: [UInt8]) -> Deferred<Void>? {
        // The append is made under the lock, so that the wait for it is in place before the reader can end it.
        room.withLock { room in
            if buffer.append(chunk) { return nil }
            if room == nil { room = Deferred() }
            return room
        }
    }

    /// The next chunk; nil at the end. One reader.
    package func next() async throws -> [UInt8]? { try await buffer.next() }

    /// Chunks that wait are still read, then the end, or the error.
    package func finish(throwing error: (any Error)? = nil) {
        buffer.finish(error.map { .failure($0) } ?? .success(()))
        release(error.map { .failure($0) } ?? .success(()))
    }

    private func release(_ result: Result<Void, any Error>) {
        let waiting = room.withLock { room in
            defer { room = nil }
            return room
        }
        waiting?.resolve(result)
    }
}
