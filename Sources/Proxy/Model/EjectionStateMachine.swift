package import API
package import NFTables
package import NetworkTypes

/// Which endpoints of the Services that ask for it (`EjectionOptions`) get no new connections for a while, because attempts to connect to
/// them fail one after another.
///
/// Watches some of the connections that begin: one fails when its first packet is answered with a reset, or with nothing for `answerMax`;
/// it succeeds with any other answer. What happens to it later counts for nothing. An attempt counts from when it began, so that an answer
/// that is noticed late does not excuse a later failure. Reads no clock: report what happened, do what `settle` says.
package struct EjectionStateMachine<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    /// Without an answer for so long, an attempt has failed: time for two repetitions of the first packet.
    package static var answerMax: Duration { .seconds(3) }
    /// Attempts watched at once; further ones are not counted at all.
    package static var watchedMax: Int { 4096 }
    package static var watchedPerEndpointMax: Int { 32 }
    /// Attempts looked at in one go; the others wait for the next.
    package static var looksAtOnceMax: Int { 512 }
    /// An endpoint that is ejected again soon after it came back stays away twice as long, up to so many times...
    private static var doublingsMax: Int { 4 }
    /// ...and never longer.
    private static var ejectionMax: Duration { .seconds(3600) }

    private struct Endpoint: Sendable {
        /// Attempts that failed since the last one that was answered, in the order in which they were noticed; not more than are asked for.
        var failures: [Instant] = []
        var reason = Ejection.Reason.refused
        var answered: Instant?
        var watched = 0
        var ejection: Period?
        /// The last one, until the endpoint has been good for as long again.
        var past: Period?
        var wasWithheld = false
    }

    private struct Period: Sendable {
        var until: Instant
        var length: Duration
        var doublings: Int
        var failures: Int
        var reason: Ejection.Reason
    }

    private struct Known: Sendable {
        var options: EjectionOptions
        /// The ready TCP endpoints of each port and family.
        var groups: [Set<Backend>]
        var frontends: [Frontend]
        var endpoints: [Backend: Endpoint] = [:]
        /// All endpoints of a group failed: nobody is ejected for some time.
        var pausedUntil: Instant?
        /// That was told, and is so still.
        var isHopeless = false
    }

    private struct Frontend: Hashable, Sendable {
        /// Nil for a node port.
        var address: IPAddress?
        var port: NetworkTypes.Port
    }

    private struct Watched: Sendable {
        var flow: Flow
        var service: NamespacedName
        var backend: Backend
        var began: Instant
        var looks = 0

        var due: Instant { began.advanced(by: looks == 0 ? .milliseconds(250) : looks == 1 ? .seconds(1) : answerMax) }
    }

    private struct Place: Hashable, Sendable {
        var service: NamespacedName
        var backend: Backend
    }

    private var services: [NamespacedName: Known] = [:]
    private var frontends: [Frontend: NamespacedName] = [:]
    private var watched: [Flow.Direction: Watched] = [:]
    /// Services with two endpoints to choose from.
    private var watchable: Set<NamespacedName> = []
    private var ejected: Set<Place> = []
    /// Endpoints that failed often enough since the last decision.
    private var failing: [NamespacedName: Set<Backend>] = [:]
    private var news = EjectionNews()

    package init() {}

    /// There are endpoints of which one could be ejected: connections must be reported.
    package var needsReports: Bool { !watchable.isEmpty }
    package var isIdle: Bool { services.isEmpty }

    /// Endpoints that are ejected now; one that two Services eject counts twice.
    package var ejectedCounts: [IPFamily: Int] {
        ejected.reduce(into: [:]) { $0[$1.backend.address.family, default: 0] += 1 }
    }

    /// Decides on the endpoints that failed since the last call, and says what changed.
    package mutating func settle(at now: Instant) -> EjectionNews {
        let candidates = failing
        failing = [:]
        for (name, backends) in candidates.sorted(by: { $0.key < $1.key }) {
            // Taken out meanwhile, so that it is changed in place.
            guard var known = services.removeValue(forKey: name) else { continue }
            decide(backends.sorted(), of: &known, name, at: now)
            services[name] = known
        }
        defer { news = EjectionNews() }
        return news
    }

    // MARK: Services

    /// Notes the Service's endpoints and writes those that are ejected into the change. One that is not ready any more is forgotten.
    package mutating func apply(to change: inout ServiceChange, at now: Instant) {
        guard let service = change.service, let options = service.options.ejection else {
            if services[change.name] != nil { forget(change.name) }
            return
        }
        var known = services[change.name] ?? Known(options: options, groups: [], frontends: [])
        known.options = options
        known.groups = Self.groups(change, service)
        let present = known.groups.reduce(into: Set()) { $0.formUnion($1) }
        for backend in known.endpoints.keys where !present.contains(backend) {
            ejected.remove(Place(service: change.name, backend: backend))
        }
        known.endpoints = known.endpoints.filter { present.contains($0.key) }
        for backend in present where known.endpoints[backend] == nil { known.endpoints[backend] = Endpoint() }
        for frontend in known.frontends where frontends[frontend] == change.name { frontends[frontend] = nil }
        known.frontends = Self.frontends(service)
        for frontend in known.frontends { frontends[frontend] = change.name }
        for group in known.groups { shrink(group, of: &known, change.name) }
        if known.groups.contains(where: { $0.count > 1 }) { watchable.insert(change.name) } else { watchable.remove(change.name) }
        change.ejections = known.endpoints.compactMapValues { endpoint in
            endpoint.ejection.map { period in
                Ejection(
                    period.reason, failures: period.failures, seconds: max(1, now.duration(to: period.until).secondsRoundedUp))
            }
        }
        services[change.name] = known
    }

    private mutating func forget(_ name: NamespacedName) {
        for frontend in services[name]?.frontends ?? [] where frontends[frontend] == name { frontends[frontend] = nil }
        services[name] = nil
        failing[name] = nil
        watchable.remove(name)
        ejected = ejected.filter { $0.service != name }
        watched = watched.filter { $0.value.service != name }
    }

    private static func groups(_ change: ServiceChange, _ service: ProxyService) -> [Set<Backend>] {
        var groups: [Set<Backend>] = []
        for family in IPFamily.allCases {
            for port in service.ports where port.transport == .tcp {
                // Where an endpoint runs does not matter here.
                let own = change.endpoints(port: port.name, transport: .tcp, family: family, nodeName: "")
                for list in [own, change.splitEndpoints(port, family: family, nodeName: "")] {
                    let group = Set(list.filter { $0.isReady && $0.weight > 0 }.map(\.backend))
                    if !group.isEmpty { groups.append(group) }
                }
            }
        }
        return groups
    }

    private static func frontends(_ service: ProxyService) -> [Frontend] {
        service.ports.filter { $0.transport == .tcp }.flatMap { port in
            (service.clusterIPs + service.externalIPs + service.loadBalancerIPs).map { Frontend(address: $0, port: port.port) }
                + (port.nodePort.isNone ? [] : [Frontend(address: nil, port: port.nodePort)])
        }
    }

    // MARK: Connections

    package mutating func connectionsReported(_ events: [ConnectionEvent], at now: Instant) {
        for event in events {
            switch event {
            case .began(let flow): began(flow, at: now)
            case .ended(let flow, let wasRefused):
                guard let attempt = watched[flow.original] else { continue }
                stopWatching(attempt)
                if flow.isAnswered {
                    succeeded(attempt)
                } else if wasRefused {
                    failed(attempt, .refused, at: now)
                }
            }
        }
    }

    private mutating func began(_ flow: Flow, at now: Instant) {
        guard watched.count < Self.watchedMax,
            let name = frontends[Frontend(address: flow.original.destination, port: flow.original.destinationPort)]
                ?? frontends[Frontend(address: nil, port: flow.original.destinationPort)]
        else { return }
        let backend = Backend(flow.reply.source, flow.reply.sourcePort)
        guard let endpoint = services[name]?.endpoints[backend], endpoint.ejection == nil,
            endpoint.watched < Self.watchedPerEndpointMax, watched[flow.original] == nil
        else { return }
        services[name]?.endpoints[backend]?.watched += 1
        watched[flow.original] = Watched(flow: flow, service: name, backend: backend, began: now)
    }

    /// Attempts of which it is time to know more, the oldest ones first.
    package mutating func flowsToLookAt(at now: Instant) -> [Flow] {
        let due = watched.values.filter { $0.due <= now }.sorted { $0.began < $1.began }.prefix(Self.looksAtOnceMax)
        return due.map(\.flow)
    }

    /// - Parameter found: As it is now; nil: gone without a word.
    package mutating func lookedAt(_ flow: Flow, found: Flow?, at now: Instant) {
        guard var attempt = watched[flow.original] else { return }
        guard let found, found.reply == attempt.flow.reply else { return stopWatching(attempt) }
        if found.isAnswered {
            stopWatching(attempt)
            succeeded(attempt)
        } else if attempt.began.duration(to: now) >= Self.answerMax {
            stopWatching(attempt)
            failed(attempt, .silent, at: now)
        } else {
            attempt.looks += 1
            watched[flow.original] = attempt
        }
    }

    private mutating func stopWatching(_ attempt: Watched) {
        watched[attempt.flow.original] = nil
        guard let count = services[attempt.service]?.endpoints[attempt.backend]?.watched else { return }
        // An endpoint that went and came again does not know of this one.
        services[attempt.service]?.endpoints[attempt.backend]?.watched = max(0, count - 1)
    }

    private mutating func succeeded(_ attempt: Watched) {
        guard var endpoint = services[attempt.service]?.endpoints[attempt.backend] else { return }
        endpoint.answered = max(endpoint.answered ?? attempt.began, attempt.began)
        endpoint.failures.removeAll { $0 <= attempt.began }
        endpoint.wasWithheld = false
        services[attempt.service]?.endpoints[attempt.backend] = endpoint
    }

    private mutating func failed(_ attempt: Watched, _ reason: Ejection.Reason, at now: Instant) {
        guard let options = services[attempt.service]?.options,
            var endpoint = services[attempt.service]?.endpoints[attempt.backend],
            endpoint.ejection == nil, endpoint.answered.map({ $0 < attempt.began }) ?? true
        else { return }
        endpoint.failures.append(attempt.began)
        endpoint.reason = reason
        if endpoint.failures.count > options.failures { endpoint.failures.removeFirst() }
        services[attempt.service]?.endpoints[attempt.backend] = endpoint
        if Self.isFailing(endpoint, options, at: now) { failing[attempt.service, default: []].insert(attempt.backend) }
    }

    private static func isFailing(_ endpoint: Endpoint, _ options: EjectionOptions, at now: Instant) -> Bool {
        endpoint.failures.count { $0.duration(to: now) <= .seconds(options.withinSeconds) } >= options.failures
    }

    // MARK: Ejections

    /// Ejects endpoints that failed often enough, as long as enough others remain.
    private mutating func decide(_ candidates: [Backend], of known: inout Known, _ name: NamespacedName, at now: Instant) {
        if let until = known.pausedUntil, now < until { return }
        known.pausedUntil = nil
        let (groups, endpoints, options) = (known.groups, known.endpoints, known.options)
        func count(_ group: Set<Backend>, _ matches: (Endpoint) -> Bool) -> Int {
            group.count { backend in endpoints[backend].map(matches) ?? false }
        }
        for group in groups where group.count > 1 && !group.isDisjoint(with: candidates) {
            let bad = count(group) { $0.ejection != nil || Self.isFailing($0, options, at: now) }
            if bad == group.count { return pause(group, of: &known, name, at: now) }
        }
        known.isHopeless = false
        var ejectedCounts = groups.map { count($0) { $0.ejection != nil } }
        for backend in candidates {
            // A later answer may have excused it.
            guard let endpoint = endpoints[backend], endpoint.ejection == nil, Self.isFailing(endpoint, options, at: now) else {
                continue
            }
            var reason: EjectionNews.Withheld?
            for (index, group) in groups.enumerated() where reason == nil && group.contains(backend) {
                if group.count == 1 { reason = .onlyEndpoint }
                if group.count > 1, ejectedCounts[index] >= Self.ejectedMax(group.count, options) { reason = .share }
            }
            if let reason {
                withhold(backend, of: &known, name, reason)
                continue
            }
            for (index, group) in groups.enumerated() where group.contains(backend) { ejectedCounts[index] += 1 }
            eject(backend, of: &known, name, at: now)
        }
    }

    private mutating func eject(_ backend: Backend, of known: inout Known, _ name: NamespacedName, at now: Instant) {
        guard var endpoint = known.endpoints[backend] else { return }
        var doublings = 0
        if let past = endpoint.past, now < past.until.advanced(by: past.length) {
            doublings = min(past.doublings + 1, Self.doublingsMax)
        }
        let length = min(Duration.seconds(known.options.seconds << doublings), Self.ejectionMax)
        let failures = endpoint.failures.count
        endpoint.ejection = Period(
            until: now.advanced(by: length), length: length, doublings: doublings, failures: failures, reason: endpoint.reason)
        endpoint.failures = []
        known.endpoints[backend] = endpoint
        ejected.insert(Place(service: name, backend: backend))
        news.changed.insert(name)
        news.events.append(
            .ejected(name, backend, Ejection(endpoint.reason, failures: failures, seconds: length.secondsRoundedUp)))
    }

    /// One always may be, and one always remains.
    private static func ejectedMax(_ count: Int, _ options: EjectionOptions) -> Int {
        min(max(1, count * options.percentMax / 100), count - 1)
    }

    private mutating func withhold(
        _ backend: Backend, of known: inout Known, _ name: NamespacedName, _ reason: EjectionNews.Withheld
    ) {
        guard known.endpoints[backend]?.wasWithheld == false else { return }
        known.endpoints[backend]?.wasWithheld = true
        news.events.append(.withheld(name, backend, reason))
    }

    /// Every endpoint fails: then the fault lies elsewhere, or choosing among them does not help.
    private mutating func pause(_ group: Set<Backend>, of known: inout Known, _ name: NamespacedName, at now: Instant) {
        known.pausedUntil = now.advanced(by: .seconds(known.options.seconds))
        for backend in group.sorted() {
            release(backend, of: &known, name)
            known.endpoints[backend]?.failures = []
        }
        guard !known.isHopeless, let first = group.min() else { return }
        known.isHopeless = true
        news.events.append(.withheld(name, first, .allFail))
    }

    /// After others left, too many of a group may be ejected: those that come back first do so now.
    private mutating func shrink(_ group: Set<Backend>, of known: inout Known, _ name: NamespacedName) {
        var gone: [(backend: Backend, until: Instant)] = []
        for backend in group {
            if let period = known.endpoints[backend]?.ejection { gone.append((backend, period.until)) }
        }
        let excess = gone.count - Self.ejectedMax(group.count, known.options)
        guard excess > 0 else { return }
        for (backend, _) in gone.sorted(by: { ($0.until, $0.backend) < ($1.until, $1.backend) }).prefix(excess) {
            release(backend, of: &known, name)
        }
    }

    /// Ends the ejections whose time is over.
    package mutating func timePassed(to now: Instant) {
        for place in ejected.sorted(by: { ($0.service, $0.backend) < ($1.service, $1.backend) }) {
            guard var known = services.removeValue(forKey: place.service) else { continue }
            if let period = known.endpoints[place.backend]?.ejection, period.until <= now {
                release(place.backend, of: &known, place.service)
            }
            services[place.service] = known
        }
    }

    private mutating func release(_ backend: Backend, of known: inout Known, _ name: NamespacedName) {
        guard let period = known.endpoints[backend]?.ejection else { return }
        known.endpoints[backend]?.ejection = nil
        known.endpoints[backend]?.past = period
        ejected.remove(Place(service: name, backend: backend))
        news.changed.insert(name)
        news.events.append(.returned(name, backend))
    }
}

/// What a look at connections or the clock brought.
package struct EjectionNews: Hashable, Sendable {
    package enum Withheld: String, Hashable, Sendable {
        case onlyEndpoint = "it is the only endpoint"
        case share = "as many endpoints as may be are ejected already"
        /// Of a whole port, and told of its first; those that were ejected came back.
        case allFail = "every endpoint fails"
    }

    package enum Event: Hashable, Sendable {
        case ejected(NamespacedName, Backend, Ejection)
        case returned(NamespacedName, Backend)
        /// It fails, and gets connections all the same: told once until one is answered.
        case withheld(NamespacedName, Backend, Withheld)
    }

    /// Services to be computed again.
    package var changed: Set<NamespacedName> = []
    package var events: [Event] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && events.isEmpty }
}

extension Duration {
    fileprivate var secondsRoundedUp: Int { Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0) }
}
