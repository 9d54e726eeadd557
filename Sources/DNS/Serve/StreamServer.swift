import CLinux
import Glibc
import NetworkTypes
import Synchronization

/// What TCP clients may take.
package struct StreamLimits: Hashable, Sendable {
    package var connections: Int
    package var connectionsPerClient: Int
    /// How long a connection may do nothing.
    package var idleSeconds: UInt64
    /// Of one question.
    package var requestBytes: Int
    /// Questions of one connection that wait for other servers; more is not read before some are answered.
    package var waitingMax: Int
    /// Answers that a client has not taken; beyond it, its questions are not read.
    package var unsentBytes: Int
    /// When the server ends: how long a connection that was accepted may take until it asks.
    package var silentMilliseconds: UInt64
    /// When the server ends: how long what was asked may take until it is answered.
    package var endMilliseconds: UInt64

    package init(
        connections: Int = 1024, connectionsPerClient: Int = 64, idleSeconds: UInt64 = 10, requestBytes: Int = 4096,
        waitingMax: Int = 32, unsentBytes: Int = 1 << 18, silentMilliseconds: UInt64 = 1000, endMilliseconds: UInt64 = 3000
    ) {
        self.silentMilliseconds = silentMilliseconds
        self.endMilliseconds = endMilliseconds
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.idleSeconds = idleSeconds
        self.requestBytes = requestBytes
        self.waitingMax = waitingMax
        self.unsentBytes = unsentBytes
    }
}

/// Serves every TCP socket on one thread.
///
/// - SeeAlso: RFC 7766.
final class StreamServer: Sendable {
    private let listeners: [Int32]
    private let shared: ServerShared
    private let limits: StreamLimits
    private let finished: FinishedReplies
    let gate: ModelBoard.Gate

    init(listeners: [Int32], shared: ServerShared, limits: StreamLimits, finished: FinishedReplies) {
        self.listeners = listeners
        self.shared = shared
        self.limits = limits
        self.finished = finished
        gate = shared.board.makeGate()
        for listener in listeners { _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) }
    }

    /// Returns after the server was asked to stop and every question of an accepted connection is answered. Connections that nobody
    /// has accepted stay with the listening socket for the next server; when the socket ends with us, they are accepted first.
    func run() {
        var loop = StreamLoop(listeners: listeners, shared: shared, limits: limits, finished: finished, gate: gate)
        while !shared.isStopping.load(ordering: .relaxed) { loop.turn() }
        loop.beginEnd()
        while loop.endIsDue { loop.turn() }
        loop.closeAll()
    }
}

/// Replies from the forwarding thread to connections.
final class FinishedReplies: Sendable {
    private let replies = Mutex<[(connection: UInt64, bytes: [UInt8])]>([])
    let pipe: WakePipe

    init() throws(DNSServerError) { pipe = try WakePipe() }

    func add(_ connection: UInt64, _ bytes: [UInt8]) {
        replies.withLock { $0.append((connection, bytes)) }
        pipe.wake()
    }

    func take() -> [(connection: UInt64, bytes: [UInt8])] {
        replies.withLock { replies in
            defer { replies = [] }
            return replies
        }
    }
}

/// The stream thread's own state.
private struct StreamLoop {
    private struct Connection {
        var socket: Int32
        var client: IPAddress
        var received: [UInt8] = []
        var unsent: [UInt8] = []
        var waiting = 0
        var hasAsked = false
        var lastUse: UInt64
        /// The client sends no more; it is closed once everything is answered.
        var isEnding = false
    }

    private let listeners: [Int32]
    private let shared: ServerShared
    private let limits: StreamLimits
    private let finished: FinishedReplies
    private let gate: ModelBoard.Gate
    private var connections: [UInt64: Connection] = [:]
    private var perClient: [IPAddress: Int] = [:]
    private var nextConnection: UInt64 = 1
    private var space = Workspace()
    private let room: UnsafeMutableRawBufferPointer
    /// Since when the server ends, in milliseconds.
    private var endsSince: UInt64?

    /// How often idle connections are looked for.
    private static let turnMilliseconds: Int32 = 500
    /// The same when the server ends.
    private static let endTurnMilliseconds: Int32 = 20

