import Synchronization

/// Chunks on their way from an event loop to one reading task. Past `bytesMax` the loop is asked to stop reading its socket.
package final class InboundBuffer: Sendable {
    private let bytesMax: Int
    private let state = Mutex(State())

    private struct State {
        var chunks: [[UInt8]] = []
        /// Chunks before this position have been taken.
        var first = 0
        var bytes = 0
        var isPaused = false
        /// Set when no more chunks come; a failure or a plain end.
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<[UInt8]?, any Error>?
        /// Asks the loop to read on.
        var resumeReading: (@Sendable () -> Void)?
    }

    package init(bytesMax: Int = 256 * 1024) { self.bytesMax = bytesMax }

    /// `resume` is called from any thread after `append` returned false and half of the chunks were taken.
    package func onResume(_ resume: (@Sendable () -> Void)?) { state.withLock { $0.resumeReading = resume } }

    /// False when the reader is far behind: stop reading the socket.
    package func append(_ chunk: [UInt8]) -> Bool {
        let (waiter, goOn): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            if state.end != nil { return (nil, true) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            state.chunks.append(chunk)
            state.bytes += chunk.count
            state.isPaused = state.bytes >= bytesMax
            return (nil, !state.isPaused)
        }
        waiter?.resume(returning: chunk)
        return goOn
    }

    /// Chunks that are waiting are still delivered. Only the first call counts.
    package func finish(_ end: Result<Void, any Error>) {
        let waiter: CheckedContinuation<[UInt8]?, any Error>? = state.withLock { state in
            guard state.end == nil else { return nil }
            state.end = end
            state.resumeReading = nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: end.map { nil })
    }

    /// The next chunk, nil at the end. One task at a time; a cancelled wait loses nothing.
    package func next() async throws -> [UInt8]? {
        if let taken = take() { return try taken.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let taken = take(orWait: continuation) { continuation.resume(with: taken) }
            }
        } onCancel: {
            let waiter: CheckedContinuation<[UInt8]?, any Error>? = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private func take(
        orWait continuation: CheckedContinuation<[UInt8]?, any Error>? = nil
    ) -> Result<[UInt8]?, any Error>? {
        let (result, resume): (Result<[UInt8]?, any Error>?, (@Sendable () -> Void)?) = state.withLock { state in
            if state.first < state.chunks.count {
                let chunk = state.chunks[state.first]
                state.chunks[state.first] = []
                state.first += 1
                state.bytes -= chunk.count
                if state.first == state.chunks.count {
                    state.chunks.removeAll(keepingCapacity: state.chunks.count <= 16)
                    state.first = 0
                }
                guard state.isPaused, state.bytes <= bytesMax / 2 else { return (.success(chunk), nil) }
                state.isPaused = false
                return (.success(chunk), state.resumeReading)
            }
            if let end = state.end { return (end.map { nil }, nil) }
            guard let continuation else { return (nil, nil) }
            if Task.isCancelled { return (.failure(CancellationError()), nil) }
            precondition(state.waiter == nil, "two tasks read the same stream")
            state.waiter = continuation
            return (nil, nil)
        }
        resume?()
        return result
    }
}
