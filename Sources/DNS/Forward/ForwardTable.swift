package import NetworkTypes

/// Questions on their way to other servers, and who waits for them.
///
/// Owns no socket and reads no clock. Report what happened, do what it says. Instants are milliseconds on any clock that only goes
/// forward.
package struct ForwardTable: Sendable {
    /// One client's question.
    package struct Waiter: Hashable, Sendable {
        package var job: ForwardJob
        /// Which of the job's names is being asked for.
        package var target: Int
        package var client: IPAddress
        package var path: ReplyPath
        /// Nanoseconds on the owner's clock, for its metrics.
        package var since: UInt64
        /// When it is answered without the other server; set by the table.
        fileprivate var until = UInt64.max

        package init(job: ForwardJob, target: Int = 0, client: IPAddress, path: ReplyPath, since: UInt64 = 0) {
            self.job = job
            self.target = target
            self.client = client
            self.path = path
            self.since = since
        }
    }

    package enum Order: Hashable, Sendable {
        /// Ask a server, over a new socket; answers go to `answered` with this flight.
        case send(flight: UInt32, AnswerKey, to: Upstream, isStream: Bool)
        /// The flight's socket is of no more use.
        case close(flight: UInt32)
        case reply(Waiter, StoredAnswer)
        /// The name does not exist; the waiter's job has another one.
        case goOn(Waiter)
        case fail(Waiter)
    }

    private struct Flight: Sendable {
        var key: AnswerKey
        var servers: [Upstream]
        var attempt = 0
        var upstream: Upstream
        var isStream = false
        var deadline: UInt64
        var waiters: [Waiter]
        /// Who is charged for it; nil: a probe.
        var client: IPAddress?
    }

    /// What is known about a server.
    private struct Health: Sendable {
        var failures = 0
        var restsUntil: UInt64 = 0
        /// A question of our own that finds out whether it is back.
        var probe: UInt32?
    }

    private var configuration: ForwardConfiguration
    private let attemptMilliseconds: UInt64
    private let restMilliseconds: UInt64
    private let patienceMilliseconds: UInt64
    private var flights: [UInt32: Flight] = [:]
    private var byKey: [AnswerKey: UInt32] = [:]
    private var clients: [IPAddress: Int] = [:]
    private var health: [Upstream: Health] = [:]
    private var nextFlight: UInt32 = 1
    /// Questions refused because too many were on their way.
    package private(set) var rejectCount = 0
    /// Questions refused because no server was well.
    package private(set) var brokenCount = 0
    /// Servers that were asked whether they are back, and did not answer.
    package private(set) var probeFailures: [Upstream: Int] = [:]

    private static let failuresToRest = 2
    private static let restFactorMax: UInt64 = 16

    package init(_ configuration: ForwardConfiguration) {
        self.configuration = configuration
        attemptMilliseconds = Self.milliseconds(configuration.attemptTimeout)
        restMilliseconds = Self.milliseconds(configuration.restInterval)
        patienceMilliseconds = Self.milliseconds(configuration.completionPatience)
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 { UInt64(max(1, duration / .milliseconds(1))) }

    package var flightCount: Int { flights.count }
    package var hasWaiters: Bool { flights.values.contains { !$0.waiters.isEmpty } }

    /// When the next server or waiter has had its time; nil: nothing is on its way.
    package var nextDeadline: UInt64? {
        var next = UInt64.max
        for flight in flights.values {
            next = min(next, flight.deadline)
            for waiter in flight.waiters { next = min(next, waiter.until) }
        }
        for state in health.values where state.failures >= Self.failuresToRest && state.probe == nil {
            next = min(next, state.restsUntil)
        }
        return next == .max ? nil : next
    }

    /// Finds out who is there before the first client asks.
    package mutating func started(at now: UInt64) -> [Order] {
        configuration.allUpstreams.sorted { $0.description < $1.description }.map { probe($0, at: now) }
    }

    /// Other general servers from now on. Questions on their way to one that counts no more go to the next; what is known about
    /// servers that stay is kept.
    package mutating func changed(_ upstreams: [Upstream], at now: UInt64) -> [Order] {
        let before = configuration.allUpstreams
        configuration.upstreams = upstreams
        let current = configuration.allUpstreams
        var orders: [Order] = []
        for id in flights.keys.sorted() {
            guard let flight = flights[id] else { continue }
            if flight.client == nil {
                if !current.contains(flight.upstream) { orders += finish(id) { .fail($0) } }
                continue
            }
            let servers = configuration.upstreams(for: flight.key.name)
            flights[id]?.servers = servers
            if !servers.contains(flight.upstream) { orders += tryNext(id, at: now) }
        }
        for gone in before.subtracting(current) {
            health[gone] = nil
            probeFailures[gone] = nil
        }
        return orders + current.subtracting(before).sorted { $0.description < $1.description }.map { probe($0, at: now) }
    }

    package mutating func asked(_ waiter: Waiter, at now: UInt64) -> [Order] {
        var waiter = waiter
        let key = waiter.job.key(waiter.target)
        if case .completion = waiter.job.purpose { waiter.until = now + patienceMilliseconds }
        if let known = byKey[key], let count = flights[known]?.waiters.count {
            guard count < configuration.waitersMax else { return reject(waiter) }
            flights[known]?.waiters.append(waiter)
            return []
        }
        guard flights.count < configuration.flightsMax, clients[waiter.client, default: 0] < configuration.flightsMaxPerClient
        else { return reject(waiter) }
        let servers = configuration.upstreams(for: key.name)
        guard let upstream = servers.first(where: isWell) else {
            brokenCount += 1
            return [.fail(waiter)]
        }
        let id = nextFlight
        nextFlight &+= 1
        flights[id] = Flight(
            key: key, servers: servers, upstream: upstream, deadline: now + attemptMilliseconds, waiters: [waiter],
            client: waiter.client)
        byKey[key] = id
        clients[waiter.client, default: 0] += 1
        return [.send(flight: id, key, to: upstream, isStream: false)]
    }

    /// A server answered a flight's question.
    package mutating func answered(_ flight: UInt32, _ answer: ServerAnswer, at now: UInt64) -> [Order] {
        guard let current = flights[flight] else { return [] }
        recover(current.upstream)
        if answer.isTruncated, !current.isStream {
            flights[flight]?.isStream = true
            flights[flight]?.deadline = now + attemptMilliseconds
            return [.close(flight: flight), .send(flight: flight, current.key, to: current.upstream, isStream: true)]
        }
        guard let stored = StoredAnswer(answer, limits: configuration.cache) else { return tryNext(flight, at: now) }
        return finish(flight) { waiter in
            if case .completion = waiter.job.purpose, stored.code == .nameError {
                return waiter.target + 1 < waiter.job.targets.count ? .goOn(waiter) : .fail(waiter)
            }
            return .reply(waiter, stored)
        }
    }

    /// A server refused the connection, or cannot be reached.
    package mutating func broke(_ flight: UInt32, at now: UInt64) -> [Order] {
        guard let upstream = flights[flight]?.upstream else { return [] }
        fail(upstream, in: flight, at: now)
        return tryNext(flight, at: now)
    }

    package mutating func woke(at now: UInt64) -> [Order] {
        var orders: [Order] = []
        // Whose name the zone can deny by itself does not wait for a slow server; its answer is kept when it comes.
        for id in flights.keys.sorted() {
            let impatient = flights[id]?.waiters.filter { $0.until <= now } ?? []
            guard !impatient.isEmpty else { continue }
            flights[id]?.waiters.removeAll { $0.until <= now }
            orders += impatient.map { .fail($0) }
        }
        let late = flights.filter { $0.value.deadline <= now }.keys.sorted()
        for id in late {
            guard let upstream = flights[id]?.upstream else { continue }
            fail(upstream, in: id, at: now)
            orders += tryNext(id, at: now)
        }
        return orders + probes(at: now)
    }

    /// Asks servers that have rested whether they are back, so that no client's question has to find out.
    private mutating func probes(at now: UInt64) -> [Order] {
        let rested = health.filter { _, state in
            state.failures >= Self.failuresToRest && state.probe == nil && state.restsUntil <= now
        }
        return rested.keys.sorted { $0.description < $1.description }.map { probe($0, at: now) }
    }

    private mutating func probe(_ upstream: Upstream, at now: UInt64) -> Order {
        let id = nextFlight
        nextFlight &+= 1
        let key = AnswerKey(name: .root, type: .ns)
        flights[id] = Flight(
            key: key, servers: [upstream], attempt: configuration.attemptsMax, upstream: upstream,
            deadline: now + attemptMilliseconds, waiters: [])
        health[upstream, default: Health()].probe = id
        return .send(flight: id, key, to: upstream, isStream: false)
    }

    private mutating func reject(_ waiter: Waiter) -> [Order] {
        rejectCount += 1
        return [.fail(waiter)]
    }

    private func isWell(_ upstream: Upstream) -> Bool { (health[upstream]?.failures ?? 0) < Self.failuresToRest }

    private mutating func recover(_ upstream: Upstream) { health[upstream] = nil }

    private mutating func fail(_ upstream: Upstream, in flight: UInt32, at now: UInt64) {
        var state = health[upstream] ?? Health()
        // A probe that fails says enough by itself.
        state.failures = max(state.failures + 1, state.probe == flight ? Self.failuresToRest : 0)
        if state.probe == flight {
            state.probe = nil
            probeFailures[upstream, default: 0] += 1
        }
        if state.failures >= Self.failuresToRest {
            let factor = min(Self.restFactorMax, 1 << UInt64(min(state.failures - Self.failuresToRest, 10)))
            state.restsUntil = now + restMilliseconds * factor
        }
        health[upstream] = state
    }

    /// The next server in order that is well, from behind the one that failed, around.
    private mutating func tryNext(_ id: UInt32, at now: UInt64) -> [Order] {
        guard var flight = flights[id] else { return [] }
        flight.attempt += 1
        let position = flight.servers.firstIndex(of: flight.upstream).map { $0 + 1 } ?? 0
        let around = flight.servers[position...] + flight.servers[..<position]
        guard flight.attempt < configuration.attemptsMax, let next = around.first(where: isWell) else {
            return finish(id) { .fail($0) }
        }
        flight.upstream = next
        flight.isStream = false
        flight.deadline = now + attemptMilliseconds
        flights[id] = flight
        return [.close(flight: id), .send(flight: id, flight.key, to: next, isStream: false)]
    }

    private mutating func finish(_ id: UInt32, _ order: (Waiter) -> Order) -> [Order] {
        guard let flight = flights.removeValue(forKey: id) else { return [] }
        if byKey[flight.key] == id { byKey[flight.key] = nil }
        if let client = flight.client {
            let count = (clients[client] ?? 1) - 1
            clients[client] = count > 0 ? count : nil
        }
        return [.close(flight: id)] + flight.waiters.map(order)
    }
}

/// How a reply reaches the client that waits for it.
package enum ReplyPath: Hashable, Sendable {
    /// From the socket that the question came to.
    case datagram(socket: Int32, PackedAddress, port: UInt16)
    /// A connection of the stream server.
    case stream(connection: UInt64)
}
