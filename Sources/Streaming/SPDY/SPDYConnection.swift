package import HTTP
import Synchronization

/// SPDY/3.1 over an upgraded connection, either side, as Kubernetes and container runtimes use it for exec, attach and port-forward.
///
/// Streams work while `run()` runs. Go's spdystream neither sends nor reads WINDOW_UPDATE: windows bind what is sent only after the
/// peer has sent one (or SETTINGS). It also drops data that arrives before it has replied, so opening a stream waits for the reply.
package final class SPDYConnection: Sendable {
    package enum Role: Sendable { case client, server }

    private static let streamsMax = 1000
    private static let statusProtocolError: UInt32 = 1
    private static let statusRefused: UInt32 = 3

    private let channel: any ByteChannel
    private let role: Role
    private let outbox = ChunkQueue()
    private let state: Mutex<State>
    /// Streams that the peer opened.
    package let incoming: AsyncStream<SPDYStream>
    private let opened: AsyncStream<SPDYStream>.Continuation

    private struct State {
        var decoder = SPDYFrameDecoder()
        let compressor = SPDYHeaderCompressor()
        let decompressor = SPDYHeaderDecompressor()
        var streams: [UInt32: SPDYStream] = [:]
        var nextID: UInt32
        var sendWindow = SPDYStream.windowBytes
        var peerControlsFlow = false
        var hasEnded = false
    }

    package init(channel: any ByteChannel, role: Role) {
        self.channel = channel
        self.role = role
        state = Mutex(State(nextID: role == .client ? 1 : 2))
        (incoming, opened) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.streamsMax))
    }

    /// Moves frames until the connection ends, by either side or by cancellation. Streams that are open then fail.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.writeFrames() }
            group.addTask { try? await self.readFrames() }
            await group.next()
            group.cancelAll()
        }
        end()
        await channel.close()
    }

    /// Opens a stream and waits until the peer has accepted it.
    ///
    /// - Parameter isWriteClosed: Nothing will be written; the peer learns it with the opening.
    package func openStream(_ headers: [SPDYHeader], isWriteClosed: Bool = false) async throws -> SPDYStream {
        let (stream, wait): (SPDYStream, Deferred<Void>?) = try state.withLock { state in
            if state.hasEnded { throw SPDYError.connectionLost }
            let stream = SPDYStream(
                id: state.nextID, headers: headers, connection: self, sendWindow: state.sendWindow,
                isWriteClosed: isWriteClosed, isReadClosed: false)
            state.streams[stream.id] = stream
            state.nextID += 2
            let block = state.compressor.compress(headers.map { SPDYHeader($0.name.lowercased(), $0.value) })
            // Under the lock, because blocks must leave in the order in which they were compressed.
            return (stream, outbox.push(SPDYFrame.synStream(id: stream.id, isLast: isWriteClosed, headers: block).encode()))
        }
        try await wait?.value()
        try await stream.replied.value()
        return stream
    }

    /// Ends the connection after what was written.
    package func close() async {
        try? await send(.goAway(lastStream: 0, status: 0))
        outbox.finish()
    }

    package func reset(_ stream: SPDYStream) async {
        stream.failed(.closed)
        forget(stream.id)
        try? await send(.resetStream(id: stream.id, status: 5))
    }

    // MARK: For streams

    var peerControlsFlow: Bool { state.withLock { $0.peerControlsFlow } }

    var reportsConsumption: Bool { role == .server || peerControlsFlow }

    func send(_ frame: SPDYFrame) async throws {
        if state.withLock({ $0.hasEnded }) { throw SPDYError.connectionLost }
        try await outbox.send(frame.encode())
    }

    /// As `send`, without waiting for room: whoever reads must not depend on the peer's reading, or both sides could wait for ever.
    func sendControl(_ frame: SPDYFrame) { _ = outbox.push(frame.encode()) }

    func forget(_ id: UInt32) { state.withLock { $0.streams[id] = nil } }

    // MARK: Frames

    private func writeFrames() async throws {
        while let bytes = try await outbox.next() { try await channel.write(bytes) }
    }

    private func readFrames() async throws {
        while true {
            while let frame = try state.withLock({ state in try state.decoder.next() }) {
                if case .goAway = frame { return }
                try await handle(frame)
            }
            guard let chunk = try await channel.read() else { return }
            state.withLock { $0.decoder.append(chunk) }
        }
    }

    private func handle(_ frame: SPDYFrame) async throws {
        switch frame {
        case .synStream(let id, let isLast, let block): try accept(id, isLast, block)
        case .synReply(let id, let isLast, let block):
            let stream = try state.withLock { state in
                _ = try state.decompressor.decompress(block)
                return state.streams[id]
            }
            stream?.replied.resolve(.success(()))
            if isLast { endOfRead(id) }
        case .headers(_, let isLast, let block):
            _ = try state.withLock { state in try state.decompressor.decompress(block) }
            if isLast, case .headers(let id, _, _) = frame { endOfRead(id) }
        case .data(let id, let isLast, let bytes):
            if let stream = state.withLock({ $0.streams[id] }) {
                if !bytes.isEmpty { try? await stream.inbound.send(bytes) }
                if isLast { endOfRead(id) }
            } else if !isLast {
                sendControl(.resetStream(id: id, status: 2))
            }
        case .resetStream(let id, let status):
            state.withLock { $0.streams.removeValue(forKey: id) }?.failed(.reset(status: status))
        case .settings(let window):
            let (streams, delta) = state.withLock { state in
                state.peerControlsFlow = true
                let delta = window.map { Int($0) - state.sendWindow } ?? 0
                state.sendWindow += delta
                return (Array(state.streams.values), delta)
            }
            for stream in streams { stream.windowGrew(by: delta) }
        case .windowUpdate(let id, let delta):
            let stream = state.withLock { state in
                state.peerControlsFlow = true
                return state.streams[id]
            }
            stream?.windowGrew(by: Int(delta))
        case .ping(let id):
            // A ping of the peer's parity is its question; ours are not asked.
            if (id % 2 == 1) == (role == .server) { sendControl(.ping(id: id)) }
        case .goAway, .unknown: break
        }
    }

    private func accept(_ id: UInt32, _ isLast: Bool, _ block: [UInt8]) throws {
        let stream: SPDYStream? = try state.withLock { state in
            let headers = try state.decompressor.decompress(block)
            let isTheirs = (id % 2 == 1) == (role == .server)
            guard isTheirs, state.streams[id] == nil, state.streams.count < Self.streamsMax else {
                let status = isTheirs ? Self.statusRefused : Self.statusProtocolError
                _ = outbox.push(SPDYFrame.resetStream(id: id, status: status).encode())
                return nil
            }
            let stream = SPDYStream(
                id: id, headers: headers, connection: self, sendWindow: state.sendWindow, isWriteClosed: false,
                isReadClosed: isLast)
            stream.replied.resolve(.success(()))
            state.streams[id] = stream
            let reply = state.compressor.compress([])
            _ = outbox.push(SPDYFrame.synReply(id: id, isLast: false, headers: reply).encode())
            return stream
        }
        if let stream { opened.yield(stream) }
    }

    private func endOfRead(_ id: UInt32) {
        if let stream = state.withLock({ $0.streams[id] }), stream.readEnded() { forget(id) }
    }

    private func end() {
        let streams = state.withLock { state in
            state.hasEnded = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.failed(.connectionLost) }
        outbox.finish()
        opened.finish()
    }
}
