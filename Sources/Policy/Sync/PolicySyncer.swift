package import API
package import ControlLoop
import JSON
package import Logging
package import Metrics
package import NFTables
import Synchronization

/// Keeps the kernel's tables equal to the policies of a cluster.
///
/// Closes a node that has no tables yet and writes nothing else before everything was listed. The first sync reads the tables back and changes what differs, so a restart
/// disturbs no connection and opens nothing. Afterwards a change costs the elements that it changes. Once per `checkInterval` the
/// kernel's generation number is compared with ours; somebody else's commit leads to another full comparison.
package final class PolicySyncer: Sendable {
    /// How long a cluster without ClusterNetworkPolicies is believed to have none.
    private static let absentKindPatience: Duration = .seconds(10)
    /// From one walk through the connection table to the next.
    private static let cutInterval: Duration = .seconds(1)

    private let listWatch: any ListWatch
    private let configuration: PolicyConfiguration
    private let interfaces: AsyncStream<[PodInterface]>?
    private let events: EventRecorder?
    private let logger: Logger
    private let inbox: PolicyInbox
    private let writer: PolicyWriter
    private let cutter: ConnectionCutter?
    private let cutCount = Atomic(0)
    private let journal = Mutex(DeniedFlowJournal<ContinuousClock.Instant>(now: .now))

    /// - Parameters:
    ///   - interfaces: The node's interfaces, all of them each time one comes or goes; nil where pods are known by address.
    ///   - cutter: What forgets open connections, where `openConnections` is `cut`.
    ///   - events: Where faults of policies are reported; nil: in the log alone.
    package init(
        listWatch: any ListWatch, applier: any RulesetApplier, interfaces: AsyncStream<[PodInterface]>? = nil,
        cutter: ConnectionCutter? = nil, events: EventRecorder? = nil, configuration: PolicyConfiguration, logger: Logger
    ) {
        self.listWatch = listWatch
        self.configuration = configuration
        self.interfaces = interfaces
        self.events = events
        self.logger = logger
        inbox = PolicyInbox(needsInterfaces: interfaces != nil)
        self.cutter = configuration.openConnections == .cut ? cutter : nil
        writer = PolicyWriter(applier: applier, configuration: configuration, logger: logger)
    }

    package var status: PolicyStatus { get async { await writer.status } }
    /// Everything that decides, as it stands in the kernel.
    package var world: PolicyWorld { get async { await writer.world } }

    /// Takes the reports of one bunch of denied packets: a line for each new flow, and an Event at the pod whose policies denied.
    package func packetsReported(_ packets: [(prefix: String, bytes: [UInt8])]) async {
        for packet in packets {
            guard let summary = PacketSummary(packet.bytes),
                let flow = await writer.deniedFlow(summary, prefix: packet.prefix)
            else { continue }
            guard let count = journal.withLock({ $0.reported(flow, at: .now) }) else { continue }
            logger.info(
                flow.isStaged ? "would deny" : "denied", metadata: ["flow": "\(flow.description)", "packets": "\(count)"])
            guard case .pod(let pod) = flow.subject else { continue }
            events?.record(
                ObjectReference(apiVersion: "v1", kind: "Pod", namespace: pod.namespace, name: pod.name), type: "Warning",
                reason: flow.isStaged ? "NetworkPolicyWouldDeny" : "NetworkPolicyDenied", message: flow.description)
        }
    }

    /// Prometheus' text.
    package func writeMetrics(to text: inout MetricsText) async {
        await status.write(to: &text)
        journal.withLock { $0.write(to: &text) }
        text.family("skiff_policy_cut_connections_total", .counter, "Open connections that were cut because policies changed.")
        text.sample("skiff_policy_cut_connections_total", [], Double(cutCount.load(ordering: .relaxed)))
    }

    /// Closes a node that has no rules yet; to be called before anything starts pods. `run` does it too.
    package func closeFreshNode() async {
        do {
            try await writer.closeFreshNode()
        } catch {
            logger.error("policies refused", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
        }
    }

    /// Returns only by cancellation. The rules stay.
    package func run() async throws {
        await closeFreshNode()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for watch in watches { group.addTask { try await watch() } }
            if let interfaces {
                group.addTask { [inbox] in
                    for await list in interfaces { inbox.interfacesSeen(list) }
                    try await Self.forever()
                }
            }
            group.addTask { [self] in
                while true {
                    try await ContinuousClock().sleep(for: configuration.checkInterval)
                    inbox.checkIsDue()
                }
            }
            group.addTask { [self] in try await sync() }
            if let cutter { group.addTask { [self] in try await cut(cutter) } }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Syncs once everything is listed, and returns; for a one-time run and for tests.
    package func runOnce() async throws {
        for watch in lists { try await watch() }
        if let interfaces { for await list in interfaces { inbox.interfacesSeen(list); break } }
        try await writer.write(inbox.take())
        await report()
    }

    private func cut(_ cutter: ConnectionCutter) async throws {
        while true {
            await writer.tightened.wait()
            try Task.checkCancellation()
            let count = await cutter.cut(
                await writer.engine, nodeName: configuration.nodeName, configuration.families, logger)
            cutCount.wrappingAdd(count, ordering: .relaxed)
            try await ContinuousClock().sleep(for: Self.cutInterval)
        }
    }

    private static func forever() async throws { while true { try await ContinuousClock().sleep(for: .seconds(3600)) } }

    // MARK: - What is watched

    private typealias Work = @Sendable () async throws -> Void

    private var watches: [Work] {
        let clusterSource = OptionalKind(source: listWatch, patience: Self.absentKindPatience)
        return [
            { [self] in try await reflect(Pod.resource, listWatch, pods) },
            { [self] in try await reflect(Namespace.resource, listWatch, namespaces) },
            { [self] in try await reflect(NetworkPolicy.resource, listWatch, policies) },
            { [self] in try await reflect(ClusterNetworkPolicy.resource, clusterSource, clusterPolicies) },
            { [self] in try await reflect(Node.resource, listWatch, nodes) },
        ]
    }

    private var lists: [Work] {
        let clusterSource = OptionalKind(source: listWatch, patience: Self.absentKindPatience)
        return [
            { [self] in try await list(Pod.resource, listWatch, pods) },
            { [self] in try await list(Namespace.resource, listWatch, namespaces) },
            { [self] in try await list(NetworkPolicy.resource, listWatch, policies) },
            { [self] in try await list(ClusterNetworkPolicy.resource, clusterSource, clusterPolicies) },
            { [self] in try await list(Node.resource, listWatch, nodes) },
        ]
    }

    private var pods: PolicySink<NamespacedName, PolicyPod> {
        PolicySink(inbox: inbox, path: \.pods, key: { $0.key }, decode: { PolicyPod(json: $0) })
    }
    private var namespaces: PolicySink<String, PolicyNamespace> {
        PolicySink(inbox: inbox, path: \.namespaces, key: { $0.name }, decode: { PolicyNamespace(json: $0) })
    }
    private var policies: PolicySink<NamespacedName, NetworkPolicy> {
        PolicySink(inbox: inbox, path: \.policies, key: { $0.key }, decode: { NetworkPolicy(json: $0) })
    }
    private var clusterPolicies: PolicySink<String, ClusterNetworkPolicy> {
        PolicySink(inbox: inbox, path: \.clusterPolicies, key: { $0.name }, decode: { ClusterNetworkPolicy(json: $0) })
    }
    private var nodes: PolicySink<String, PolicyNode> {
        PolicySink(inbox: inbox, path: \.nodes, key: { $0.name }, decode: { PolicyNode(json: $0) })
    }

    private func reflect(
        _ resource: GroupVersionResource, _ source: any ListWatch, _ sink: some ReflectorSink
    ) async throws {
        try await Reflector(listWatch: source, resource: resource, into: sink, logger: logger).run()
    }

    private func list<Sink: ReflectorSink>(
        _ resource: GroupVersionResource, _ source: any ListWatch, _ sink: Sink
    ) async throws {
        let result = try await source.list(resource, scope: .everything)
        sink.replace(with: result.items.map { sink.read($0) }, resourceVersion: result.resourceVersion)
    }

    // MARK: - Writing

    private func sync() async throws {
        let clock = ContinuousClock()
        var retry: ContinuousClock.Instant?
        while true {
            await inbox.signal.wait()
            try Task.checkCancellation()
            let needsCheck = inbox.takeCheck()
            guard inbox.isComplete else { continue }
            if let until = retry, clock.now < until { try await clock.sleep(until: until) }
            retry = nil
            var isDue = inbox.hasChanges
            if !isDue { isDue = await writer.isUnsettled }
            if !isDue && needsCheck { isDue = await writer.wasDisturbed() }
            guard isDue else { continue }
            do {
                try await writer.write(inbox.take())
            } catch {
                logger.error("policies refused", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
                retry = clock.now + configuration.retryInterval
                inbox.checkIsDue()
            }
            await report()
            try await clock.sleep(for: configuration.syncInterval)
        }
    }

    private func report() async {
        for (policy, why) in await writer.takeNewFaults() {
            logger.error("policy cannot be applied, its pods are cut off", metadata: ["policy": "\(policy)", "error": "\(why)"])
            events?.record(
                policy.object, type: "Warning", reason: "PolicyNotApplied",
                message: "Cannot be applied, the pods that it selects are cut off: \(why)")
        }
    }
}

extension PolicyReference {
    /// What an Event is about.
    package var object: ObjectReference {
        switch self {
        case .network(let key):
            ObjectReference(
                apiVersion: NetworkPolicy.resource.groupVersion, kind: "NetworkPolicy", namespace: key.namespace, name: key.name)
        case .cluster(let name):
            ObjectReference(
                apiVersion: ClusterNetworkPolicy.resource.groupVersion, kind: ClusterNetworkPolicy.kind, name: name)
        }
    }
}
