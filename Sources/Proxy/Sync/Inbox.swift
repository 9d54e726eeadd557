import API
import ControlLoop
import Logging
import Synchronization

/// What the reflectors saw and the syncer has not yet written.
final class Inbox: Sendable {
    private struct State {
        var tracker = ServiceChangeTracker()
        var events = ServiceEventQueue()
        var facts = ClusterFacts()
        var areFactsNew = false
        /// The Node was listed, or waited for long enough.
        var isNodeSettled = false
        var ranges: [String: ServiceCIDR] = [:]
        var slowStart = SlowStart<ContinuousClock.Instant>()
        var check: Check?
        var pendingSince: ContinuousClock.Instant?
        var serviceProblems = ProblemBook<NamespacedName>()
        var sliceProblems = ProblemBook<NamespacedName>()

        var isComplete: Bool { tracker.isComplete && isNodeSettled }
        var hasChanges: Bool { tracker.hasChanges || areFactsNew }
    }

    struct Check: Sendable {
        var isAudit: Bool
    }

    /// What is kept of a Service that was read.
    struct SeenService: Sendable {
        var key: NamespacedName
        var parsed: ProxyService?
        /// Nil when nobody listens.
        var object: Service?
        var problems: [String]
    }

    /// What is kept of an EndpointSlice that was read.
    struct SeenSlice: Sendable {
        var key: NamespacedName
        var parsed: ProxySlice?
        var object: EndpointSlice?
        /// When what the slice reports happened, by its annotation.
        var trigger: Timestamp?
        var problems: [String]
    }

    let keepsEvents: Bool
    let signal = WakeSignal()
    let ejections: EjectionWatch
    private let recorder: ProxyRecorder?
    private let logger: Logger
    private let state = Mutex(State())

    init(keepsEvents: Bool, recorder: ProxyRecorder?, logger: Logger) {
        self.keepsEvents = keepsEvents
        self.recorder = recorder
        self.logger = logger
        ejections = EjectionWatch(recorder: recorder, logger: logger)
    }

    var isComplete: Bool { state.withLock { $0.isComplete } }
    /// Something changed that the rules or the listener do not know yet.
    var hasNews: Bool { state.withLock { $0.hasChanges || !$0.events.isEmpty } }
    var pendingSince: ContinuousClock.Instant? { state.withLock { $0.pendingSince } }

    func read(_ service: Service) -> SeenService {
        SeenService(
            key: service.key, parsed: ProxyService(service), object: keepsEvents ? service : nil,
            problems: InputProblems.of(service))
    }

    func read(_ slice: EndpointSlice) -> SeenSlice {
        SeenSlice(
            key: slice.key, parsed: ProxySlice(slice), object: keepsEvents ? slice : nil,
            trigger: slice.metadata.annotations[ProxyRecorder.triggerAnnotation].flatMap(Timestamp.init(parsing:)),
            problems: InputProblems.of(slice))
    }

    func servicesListed(_ list: [SeenService]) {
        update { state in
            state.tracker.servicesListed(list.map { ($0.key, $0.parsed) })
            if keepsEvents { state.events.add(.servicesListed(list.compactMap(\.object))) }
            recorder?.servicesSeen(list.count, isNews: state.tracker.hasChanges)
            let present = Set(list.map(\.key))
            state.serviceProblems.keep(present.contains)
            return list.flatMap { service in
                state.serviceProblems.news(of: service.key, service.problems).map { (service.key, $0) }
            }
        }
    }

    func serviceSeen(_ service: SeenService) {
        update { state in
            state.tracker.serviceSeen(service.key, service.parsed)
            if let object = service.object { state.events.add(.serviceSeen(object)) }
            recorder?.servicesSeen(1, isNews: state.tracker.hasChanges)
            return state.serviceProblems.news(of: service.key, service.problems).map { (service.key, $0) }
        }
    }

    func serviceGone(_ key: NamespacedName) {
        update { state in
            state.tracker.serviceGone(key)
            if keepsEvents { state.events.add(.serviceGone(key)) }
            recorder?.servicesSeen(1, isNews: state.tracker.hasChanges)
            return state.serviceProblems.news(of: key, []).map { (key, $0) }
        }
    }

