import API
import APIServer
import ControlLoop
import Controllers
import Glibc
package import HTTP
import JSON
import Logging
import Machinery
import NetworkTypes
import PKI
import Scheduler
import Store

/// The control plane in one process: store, API server, controllers, scheduler.
package struct ClusterCore: Sendable {
    let configuration: ClusterCoreConfiguration
    private let queues = WorkQueueLedger()
    private let onListening: @Sendable ([HTTPServerConfiguration.Listener]) -> Void
    let shutdownRequest = Deferred<Void>()

    /// - Parameter onListening: Called once with the real addresses, when the server answers.
    package init(
        _ configuration: ClusterCoreConfiguration,
        onListening: @escaping @Sendable ([HTTPServerConfiguration.Listener]) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onListening = onListening
    }

    /// Asks `run()` to end as `Shutdown` says.
    package func shutDown() { shutdownRequest.resolve(.success(())) }

    /// Runs until `shutDown()`, or until its task is cancelled, which ends watches at once; finishes open requests and closes
    /// the store.
    package func run() async throws {
        let store = try await openStore()
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await store.run()
                    return false
                }
                group.addTask {
                    try await self.run(over: store)
                    return true
                }
                while let isDone = try await group.next() {
                    if isDone { group.cancelAll() }
                }
            }
        } catch {
            await store.close()
            guard error is CancellationError, Task.isCancelled else { throw error }
            return
        }
        await store.close()
    }

    private func openStore() async throws -> any Store {
        if let openStore = configuration.openStore { return try await openStore() }
        return try SQLiteStore(
            path: try Self.databasePath(configuration.dataDirectory), renames: StoreKey.renames, logger: configuration.logger)
    }

    private static func databasePath(_ directory: String) throws(StoreError) -> String {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw StoreError.failed(
                code: Int(errno), message: "cannot create \(directory): \(String(cString: strerror(errno)))")
        }
        return "\(directory)/store.db"
    }

    private func run(over store: any Store) async throws {
        let logger = configuration.logger
        let kubelets = TLSKubeletDialer(
            tls: HTTPClientConfiguration.TLS(
                caPEM: Array(configuration.clientCAPEM.utf8),
                clientCertificatePEM: Array(configuration.kubeletClientCertificatePEM.utf8),
                clientKeyPEM: Array(configuration.kubeletClientKeyPEM.utf8)), logger: logger)
        let audit = try configuration.audit.map { try AuditFile(path: $0.path, logger: logger) }
        let frontProxy = try FrontProxyAuthority.identity(directory: configuration.dataDirectory)
        let parts = try await APIServerParts.assemble(
            store: store, kubelets: kubelets, serverConfiguration(audit, frontProxy))
        let start = bootstrap(parts, try await serverAddresses(store))
        try await start.run()
        try await start.ensureClusterInfo(authorityPEM: configuration.clientCAPEM)
        try await ClusterTrust(
            clientCA: configuration.clientCAPEM, frontProxyCA: frontProxy.authorityPEM,
            requestHeaders: configuration.requestHeaders
        ).write(parts.registry)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: configuration.listeners,
                tls: HTTPServerConfiguration.TLS(
                    certificateChainPEM: Array(configuration.servingCertificatePEM.utf8),
                    privateKeyPEM: Array(configuration.servingKeyPEM.utf8),
                    clientCAPEM: Array(peerAuthoritiesPEM.utf8)),
                tooLargeResponse: Self.tooLarge), logger: logger
        ) { request in await parts.handler.handle(request) }
        defer { parts.registry.caches.endWatches() }
        do {
            try await runParts(parts, server, store)
        } catch {
            await kubelets.shutdown()
            await audit?.close()
            throw error
        }
        await kubelets.shutdown()
        await audit?.close()
    }

    /// Of clients, and of proxies that speak for theirs.
    private var peerAuthoritiesPEM: String {
        "\(configuration.clientCAPEM)\n\(configuration.requestHeaders?.authorityPEM ?? "")"
    }

    private func serverConfiguration(
        _ audit: AuditFile?, _ frontProxy: FrontProxyIdentity
    ) -> APIServerParts.Configuration {
        var server = APIServerParts.Configuration(
            serviceCIDR: configuration.serviceCIDR,
            serverAddress: "\(configuration.advertiseAddress):\(configuration.advertisePort)",
            tokenKeyPEM: configuration.serviceAccountKeyPEM,
            staticTokens: Dictionary(
                configuration.staticTokens.map { token in
                    (token.token, User(name: token.user, groups: token.groups + ["system:authenticated"]))
                }
            ) { first, _ in first }, environment: .system, logger: configuration.logger)
        server.limits = configuration.limits
        server.frontProxy = frontProxy
        server.requestHeaders = configuration.requestHeaders
        if let audit, let policy = configuration.audit?.policy { server.auditLog = AuditLog(policy: policy, sink: audit) }
        server.processMetrics = { [queues] text in
            ProcessFacts.write(&text)
            QueueFacts.write(queues, &text)
        }
        return server
    }

    /// Nil without the authority's key.
    private func certificateIssuer(_ parts: APIServerParts) throws -> ClusterCertificateIssuer? {
        guard let key = configuration.clientCAKeyPEM else { return nil }
        return ClusterCertificateIssuer(
            authority: try CertificateAuthority.load(certificatePEM: configuration.clientCAPEM, keyPEM: key),
            authorizer: parts.registry.access.authorizer)
    }

    @Sendable private static func tooLarge(limitBytes: Int) -> HTTPResponse {
        HTTPResponse(
            status: 413, headers: ["content-type": "application/json"],
            body: .bytes(JSONWriter.write(APIErrors.requestEntityTooLarge(limit: limitBytes).json)))
    }

    private func controllerSettings(_ parts: APIServerParts, _ store: any Store) throws -> ControllerSetConfiguration {
        var settings = ControllerSetConfiguration(
            clusterCIDRs: configuration.clusterCIDRs, nodePrefixLengths: configuration.nodePrefixLengths,
            rootCACertificate: configuration.clientCAPEM,
            kinds: Self.resourceKinds(parts.registry.kinds))
        let served = parts.registry.kinds
        settings.currentKinds = { Self.resourceKinds(served) }
        // Servers that share a store keep these endpoints themselves: `followServers`.
        if !store.isShared, !configuration.advertiseAddress.isLoopback,
            let address = configuration.serviceCIDR.address(at: 1)
        {
            settings.kubernetesService = KubernetesServiceController(
                clusterIP: address, servers: [configuration.advertiseAddress], port: configuration.advertisePort)
        }
        settings.certificates = try certificateIssuer(parts)
        settings.queues = queues
        let signer = try TokenSigner(privateKeyPEM: configuration.serviceAccountKeyPEM)
        settings.signToken = { secret, account, uid in
            let claims = LegacyTokenClaims(
                namespace: secret.namespace, secret: secret.name, account: .init(name: account, uid: uid))
            return try? signer.sign(payload: claims.json)
        }
        settings.signClusterInfo = { DetachedSignature.hs256($0, keyID: $1, secret: $2) }
        let zones = TimeZoneFiles()
        settings.zoneOffset = { zones.offset($0, $1) }
        return settings
    }

    /// Every long-lived part in one group: when one fails, all end.
    private func runParts(_ parts: APIServerParts, _ server: HTTPServer, _ store: any Store) async throws {
        let logger = configuration.logger
        let settings = try controllerSettings(parts, store)
        let controllers = ControllerSet(
            listWatch: parts.listWatch, writer: parts.writer, configuration: settings, logger: logger)
        let scheduler = Scheduler(listWatch: parts.listWatch, writer: parts.writer, logger: logger)
        // One process leads alone: controllers and scheduler hold one copy of every object.
        let caches = store.isShared ? nil : SharedCaches(listWatch: parts.listWatch, logger: logger)
        let onListening = onListening
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await server.run()
                } onCancel: {
                    // Clients are sent away before the server waits for open requests.
                    parts.lifecycle.beginShutdown()
                    parts.registry.caches.endWatches()
                }
                throw Shutdown.Done()
            }
            group.addTask {
                try await Shutdown(parts: parts, server: server, delay: configuration.shutdownDelay).run(on: shutdownRequest)
            }
            group.addTask {
                let addresses = await server.boundAddresses
                if !addresses.isEmpty { onListening(addresses) }
            }
            group.addTask { try await parts.runWatchClock() }
            group.addTask { try await parts.definitions.run() }
            group.addTask { try await parts.aggregator.run() }
            group.addTask { try await parts.policies.run() }
            group.addTask { try await store.runCompaction(sleep: ServerEnvironment.system.sleep) }
            group.addTask { try await store.runExpiry(sleep: ServerEnvironment.system.sleep) }
            group.addTask { try await followServers(parts, store) }
            if let caches { group.addTask { try await caches.run() } }
            let identity = Self.identity()
            group.addTask {
                try await whileLeading("kube-controller-manager", identity, parts, store) {
                    try await controllers.run(over: caches)
                }
            }
            group.addTask {
                try await whileLeading("kube-scheduler", identity, parts, store) { try await scheduler.run(over: caches) }
            }
            do {
                for try await _ in group {}
            } catch is Shutdown.Done {
                group.cancelAll()
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    /// One version of every kind whose objects can be deleted.
    private static func resourceKinds(_ served: KindRegistry) -> [ResourceKind] {
        var seen: Set<String> = []
        let builtIn = served.builtInKinds.filter { $0.gvr == $0.storage }
        return (builtIn + served.customKinds).filter { kind in
            kind.isStored && kind.allows("delete") && seen.insert(kind.gvr.groupResource).inserted
        }.map { ResourceKind(resource: $0.gvr, kind: $0.gvk.kind, isNamespaced: $0.isNamespaced) }
    }
}

extension ServerEnvironment {
    /// The machine's clocks and its random numbers.
    static let system = ServerEnvironment(
        now: { WallClock.now() },
        monotonic: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        },
        random: {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }, sleep: { try await ContinuousClock().sleep(for: $0) })
}
