import CLinux
import Glibc
import Logging
import NetworkTypes
import Synchronization

/// Asks other servers: one thread, a socket for each question on its way, so that each has a port of its own.
///
/// - SeeAlso: RFC 5452 section 9.2.
final class Forwarder: Sendable {
    private let configuration: ForwardConfiguration
    private let builder: ReplyBuilder
    private let cache: Mutex<AnswerCache>
    private let inbox = Mutex<[ForwardTable.Waiter]>([])
    /// Servers that take the place of the known ones.
    private let change = Mutex<[Upstream]?>(nil)
    /// When to stop at the latest, in milliseconds; it stops before when nobody waits. Zero: go on.
    private let stopAt = Atomic<UInt64>(0)
    private let pipe: WakePipe
    let metrics: ForwardMetrics
    private let logger: Logger
    /// Hands a finished reply to the stream server.
    private let streamReply: @Sendable (UInt64, [UInt8]) -> Void
    /// Hears of each question that was answered here.
    private let onReply: @Sendable (ForwardTable.Waiter, ResponseCode, AnswerSource, Int) -> Void

    /// Questions that wait for the thread; more fail at once.
    private static let inboxMax = 4096

    init(
        _ configuration: ForwardConfiguration, builder: ReplyBuilder, logger: Logger,
        streamReply: @escaping @Sendable (UInt64, [UInt8]) -> Void,
        onReply: @escaping @Sendable (ForwardTable.Waiter, ResponseCode, AnswerSource, Int) -> Void
    ) throws(DNSServerError) {
        self.configuration = configuration
        self.builder = builder
        self.logger = logger
        self.streamReply = streamReply
        self.onReply = onReply
        cache = Mutex(AnswerCache(configuration.cache))
        metrics = ForwardMetrics()
        pipe = try WakePipe()
    }

    var cacheCounts: AnswerCache.Counts { cache.withLock(\.counts) }

    /// From the cache, on the asking thread: the first of the job's names that exists, as far as the cache knows.
    ///
    /// - Returns: The answer, and which of the names it is for; nil together with the name to ask for.
    func cached(_ job: ForwardJob, from first: Int = 0) -> (hit: AnswerCache.Hit?, target: Int) {
        let now = Ticks.seconds()
        var target = first
        while target < job.targets.count {
            let hit = cache.withLock { $0.find(job.key(target), at: now) }
            metrics.looked(hit)
            guard let hit else { return (nil, target) }
            if case .completion = job.purpose, hit.answer.code == .nameError {
                target += 1
                continue
            }
            return (hit, target)
        }
        return (nil, target)
    }

    /// Takes a question over. False: too many wait already.
    func submit(_ waiter: ForwardTable.Waiter) -> Bool {
        let taken = inbox.withLock { inbox in
            guard inbox.count < Self.inboxMax else { return false }
            inbox.append(waiter)
            return true
        }
        if taken { pipe.wake() }
        return taken
    }

    func change(_ upstreams: [Upstream]) {
        change.withLock { $0 = upstreams }
        pipe.wake()
    }

    /// - Parameter latest: Milliseconds; who still waits then waits in vain.
    func stop(at latest: UInt64) {
        stopAt.store(latest, ordering: .releasing)
        pipe.wake()
    }

    /// Returns after `stop`, when nobody waits for an answer any more.
    func run() {
        var loop = ForwardLoop(owner: self, table: ForwardTable(configuration))
        loop.start()
        while true {
            let stopAt = stopAt.load(ordering: .acquiring)
            if stopAt > 0, loop.isIdle || Ticks.milliseconds() >= stopAt { break }
            loop.turn(pipe, until: stopAt > 0 ? stopAt : nil)
        }
        loop.closeAll()
    }

    fileprivate var hasWaiters: Bool { inbox.withLock { !$0.isEmpty } }

    fileprivate func takeChange() -> [Upstream]? {
        change.withLock { change in
            defer { change = nil }
            return change
        }
    }

    fileprivate func takeInbox() -> [ForwardTable.Waiter] {
        inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }

    fileprivate func store(_ key: AnswerKey, _ answer: StoredAnswer) {
        cache.withLock { $0.store(key, answer, at: Ticks.seconds()) }
    }

