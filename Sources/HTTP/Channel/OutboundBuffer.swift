import NIOCore
import Synchronization

/// Chunks on their way from tasks to an event loop, with back-pressure from the channel.
///
/// Chunks written within one turn of the loop are flushed together, each turn at once, so that a watch event leaves when it happens.
final class OutboundBuffer: Sendable {
    /// Bytes that may wait for the loop although the channel says it is writable.
    private static let queuedBytesMax = 256 * 1024

    private let loop: any EventLoop
    private let state = Mutex(State())

    private struct State {
        var chunks: [[UInt8]] = []
        var queuedBytes = 0
        var isWritable = true
        var isScheduled = false
        var failure: (any Error)?
        var waiters: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        var lastTicket = 0
        /// Runs on the loop: takes the chunks and writes them.
        var drain: (@Sendable () -> Void)?
    }

    init(loop: any EventLoop) { self.loop = loop }

    func onDrain(_ drain: @escaping @Sendable () -> Void) { state.withLock { $0.drain = drain } }

    /// True when the chunk was taken; false when the channel is behind or gone.
    func offer(_ bytes: [UInt8]) -> Bool {
        let (taken, drain): (Bool, (@Sendable () -> Void)?) = state.withLock { state in
            guard state.failure == nil, Self.hasRoom(state) else { return (false, nil) }
            return (true, Self.append(bytes, to: &state))
        }
        if let drain { loop.execute(drain) }
        return taken
    }

    /// Takes the chunk and returns when more may follow.
    func write(_ bytes: [UInt8]) async throws {
        let (ticket, drain): (Int?, (@Sendable () -> Void)?) = try state.withLock { state in
            if let failure = state.failure { throw failure }
            let drain = Self.append(bytes, to: &state)
            if Self.hasRoom(state) { return (nil, drain) }
            state.lastTicket += 1
            return (state.lastTicket, drain)
        }
        if let drain { loop.execute(drain) }
        if let ticket { try await waitForRoom(ticket) }
    }

    private func waitForRoom(_ ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let immediate: Result<Void, any Error>? = state.withLock { state in
                    if let failure = state.failure { return .failure(failure) }
                    if Self.hasRoom(state) { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append((ticket, continuation))
                    return nil
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// On the loop: everything that waits, in order.
    func takeAll() -> [[UInt8]] {
        state.withLock { state in
            state.isScheduled = false
            state.queuedBytes = 0
            defer { state.chunks = [] }
            return state.chunks
        }
    }

    /// On the loop, after a flush or when the channel's writability changed.
    func writabilityChanged(_ isWritable: Bool) {
        let waiters = state.withLock { state in
            state.isWritable = isWritable
            guard Self.hasRoom(state) else { return [CheckedContinuation<Void, any Error>]() }
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing leaves any more.
    func fail(_ error: any Error) {
        let waiters = state.withLock { state in
            if state.failure == nil { state.failure = error }
            state.drain = nil
            state.chunks = []
            state.queuedBytes = 0
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    private static func hasRoom(_ state: State) -> Bool { state.isWritable && state.queuedBytes < queuedBytesMax }

    private static func append(_ bytes: [UInt8], to state: inout State) -> (@Sendable () -> Void)? {
        state.chunks.append(bytes)
        state.queuedBytes += bytes.count
        if state.isScheduled { return nil }
        state.isScheduled = true
        return state.drain
    }
}
