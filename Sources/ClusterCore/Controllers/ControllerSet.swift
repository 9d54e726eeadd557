package import API
package import ControlLoop
package import Logging
package import NetworkTypes

/// What the controllers of one cluster need to know.
package struct ControllerSetConfiguration: Sendable {
    /// Pod addresses of the whole cluster, one or one of each family; each node gets a part. Empty: nodes bring their own.
    package var clusterCIDRs: [CIDR]
    package var nodePrefixLengths: NodePrefixLengths
    /// PEM of the certificate authority that pods are to trust; nil: not published.
    package var rootCACertificate: String?
    /// Every kind that the server offers, with its preferred version.
    package var kinds: [ResourceKind]
    /// The kinds at this moment, where definitions of kinds come and go; nil: `kinds` for ever.
    package var currentKinds: (@Sendable () -> [ResourceKind])?
    /// Where API servers are reached; nil: nobody looks after the `kubernetes` Service.
    package var kubernetesService: KubernetesServiceController?
    /// Silence after which a node counts as gone.
    package var nodeGrace: Duration
    /// Approves, signs and clears away certificate requests; nil: nobody here does.
    package var certificates: (any CertificateIssuer)?
    /// Signs tokens that lie in Secrets; nil: nobody here does.
    package var signToken: LegacyTokenController.Sign?
    /// Signs `cluster-info` with bootstrap tokens; nil: nobody here does.
    package var signClusterInfo: BootstrapSigner.Sign?
    /// What the machine knows of time zones.
    package var zoneOffset: CronJobController.ZoneOffset = CronJobController.utcOnly
    /// Told what the controllers' queues do.
    package var queues: WorkQueueLedger?

    package init(
        clusterCIDRs: [CIDR], nodePrefixLengths: NodePrefixLengths = NodePrefixLengths(), rootCACertificate: String?,
        kinds: [ResourceKind],
        nodeGrace: Duration = .seconds(40)
    ) {
        self.clusterCIDRs = clusterCIDRs
        self.nodePrefixLengths = nodePrefixLengths
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
    ///
    /// - Parameter shared: Caches that somebody else keeps up to date; nil: caches of its own.
    package func run(over shared: SharedCaches? = nil) async throws {
        let caches = shared ?? SharedCaches(listWatch: listWatch, logger: logger)
        let certificate = configuration.rootCACertificate
        try await withThrowingTaskGroup(of: Void.self) { group in
            if shared == nil { group.addTask { try await caches.run() } }
            start(ServiceAccountController(), caches, &group)
            if let certificate { start(RootCACertPublisher(certificate: certificate), caches, &group) }
            start(ClusterRoleAggregation(), caches, workers: 1, &group)
            if let issuer = configuration.certificates {
                start(CertificateApprover(issuer: issuer), caches, &group)
                start(CertificateSigner(issuer: issuer), caches, &group)
                start(CertificateCleaner(issuer: issuer), caches, &group)
            }
            start(DeploymentController(), caches, &group)
            start(ReplicaSetController(), caches, &group)
            start(StatefulSetController(), caches, &group)
            start(DaemonSetController(), caches, &group)
            start(EndpointSliceController(), caches, &group)
            start(EndpointsController(), caches, &group)
            startMore(caches, &group)
            if !configuration.clusterCIDRs.isEmpty {
                let ipam = NodeIPAMController(
                    clusterCIDRs: configuration.clusterCIDRs, nodePrefixLengths: configuration.nodePrefixLengths)
                start(ipam, caches, workers: 1, &group)
            }
            start(NodeLifecycleController(startedAt: now(), grace: configuration.nodeGrace), caches, &group)
            start(TaintEvictionController(), caches, &group)
            start(PodGarbageCollector(), caches, &group)
            group.addTask { try await runForEveryKind(caches) }
            try await group.waitForAll()
        }
    }

    private func startMore(_ caches: SharedCaches, _ group: inout ThrowingTaskGroup<Void, any Error>) {
        start(ReplicationManager(), caches, &group)
        start(EndpointSliceMirroringController(), caches, &group)
        start(DisruptionController(), caches, &group)
        start(VolumeBinder(), caches, workers: 1, &group)
        start(ClaimProtectionController(), caches, &group)
        start(VolumeProtectionController(), caches, &group)
        start(AttributesClassProtectionController(), caches, &group)
        start(ServiceCIDRController(), caches, &group)
        start(IPAddressRepairController(), caches, &group)
        start(CronJobController(zoneOffset: configuration.zoneOffset), caches, &group)
        start(JobController(), caches, &group)
        start(SystemNamespacesController(), caches, &group)
        if let sign = configuration.signToken {
            start(
                LegacyTokenController(rootCACertificate: configuration.rootCACertificate, sign: sign), caches, &group)
        }
        if let sign = configuration.signClusterInfo { start(BootstrapSigner(sign: sign), caches, workers: 1, &group) }
        start(BootstrapTokenCleaner(), caches, workers: 1, &group)
        start(FlowControlController(), caches, workers: 1, &group)
        if let service = configuration.kubernetesService { start(service, caches, workers: 1, &group) }
        start(TTLAfterFinishedController(), caches, &group)
    }

    /// Controllers that treat all kinds alike begin anew when a definition brings or takes a kind.
    private func runForEveryKind(_ caches: SharedCaches) async throws {
        var served: [ResourceKind] = []
        while true {
            try Task.checkCancellation()
            let kinds = configuration.currentKinds?() ?? configuration.kinds
            for gone in Set(served).subtracting(kinds) { caches.drop(gone.resource) }
            served = kinds
            try await withThrowingTaskGroup(of: Void.self) { group in
                start(NamespaceController(kinds: kinds), caches, &group)
                start(ResourceQuotaController(kinds: kinds), caches, &group)
                start(GarbageCollector(kinds: kinds), caches, workers: 20, &group)
                if let currentKinds = configuration.currentKinds {
                    let definitions = caches.cache(of: PartialObject.self, resource: Self.definitions)
                    group.addTask {
                        for await _ in definitions.changes() where currentKinds() != kinds { return }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private static let definitions = GroupVersionResource(
        group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")

    private func start<Logic: Controller>(
        _ controller: Logic, _ caches: SharedCaches, workers: Int = 5, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) {
        let events = EventRecorder(writer: writer, component: Logic.name, logger: logger, now: now)
        let executor = PlanExecutor(listWatch: listWatch, writer: writer, events: events, logger: logger)
        let runner = ControllerRunner(
            controller, caches: caches, executor: executor, workers: workers, ledger: configuration.queues, logger: logger,
            now: now)
        group.addTask { await events.run() }
        group.addTask { try await runner.run() }
    }
}
