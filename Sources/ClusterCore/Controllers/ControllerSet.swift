package import API
package import ControlLoop
package import Logging
package import NetworkTypes

/// What the controllers of one cluster need to know.
package struct ControllerSetConfiguration: Sendable {
    /// Pod addresses of the whole cluster; each node gets a part.
    package var clusterCIDR: CIDR
    package var nodePrefixLength: Int
    /// PEM of the certificate authority that pods are to trust; nil: not published.
    package var rootCACertificate: String?
    /// Every kind that the server offers, with its preferred version.
    package var kinds: [ResourceKind]
    /// Silence after which a node counts as gone.
    package var nodeGrace: Duration

    package init(
        clusterCIDR: CIDR, nodePrefixLength: Int = 24, rootCACertificate: String?, kinds: [ResourceKind],
        nodeGrace: Duration = .seconds(40)
    ) {
        self.clusterCIDR = clusterCIDR
        self.nodePrefixLength = nodePrefixLength
        self.rootCACertificate = rootCACertificate
        self.kinds = kinds
        self.nodeGrace = nodeGrace
    }
}

/// Every controller of the control plane, over one set of shared caches.
package struct ControllerSet: Sendable {
    private let listWatch: any ListWatch
    private let writer: any ObjectWriter
    private let configuration: ControllerSetConfiguration
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    package init(
        listWatch: any ListWatch, writer: any ObjectWriter, configuration: ControllerSetConfiguration, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.listWatch = listWatch
        self.writer = writer
        self.configuration = configuration
        self.logger = logger
        self.now = now
    }

    /// Runs until cancelled.
    package func run() async throws {
        let caches = SharedCaches(listWatch: listWatch, logger: logger)
        let certificate = configuration.rootCACertificate
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await caches.run() }
            start(NamespaceController(kinds: configuration.kinds), caches, &group)
            start(ServiceAccountController(), caches, &group)
            if let certificate { start(RootCACertPublisher(certificate: certificate), caches, &group) }
            start(DeploymentController(), caches, &group)
            start(ReplicaSetController(), caches, &group)
            start(EndpointSliceController(), caches, &group)
            start(EndpointsController(), caches, &group)
            let ipam = NodeIPAMController(
                clusterCIDR: configuration.clusterCIDR, nodePrefixLength: configuration.nodePrefixLength)
            start(ipam, caches, workers: 1, &group)
            start(NodeLifecycleController(startedAt: now(), grace: configuration.nodeGrace), caches, &group)
            start(TaintEvictionController(), caches, &group)
            start(PodGarbageCollector(), caches, &group)
            start(GarbageCollector(kinds: configuration.kinds), caches, workers: 20, &group)
            try await group.waitForAll()
        }
    }

    private func start<Logic: Controller>(
        _ controller: Logic, _ caches: SharedCaches, workers: Int = 5, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) {
        let events = EventRecorder(writer: writer, component: Logic.name, logger: logger, now: now)
        let executor = PlanExecutor(listWatch: listWatch, writer: writer, events: events, logger: logger)
        let runner = ControllerRunner(
            controller, caches: caches, executor: executor, workers: workers, logger: logger, now: now)
        group.addTask { await events.run() }
        group.addTask { try await runner.run() }
    }
}
