import API
package import ControlLoop
import JSON
package import Logging
package import NFTables

/// Keeps the kernel's tables equal to the Services and EndpointSlices of a cluster.
///
/// Writes nothing before both collections were listed, and the node's own object, if it comes in time. The first sync reads the tables back and changes what differs, so a
/// restart disturbs no connection. Afterwards a change costs the elements of its Service. Once per `checkInterval` the kernel's
/// generation number is compared with ours; somebody else's commit leads to another full comparison.
package final class ProxySyncer: Sendable {
    private typealias Instant = ContinuousClock.Instant

    private let listWatch: any ListWatch
    let configuration: ProxyConfiguration
    private let logger: Logger
    private let inbox: Inbox
    let writer: RulesWriter
    /// Another way to the kernel than the writer's: a long listing must not hold up a commit.
    let counters: any RulesetApplier
    private let sweeper: FlowSweeper
    private let monitor: (any ConnectionMonitor)?
    private let onCommit: (@Sendable ([ServiceEvent]) -> Void)?

    /// - Parameters:
    ///   - counters: Reads the counters of connections; nil: `applier` does.
    ///   - monitor: Watches connections of Services that want failing endpoints ejected; nil: none is.
    ///   - recorder: Told of everything that happens, for health checks and metrics.
    ///   - onCommit: Called after every successful commit with what it covers, and after events that asked for none; one call
    ///     at a time, in order. Without it no object is kept beyond what the rules take.
    package init(
        listWatch: any ListWatch, applier: any RulesetApplier, flows: any FlowCleaner, counters: (any RulesetApplier)? = nil,
        monitor: (any ConnectionMonitor)? = nil, configuration: ProxyConfiguration, logger: Logger,
        recorder: ProxyRecorder? = nil,
        onCommit: (@Sendable ([ServiceEvent]) -> Void)? = nil
    ) {
        inbox = Inbox(keepsEvents: onCommit != nil, recorder: recorder, logger: logger)
        self.onCommit = onCommit
        self.counters = counters ?? applier
        self.monitor = monitor
        self.listWatch = listWatch
        self.configuration = configuration
        self.logger = logger
        sweeper = FlowSweeper(flows: flows, logger: logger, recorder: recorder)
        writer = RulesWriter(
            applier: applier, sweeper: sweeper, configuration: configuration, logger: logger, recorder: recorder)
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
            let scope = inbox.keepsEvents ? ListScope.everything : Self.ours
            group.addTask { [self] in try await reflect(Service.resource, scope, ServiceSink(inbox: inbox), logger) }
            group.addTask { [self] in try await reflect(EndpointSlice.resource, scope, SliceSink(inbox: inbox), logger) }
            group.addTask { [self] in
                let scope = ListScope(fieldSelector: "metadata.name=\(configuration.nodeName)")
                let sink = NodeSink(inbox: inbox, nodeName: configuration.nodeName)
                try await reflect(Node.resource, scope, sink, logger)
            }
            group.addTask { [self] in
                // Clusters before 1.33 have no such resource: that is no news.
                var quiet = logger
                quiet.logLevel = .error
                try await reflect(ServiceCIDR.resource, .everything, ServiceRangeSink(inbox: inbox), quiet)
            }
            group.addTask { [self] in try await tick() }
            group.addTask { [self] in try await sync() }
            group.addTask { [self] in try await sweeper.run() }
            if let monitor {
                group.addTask { [self] in try await inbox.ejections.run(monitor) { inbox.mark($0) } }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// What concerns another proxy, or no proxy, does not even come.
    private static let ours = ListScope(
        labelSelector: "!\(ProxyService.proxyNameLabel),!\(EndpointSlice.headlessLabel)")

    private func reflect(
        _ resource: GroupVersionResource, _ scope: ListScope, _ sink: some ReflectorSink, _ logger: Logger
    ) async throws {
        try await Reflector(listWatch: listWatch, resource: resource, scope: scope, into: sink, logger: logger).run()
    }

    private func tick() async throws {
        var waited = Duration.zero
        var sinceAudit = Duration.zero
        while true {
            try await ContinuousClock().sleep(for: configuration.checkInterval)
            waited += configuration.checkInterval
            sinceAudit += configuration.checkInterval
            if waited >= configuration.nodeWaitMax { inbox.giveUpOnNode() }
            let isAudit = sinceAudit >= configuration.auditInterval
            if isAudit { sinceAudit = .zero }
            inbox.checkIsDue(isAudit: isAudit)
        }
    }

    /// Syncs once both collections are listed, and returns; for a one-time run and for tests.
    package func runOnce() async throws {
        let services = try await listWatch.list(Service.resource, scope: .everything)
        let slices = try await listWatch.list(EndpointSlice.resource, scope: .everything)
        let nodes = try? await listWatch.list(Node.resource, scope: .everything)
        let ranges = try? await listWatch.list(ServiceCIDR.resource, scope: .everything)
        let node = nodes?.items.map(Node.init(json:)).first { $0.metadata.name == configuration.nodeName }
        inbox.nodeSeen(node.map(NodeFacts.init))
        inbox.serviceRangesListed(ranges?.items.map(ServiceCIDR.init(json:)) ?? [])
        inbox.servicesListed(services.items.map { inbox.read(Service(json: $0)) })
        inbox.slicesListed(slices.items.map { inbox.read(EndpointSlice(json: $0)) })
        try await writer.write(inbox.take(at: .now))
        await sweeper.sweep()
        deliver()
    }

    private func sync() async throws {
        let clock = ContinuousClock()
        var pacer = SyncPacer<Instant>(
            interval: configuration.syncInterval, retryInterval: configuration.retryInterval, now: clock.now)
        while true {
            await inbox.signal.wait()
            try Task.checkCancellation()
            let check = inbox.takeCheck()
            guard inbox.isComplete else { continue }
            var isDue = inbox.hasNews
            if !isDue {
                isDue = await writer.isUnsettled
                if !isDue, let check { isDue = await writer.wasDisturbed(isAudit: check.isAudit) }
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
                    let succeeded = await write(inbox.take(at: clock.now))
                    action = pacer.synced(at: clock.now, succeeded: succeeded)
                    continue
                }
                break
            }
        }
    }

    private func write(_ batch: SyncBatch) async -> Bool {
        do {
            try await writer.write(batch)
            deliver()
            return true
        } catch {
            logger.error("rules refused", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
            return false
        }
    }

    private func deliver() {
        guard let onCommit else { return }
        let events = inbox.committed()
        if !events.isEmpty { onCommit(events) }
    }
}