    fileprivate func stale(_ waiter: ForwardTable.Waiter) -> AnswerCache.Hit? {
        cache.withLock { $0.find(waiter.job.key(waiter.target), at: Ticks.seconds(), isLast: true) }
    }

    fileprivate func reply(
        _ waiter: ForwardTable.Waiter, _ hit: AnswerCache.Hit?, _ buffer: UnsafeMutableRawBufferPointer,
        _ writer: inout MessageWriter
    ) {
        let (bytes, code) =
            if let hit {
                builder.write(
                    waiter.job, hit.answer, target: waiter.target, age: hit.age, isStale: hit.isStale, into: buffer, &writer)
            } else {
                builder.writeFailure(waiter.job, into: buffer, &writer)
            }
        // Counted first: whoever has the answer finds it counted.
        if hit != nil, case .completion = waiter.job.purpose { metrics.completed() }
        let purpose = waiter.job.purpose
        onReply(waiter, code, hit.map { AnswerSource(purpose, isCached: $0.isStale) } ?? AnswerSource(failed: purpose), bytes)
        switch waiter.path {
        case .datagram(let socket, let packed, let port):
            let address = packed.address
            let family = address.family == .ipv4 ? AF_INET : AF_INET6
            _ = address.bytes.withUnsafeBufferPointer {
                skiff_send_to(socket, buffer.baseAddress, bytes, family, $0.baseAddress, port)
            }
        case .stream(let connection): streamReply(connection, Array(buffer[..<bytes]))
        }
    }
}

/// The forwarding thread's own state.
private struct ForwardLoop {
    private struct Exchange {
        var socket: Int32
        var id: UInt16
        var key: AnswerKey
        var upstream: Upstream
        var isStream: Bool
        var isSent = false
        var since: UInt64
        var received: [UInt8] = []
    }

    private unowned let owner: Forwarder
    private var table: ForwardTable
    private var exchanges: [UInt32: Exchange] = [:]
    private var writer = MessageWriter()
    private let room: UnsafeMutableRawBufferPointer
    private var random = SystemRandomNumberGenerator()

    init(owner: Forwarder, table: ForwardTable) {
        self.owner = owner
        self.table = table
        room = .allocate(byteCount: WireLimit.messageBytes, alignment: 16)
    }

    mutating func closeAll() {
        for exchange in exchanges.values { close(exchange.socket) }
        exchanges = [:]
        room.deallocate()
    }

    mutating func start() { perform(table.started(at: Ticks.milliseconds())) }

    /// Nobody waits for an answer.
    var isIdle: Bool { !table.hasWaiters && !owner.hasWaiters }