    func slicesListed(_ list: [SeenSlice]) {
        update { state in
            state.tracker.slicesListed(list.map { ($0.key, $0.parsed) })
            if keepsEvents { state.events.add(.slicesListed(list.compactMap(\.object))) }
            recorder?.slicesSeen(list.lazy.map { ($0.parsed?.family, $0.trigger) }, isNews: state.tracker.hasChanges)
            let present = Set(list.map(\.key))
            state.sliceProblems.keep(present.contains)
            return list.flatMap { slice in state.sliceProblems.news(of: slice.key, slice.problems).map { (slice.key, $0) } }
        }
    }

    func sliceSeen(_ slice: SeenSlice) {
        update { state in
            state.tracker.sliceSeen(slice.key, slice.parsed)
            if let object = slice.object { state.events.add(.sliceSeen(object)) }
            recorder?.slicesSeen([(slice.parsed?.family, slice.trigger)], isNews: state.tracker.hasChanges)
            return state.sliceProblems.news(of: slice.key, slice.problems).map { (slice.key, $0) }
        }
    }

    func sliceGone(_ key: NamespacedName) {
        update { state in
            state.tracker.sliceGone(key)
            if keepsEvents { state.events.add(.sliceGone(key)) }
            recorder?.slicesSeen([(nil, nil)], isNews: state.tracker.hasChanges)
            return state.sliceProblems.news(of: key, []).map { (key, $0) }
        }
    }

    /// - Parameter facts: Nil: there is no such Node; what was known of it stays.
    func nodeSeen(_ facts: NodeFacts?) {
        update { state in
            state.isNodeSettled = true
            if let facts, facts != state.facts.node {
                state.facts.node = facts
                state.areFactsNew = true
            }
            return []
        }
    }

    func giveUpOnNode() {
        let wasWaiting = state.withLock { state in
            defer { state.isNodeSettled = true }
            return !state.isNodeSettled
        }
        guard wasWaiting else { return }
        logger.error("no answer about this node, going on without its zone and addresses")
        signal.wake()
    }

    func serviceRangesListed(_ list: [ServiceCIDR]) {
        updateRanges { $0 = Dictionary(list.map { ($0.metadata.name, $0) }) { _, last in last } }
    }

    func serviceRangeSeen(_ range: ServiceCIDR, isGone: Bool) { updateRanges { $0[range.metadata.name] = isGone ? nil : range } }

    private func updateRanges(_ body: (inout [String: ServiceCIDR]) -> Void) {
        update { state in
            body(&state.ranges)
            let ranges = Set(state.ranges.values.flatMap(\.ranges)).sorted()
            if ranges != state.facts.serviceCIDRs {
                state.facts.serviceCIDRs = ranges
                state.areFactsNew = true
            }
            return []
        }
    }

    /// - Parameter body: Returns the problems that are new.
    private func update(_ body: (inout State) -> [(NamespacedName, String)]) {
        let (isNews, problems) = state.withLock { state in
            let wasComplete = state.isComplete
            let problems = body(&state)
            if state.hasChanges, state.pendingSince == nil { state.pendingSince = .now }
            return (state.isComplete && (state.hasChanges || keepsEvents || !wasComplete), problems)
        }
        for (key, problem) in problems {
            logger.error("object not used as it stands", metadata: ["key": "\(key)", "error": "\(problem)"])
        }
        if isNews { signal.wake() }
    }

    func committed() -> [ServiceEvent] { state.withLock { $0.events.committed() } }

    /// These are to be computed again, though no object changed.
    func mark(_ names: Set<NamespacedName>) {
        state.withLock { $0.tracker.mark(names) }
        signal.wake()
    }

    func checkIsDue(isAudit: Bool) {
        let changed = ejections.timePassed(to: .now)
        state.withLock { state in
            if !changed.isEmpty { state.tracker.mark(changed) }
            state.check = Check(isAudit: isAudit || state.check?.isAudit == true)
            if !state.slowStart.isIdle { state.tracker.mark(state.slowStart.rising) }
        }
        signal.wake()
    }

    func takeCheck() -> Check? {
        state.withLock { state in
            defer { state.check = nil }
            return state.check
        }
    }

    func take(at now: ContinuousClock.Instant) -> SyncBatch {
        state.withLock { state in
            state.pendingSince = nil
            recorder?.syncStarted()
            state.events.take()
            var changes = state.tracker.takeChanges()
            ejections.apply(to: &changes, at: now)
            for index in changes.indices { state.slowStart.apply(to: &changes[index], at: now) }
            defer { state.areFactsNew = false }
            return SyncBatch(
                changes: changes, serviceCount: state.tracker.serviceCount, facts: state.areFactsNew ? state.facts : nil)
        }
    }
}
