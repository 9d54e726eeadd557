import HTTP
import Synchronization

/// One stream of a SPDY connection: bytes both ways, each direction closed on its own.
package final class SPDYStream: Sendable {
    static let windowBytes = 64 * 1024
    /// No data frame is larger.
    private static let frameBytes = 32 * 1024

    package let id: UInt32
    /// What the side that opened the stream said of it.
    package let headers: [SPDYHeader]
    let inbound = ChunkQueue()
    let replied = Deferred<Void>()
    private let connection: SPDYConnection
    private let state: Mutex<State>

    private struct State {
        /// What the peer has allowed; below zero when it was not asked for permission.
        var sendWindow: Int
        var windowOpened: Deferred<Void>?
        var failure: SPDYError?
        var isWriteClosed: Bool
        var isReadClosed: Bool
        /// Taken by the reader and not yet reported to the peer.
        var consumedBytes = 0
    }

    init(
        id: UInt32, headers: [SPDYHeader], connection: SPDYConnection, sendWindow: Int, isWriteClosed: Bool, isReadClosed: Bool
    ) {
        self.id = id
        self.headers = headers
        self.connection = connection
        state = Mutex(State(sendWindow: sendWindow, isWriteClosed: isWriteClosed, isReadClosed: isReadClosed))
        if isReadClosed { inbound.finish() }
    }

    /// The first header of that name, without regard to case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The next bytes; nil at the end of the peer's side. One task at a time.
    package func read() async throws -> [UInt8]? {
        guard let chunk = try await inbound.next() else { return nil }
        let report = state.withLock { state -> Int in
            state.consumedBytes += chunk.count
            guard state.consumedBytes >= Self.windowBytes / 2, !state.isReadClosed else { return 0 }
            defer { state.consumedBytes = 0 }
            return state.consumedBytes
        }
        // To a Go runtime the frame says nothing, and one that arrives behind its close resets the connection under its last words.
        if report > 0, connection.reportsConsumption { connection.sendControl(.windowUpdate(id: id, delta: UInt32(report))) }
        return chunk
    }

    /// Returns when more may follow. Throws when the stream or the connection has ended.
    package func write(_ bytes: [UInt8]) async throws {
        var position = 0
        while position < bytes.count {
            let room = try await room(for: min(bytes.count - position, Self.frameBytes))
            try await connection.send(.data(id: id, isLast: false, bytes: Array(bytes[position..<position + room])))
            position += room
        }
    }

    /// No more bytes come from here.
    package func closeWrite() async throws {
        let (mustSend, isOver) = state.withLock { state in
            defer { state.isWriteClosed = true }
            return (!state.isWriteClosed && state.failure == nil, state.isReadClosed)
        }
        if mustSend { try await connection.send(.data(id: id, isLast: true, bytes: [])) }
        if isOver { connection.forget(id) }
    }

    private func room(for count: Int) async throws -> Int {
        while true {
            let controlled = connection.peerControlsFlow
            let (room, wait): (Int, Deferred<Void>?) = try state.withLock { state in
                if let failure = state.failure { throw failure }
                if state.isWriteClosed { throw SPDYError.closed }
                let room = controlled ? min(count, state.sendWindow) : count
                if room > 0 {
                    state.sendWindow -= room
                    return (room, nil)
                }
                if state.windowOpened == nil { state.windowOpened = Deferred() }
                return (0, state.windowOpened)
            }
            guard let wait else { return room }
            try await wait.value()
        }
    }

    // MARK: The connection's side

    func windowGrew(by delta: Int) {
        let waiting = state.withLock { state in
            state.sendWindow += delta
            defer { if state.sendWindow > 0 { state.windowOpened = nil } }
            return state.sendWindow > 0 ? state.windowOpened : nil
        }
        waiting?.resolve(.success(()))
    }

    /// The peer's last bytes have come. True when both directions are closed.
    func readEnded() -> Bool {
        inbound.finish()
        return state.withLock { state in
            state.isReadClosed = true
            return state.isWriteClosed
        }
    }

    func failed(_ error: SPDYError) {
        let waiting = state.withLock { state in
            if state.failure == nil { state.failure = error }
            defer { state.windowOpened = nil }
            return state.windowOpened
        }
        waiting?.resolve(.failure(error))
        replied.resolve(.failure(error))
        inbound.finish(throwing: error)
    }
}