    init(
        listeners: [Int32], shared: ServerShared, limits: StreamLimits, finished: FinishedReplies, gate: ModelBoard.Gate
    ) {
        self.listeners = listeners
        self.shared = shared
        self.limits = limits
        self.finished = finished
        self.gate = gate
        room = .allocate(byteCount: WireLimit.messageBytes, alignment: 16)
    }

    mutating func closeAll() {
        for connection in connections.values { close(connection.socket) }
        connections = [:]
        room.deallocate()
    }

    mutating func beginEnd() {
        endsSince = Ticks.milliseconds()
        if shared.ownsSockets {
            for listener in listeners {
                accept(listener)
                shutdown(listener, Int32(SHUT_RDWR))
            }
        }
        closeDone()
    }

    /// Whether somebody still waits for an answer, and not for too long.
    var endIsDue: Bool {
        guard let endsSince, !connections.isEmpty else { return false }
        return Ticks.milliseconds() - endsSince < limits.endMilliseconds
    }

    /// When the server ends: closes connections whose questions are all answered, and those that have not asked in time.
    private mutating func closeDone() {
        guard let endsSince else { return }
        let isLate = Ticks.milliseconds() - endsSince >= limits.silentMilliseconds
        for id in connections.keys.sorted() {
            // A question may have come in the same moment.
            receive(id)
            guard let connection = connections[id] else { continue }
            let isDone = connection.waiting == 0 && connection.unsent.isEmpty
            if isDone, isLate || (connection.hasAsked && connection.received.isEmpty) { end(id) }
        }
    }

    mutating func turn() {
        let ids = connections.keys.sorted()
        var descriptors = [pollfd(fd: finished.pipe.reading, events: Int16(POLLIN), revents: 0)]
        let isFull = connections.count >= limits.connections
        for listener in listeners {
            let isDeaf = isFull || endsSince != nil
            descriptors.append(pollfd(fd: isDeaf ? -1 : listener, events: Int16(POLLIN), revents: 0))
        }
        for id in ids {
            guard let connection = connections[id] else { continue }
            var events: Int32 = 0
            if mayRead(connection) { events |= POLLIN }
            if !connection.unsent.isEmpty { events |= POLLOUT }
            descriptors.append(pollfd(fd: connection.socket, events: Int16(events), revents: 0))
        }
        let count = poll(
            &descriptors, nfds_t(descriptors.count), endsSince == nil ? Self.turnMilliseconds : Self.endTurnMilliseconds)
        if count < 0, errno != EINTR { usleep(1000) }
        if descriptors[0].revents != 0 { finished.pipe.drain() }
        for (connection, bytes) in finished.take() { deliver(bytes, to: connection) }
        for (offset, id) in ids.enumerated() {
            let ready = Int32(descriptors[1 + listeners.count + offset].revents)
            if ready & POLLOUT != 0 { flush(id) }
            if ready & (POLLIN | POLLHUP | POLLERR) != 0 { receive(id) }
        }
        for offset in listeners.indices where descriptors[1 + offset].revents != 0 { accept(listeners[offset]) }
        let now = Ticks.seconds()
        for (id, connection) in connections where now - min(now, connection.lastUse) >= limits.idleSeconds { end(id) }
        closeDone()
    }

    private func mayRead(_ connection: Connection) -> Bool {
        !connection.isEnding && connection.waiting < limits.waitingMax && connection.unsent.count < limits.unsentBytes
    }

    private mutating func accept(_ listener: Int32) {
        while connections.count < limits.connections {
            var peer = sockaddr_storage()
            var length: socklen_t = 0
            let socket = skiff_accept(listener, &peer, &length)
            guard socket >= 0 else { return }
            guard let client = SocketAddress(&peer)?.address, perClient[client, default: 0] < limits.connectionsPerClient else {
                close(socket)
                continue
            }
            perClient[client, default: 0] += 1
            connections[nextConnection] = Connection(socket: socket, client: client, lastUse: Ticks.seconds())
            nextConnection += 1
        }
    }