    /// - Parameter end: Milliseconds; nil: none.
    mutating func turn(_ pipe: WakePipe, until end: UInt64?) {
        let ids = exchanges.keys.sorted()
        var descriptors = [pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)]
        for id in ids {
            guard let exchange = exchanges[id] else { continue }
            descriptors.append(pollfd(fd: exchange.socket, events: Int16(exchange.isSent ? POLLIN : POLLOUT), revents: 0))
        }
        var wait: Int32 = -1
        if let deadline = [table.nextDeadline, end].compactMap(\.self).min() {
            let now = Ticks.milliseconds()
            wait = deadline > now ? Int32(clamping: deadline - now) : 0
        }
        let count = poll(&descriptors, nfds_t(descriptors.count), wait)
        if count < 0, errno != EINTR { usleep(1000) }
        if descriptors[0].revents != 0 { pipe.drain() }
        for (offset, id) in ids.enumerated() where descriptors[offset + 1].revents != 0 { ready(id) }
        if let upstreams = owner.takeChange() { perform(table.changed(upstreams, at: Ticks.milliseconds())) }
        for waiter in owner.takeInbox() { ask(waiter) }
        perform(table.woke(at: Ticks.milliseconds()))
    }

    private mutating func ask(_ waiter: ForwardTable.Waiter) { perform(table.asked(waiter, at: Ticks.milliseconds())) }

    private mutating func perform(_ orders: [ForwardTable.Order]) {
        guard !orders.isEmpty else { return }
        owner.metrics.set(
            rejects: table.rejectCount, broken: table.brokenCount, probeFailures: table.probeFailures)
        for order in orders {
            switch order {
            case .send(let flight, let key, let upstream, let isStream): send(flight, key, upstream, isStream)
            case .close(let flight): if let old = exchanges.removeValue(forKey: flight) { close(old.socket) }
            case .reply(let waiter, let answer):
                owner.reply(waiter, AnswerCache.Hit(answer: answer, age: 0, isStale: false), room, &writer)
            case .goOn(var waiter):
                let (hit, target) = owner.cached(waiter.job, from: waiter.target + 1)
                waiter.target = target
                if let hit {
                    owner.reply(waiter, hit, room, &writer)
                } else if target < waiter.job.targets.count {
                    ask(waiter)
                } else {
                    owner.reply(waiter, nil, room, &writer)
                }
            case .fail(let waiter):
                let hit = owner.stale(waiter)
                if hit?.isStale == true { owner.metrics.servedStale() }
                owner.reply(waiter, hit, room, &writer)
            }
        }
    }

    private mutating func send(_ flight: UInt32, _ key: AnswerKey, _ upstream: Upstream, _ isStream: Bool) {
        let family = upstream.address.family == .ipv4 ? AF_INET : AF_INET6
        let type = Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        let socket = upstream.address.bytes.withUnsafeBufferPointer {
            skiff_connect_socket(family, type, $0.baseAddress, upstream.port)
        }
        guard socket >= 0 else { return failed(flight) }
        owner.metrics.opened(upstream, isStream: isStream)
        var exchange = Exchange(
            socket: socket, id: .random(in: .min ... .max, using: &random), key: key, upstream: upstream, isStream: isStream,
            since: Ticks.nanoseconds())
        if !isStream {
            guard write(exchange) else {
                close(socket)
                return failed(flight)
            }
            exchange.isSent = true
        }
        exchanges[flight] = exchange
    }

    private func write(_ exchange: Exchange) -> Bool {
        var bytes = Request.message(
            id: exchange.id, exchange.key.name, exchange.key.type, wantsSignatures: exchange.key.wantsSignatures,
            checkingDisabled: exchange.key.checkingDisabled)
        if exchange.isStream { bytes = [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
        return bytes.withUnsafeBytes { Glibc.send(exchange.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    private mutating func failed(_ flight: UInt32) { perform(table.broke(flight, at: Ticks.milliseconds())) }

    private mutating func ready(_ flight: UInt32) {
        guard var exchange = exchanges[flight] else { return }
        if !exchange.isSent {
            guard write(exchange) else { return failed(flight) }
            exchange.isSent = true
            exchanges[flight] = exchange
            return
        }
        let count = recv(exchange.socket, room.baseAddress, room.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return failed(flight) }
        var message = UnsafeRawBufferPointer(rebasing: room[..<count])
        if exchange.isStream {
            exchange.received += message
            exchanges[flight]?.received = exchange.received
            guard exchange.received.count >= 2 else { return }
            let length = Int(exchange.received[0]) << 8 | Int(exchange.received[1])
            guard exchange.received.count >= 2 + length else { return }
            exchange.received[2..<(2 + length)].withUnsafeBytes { room.copyMemory(from: $0) }
            message = UnsafeRawBufferPointer(rebasing: room[..<length])
        }
        // Not an answer to this question: somebody guesses. The real one may still come.
        guard let answer = try? MessageReader.read(message), answer.isResponse, answer.id == exchange.id,
            answer.name == exchange.key.name, answer.type == exchange.key.type
        else { return }
        owner.metrics.exchanged(exchange.upstream, code: answer.code, nanoseconds: Ticks.nanoseconds() - exchange.since)
        let orders = table.answered(flight, answer, at: Ticks.milliseconds())
        for case .reply(let waiter, let stored) in orders.prefix(2) { owner.store(waiter.job.key(waiter.target), stored) }
        for order in orders.prefix(2) {
            // A denial met on the way through a search list is worth keeping too.
            switch order {
            case .goOn(let waiter), .fail(let waiter): keepDenial(waiter, answer)
            default: break
            }
        }
        perform(orders)
    }

    private func keepDenial(_ waiter: ForwardTable.Waiter, _ answer: ServerAnswer) {
        guard let stored = StoredAnswer(answer, limits: owner.limits), stored.isDenial else { return }
        owner.store(waiter.job.key(waiter.target), stored)
    }
}

extension Forwarder {
    fileprivate var limits: CacheLimits { configuration.cache }
}
