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
        var waiters = Waiters<Void>()
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
            return (state.waiters.ticket(), drain)
        }
        if let drain { loop.execute(drain) }
        if let ticket { try await waitForRoom(ticket) }
    }

    private func waitForRoom(_ ticket: Int) async throws {
        try await Waiters<Void>.wait { continuation in
            state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                if Self.hasRoom(state) { return .success(()) }
                if Task.isCancelled { return .failure(CancellationError()) }
                state.waiters.add(continuation, ticket: ticket)
                return nil
            }
        } leaving: {
            state.withLock { $0.waiters.remove(ticket: ticket) }
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
            return Self.hasRoom(state) ? state.waiters.takeAll() : []
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
            return state.waiters.takeAll()
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
