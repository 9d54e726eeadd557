import API
package import ControlLoop
import JSON
package import Logging
package import NFTables
import NetworkTypes
import Synchronization

/// Keeps the kernel's tables equal to the Services and EndpointSlices of a cluster.
///
/// Writes nothing before both collections were listed. The first sync reads the tables back and changes what differs, so a
/// restart disturbs no connection. Afterwards a change costs the elements of its Service. Once per `checkInterval` the kernel's
/// generation number is compared with ours; somebody else's commit leads to another full comparison.
package final class ProxySyncer: Sendable {
    private typealias Instant = ContinuousClock.Instant

    private let listWatch: any ListWatch
    private let configuration: ProxyConfiguration
    private let logger: Logger
    private let inbox = Inbox()
    private let writer: RulesWriter

    package init(
        listWatch: any ListWatch, applier: any RulesetApplier, flows: any FlowCleaner, configuration: ProxyConfiguration,
        logger: Logger
    ) {
        self.listWatch = listWatch
        self.configuration = configuration
        self.logger = logger
        writer = RulesWriter(applier: applier, flows: flows, configuration: configuration, logger: logger)
    }

    package var status: ProxyStatus {
        get async {
            var status = await writer.status
            status.pendingSince = inbox.pendingSince
            return status
        }
    }

    /// Returns only by cancellation. The rules stay.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await Reflector(
                    listWatch: listWatch, resource: Service.resource, into: ServiceSink(inbox: inbox), logger: logger
                ).run()
            }
            group.addTask { [self] in
                try await Reflector(
                    listWatch: listWatch, resource: EndpointSlice.resource, into: SliceSink(inbox: inbox), logger: logger
                ).run()
            }
            group.addTask { [self] in
                while true {
                    try await ContinuousClock().sleep(for: configuration.checkInterval)
                    inbox.checkIsDue()
                }
            }
            group.addTask { [self] in try await sync() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Syncs once both collections are listed, and returns; for a one-time run and for tests.
    package func runOnce() async throws {
        let services = try await listWatch.list(Service.resource, scope: .everything)
        let slices = try await listWatch.list(EndpointSlice.resource, scope: .everything)
        inbox.update { tracker in
            tracker.servicesListed(services.items.map(Service.init(json:)))
            tracker.slicesListed(slices.items.map(EndpointSlice.init(json:)))
        }
        let (changes, count) = inbox.takeChanges()
        try await writer.write(changes, serviceCount: count)
    }

    private func sync() async throws {
        let clock = ContinuousClock()
        var pacer = SyncPacer<Instant>(
            interval: configuration.syncInterval, retryInterval: configuration.retryInterval, now: clock.now)
        while true {
            await inbox.signal.wait()
            try Task.checkCancellation()
            let needsCheck = inbox.takeCheck()
            guard inbox.isComplete else { continue }
            var isDue = inbox.hasChanges
            if !isDue {
                isDue = await writer.isUnsettled
                if !isDue && needsCheck { isDue = await writer.wasDisturbed() }
            }
            guard isDue else { continue }
            var action = pacer.changed(at: clock.now)
            while true {
                switch action {
                case .wait: break
                case .wake(let instant):
                    try await clock.sleep(until: instant)
                    action = pacer.woke(at: clock.now)
                    continue
                case .syncNow:
                    let (changes, count) = inbox.takeChanges()
                    let succeeded = await write(changes, serviceCount: count)
                    action = pacer.synced(at: clock.now, succeeded: succeeded)
                    continue
                }
                break
            }
        }
    }

    private func write(_ changes: [ServiceChange], serviceCount: Int) async -> Bool {
        do {
            try await writer.write(changes, serviceCount: serviceCount)
            return true
        } catch {
            logger.error("rules refused", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
            return false
        }
    }
}

/// What the reflectors saw and the syncer has not yet written.
private final class Inbox: Sendable {
    private struct State {
        var tracker = ServiceChangeTracker()
        var needsCheck = false
        var pendingSince: ContinuousClock.Instant?
    }

    let signal = WakeSignal()
    private let state = Mutex(State())

    var isComplete: Bool { state.withLock { $0.tracker.isComplete } }
    var hasChanges: Bool { state.withLock { $0.tracker.hasChanges } }
    var pendingSince: ContinuousClock.Instant? { state.withLock { $0.pendingSince } }

    func update(_ body: (inout ServiceChangeTracker) -> Void) {
        let isNews = state.withLock { state in
            let wasComplete = state.tracker.isComplete
            body(&state.tracker)
            if state.tracker.hasChanges, state.pendingSince == nil { state.pendingSince = .now }
            return state.tracker.isComplete && (state.tracker.hasChanges || !wasComplete)
        }
        if isNews { signal.wake() }
    }

    func checkIsDue() {
        state.withLock { $0.needsCheck = true }
        signal.wake()
    }

    func takeCheck() -> Bool {
        state.withLock { state in
            defer { state.needsCheck = false }
            return state.needsCheck
        }
    }

    func takeChanges() -> (changes: [ServiceChange], serviceCount: Int) {
        state.withLock { state in
            state.pendingSince = nil
            return (state.tracker.takeChanges(), state.tracker.services.count)
        }
    }
}

private struct ServiceSink: ReflectorSink {
    let inbox: Inbox

    func read(_ json: JSONValue) -> Service { Service(json: json) }

    func replace(with items: [Service], resourceVersion: String) { inbox.update { $0.servicesListed(items) } }

    func apply(_ kind: WatchEvent.Kind, _ item: Service?, resourceVersion: String) {
        guard let item else { return }
        inbox.update { tracker in
            if kind == .deleted { tracker.serviceGone(item.key) } else { tracker.serviceSeen(item) }
        }
    }
}

private struct SliceSink: ReflectorSink {
    let inbox: Inbox

    func read(_ json: JSONValue) -> EndpointSlice { EndpointSlice(json: json) }

    func replace(with items: [EndpointSlice], resourceVersion: String) { inbox.update { $0.slicesListed(items) } }

    func apply(_ kind: WatchEvent.Kind, _ item: EndpointSlice?, resourceVersion: String) {
        guard let item else { return }
        inbox.update { tracker in
            if kind == .deleted { tracker.sliceGone(item.key) } else { tracker.sliceSeen(item) }
        }
    }
}