    private mutating func end(_ id: UInt64) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        close(connection.socket)
        let count = (perClient[connection.client] ?? 1) - 1
        perClient[connection.client] = count > 0 ? count : nil
    }

    private mutating func receive(_ id: UInt64) {
        guard let socket = connections[id]?.socket else { return }
        let count = recv(socket, room.baseAddress, limits.requestBytes + 2, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            // Half closed: what was asked is still answered.
            guard count == 0, let connection = connections[id], connection.waiting > 0 || !connection.unsent.isEmpty else {
                return end(id)
            }
            connections[id]?.isEnding = true
            return
        }
        connections[id]?.received += room[..<count]
        connections[id]?.lastUse = Ticks.seconds()
        work(id)
    }

    /// Answers every whole question that has come.
    private mutating func work(_ id: UInt64) {
        while let connection = connections[id], mayRead(connection), connection.received.count >= 2 {
            let length = Int(connection.received[0]) << 8 | Int(connection.received[1])
            guard length <= limits.requestBytes, length >= WireLimit.headerBytes else { return end(id) }
            guard connection.received.count >= 2 + length else { return }
            let message = Array(connection.received[2..<(2 + length)])
            connections[id]?.received.removeSubrange(..<(2 + length))
            connections[id]?.hasAsked = true
            guard answer(message, id, connection.client) else { return end(id) }
        }
    }

    /// Returns false when the connection is not worth keeping.
    private mutating func answer(_ message: [UInt8], _ id: UInt64, _ address: IPAddress) -> Bool {
        let client = Client(address, .tcp)
        let start = Ticks.nanoseconds()
        let outcome = shared.board.read(gate) { model, counters in
            let outcome = message.withUnsafeBytes {
                shared.responder.answer($0, from: client, model: model, into: room, &space)
            }
            counters.completions = space.completions
            if case .drop = outcome {
                counters.drop()
                return outcome
            }
            counters.asked(space.request, address.family, bytes: message.count, isDropped: space.source == .dropped)
            if case .reply(let bytes, let code) = outcome {
                let duration = Ticks.nanoseconds() - start
                counters.answered(code, by: space.source, bytes: bytes, nanoseconds: duration)
                if shared.log.isOn { shared.log.answered(space.request, client, model, code, nanoseconds: duration) }
            } else if case .forward(let job) = outcome, shared.log.isOn {
                shared.log.forwarded(job, client, model)
            }
            return outcome
        }
        switch outcome {
        case .drop: return false
        case .reply(let bytes, _): send(UnsafeRawBufferPointer(rebasing: room[..<bytes]), id)
        case .forward(let job):
            let waiter = ForwardTable.Waiter(job: job, client: address, path: .stream(connection: id), since: start)
            if let (bytes, code, source) = shared.settle(waiter, room, &space.writer) {
                shared.board.read(gate) { _, counters in
                    counters.answered(code, by: source, bytes: bytes, nanoseconds: Ticks.nanoseconds() - start)
                }
                send(UnsafeRawBufferPointer(rebasing: room[..<bytes]), id)
            } else {
                connections[id]?.waiting += 1
            }
        }
        return true
    }

    private mutating func deliver(_ bytes: [UInt8], to id: UInt64) {
        guard connections[id] != nil else { return }
        connections[id]?.waiting -= 1
        bytes.withUnsafeBytes { send($0, id) }
        work(id)
    }

    private mutating func send(_ message: UnsafeRawBufferPointer, _ id: UInt64) {
        connections[id]?.unsent += [UInt8(message.count >> 8), UInt8(message.count & 255)]
        connections[id]?.unsent += message
        flush(id)
    }

    private mutating func flush(_ id: UInt64) {
        guard let connection = connections[id] else { return }
        let sent = connection.unsent.withUnsafeBytes {
            Glibc.send(connection.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if sent < 0, errno == EAGAIN || errno == EINTR { return }
        guard sent >= 0 else { return end(id) }
        connections[id]?.unsent.removeSubrange(..<sent)
        connections[id]?.lastUse = Ticks.seconds()
        if connection.isEnding, connection.waiting == 0, sent == connection.unsent.count { end(id) }
    }
}
