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
    private let configuration: ClusterCoreConfiguration
    private let onListening: @Sendable ([HTTPServerConfiguration.Listener]) -> Void

    /// - Parameter onListening: Called once with the real addresses, when the server answers.
    package init(
        _ configuration: ClusterCoreConfiguration,
        onListening: @escaping @Sendable ([HTTPServerConfiguration.Listener]) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onListening = onListening
    }

    /// Runs until its task is cancelled, then ends watches, finishes open requests and closes the store.
    package func run() async throws {
        let store = try SQLiteStore(path: try Self.databasePath(configuration.dataDirectory), logger: configuration.logger)
        do {
            try await run(over: store)
        } catch {
            await store.close()
            guard error is CancellationError, Task.isCancelled else { throw error }
            return
        }
        await store.close()
    }

    private static func databasePath(_ directory: String) throws(StoreError) -> String {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw StoreError.failed(
                code: Int(errno), message: "cannot create \(directory): \(String(cString: strerror(errno)))")
        }
        return "\(directory)/store.db"
    }

    private func run(over store: SQLiteStore) async throws {
        let logger = configuration.logger
        let kubelets = TLSKubeletDialer(
            tls: HTTPClientConfiguration.TLS(
                caPEM: Array(configuration.clientCAPEM.utf8),
                clientCertificatePEM: Array(configuration.kubeletClientCertificatePEM.utf8),
                clientKeyPEM: Array(configuration.kubeletClientKeyPEM.utf8)), logger: logger)
        let parts = try await APIServerParts.assemble(
            store: store, kubelets: kubelets,
            APIServerParts.Configuration(
                serviceCIDR: configuration.serviceCIDR,
                serverAddress: "\(configuration.advertiseAddress):\(configuration.advertisePort)",
                tokenKeyPEM: configuration.serviceAccountKeyPEM,
                staticTokens: Dictionary(
                    configuration.staticTokens.map { token in
                        (token.token, User(name: token.user, groups: token.groups + ["system:authenticated"]))
                    }
                ) { first, _ in first }, environment: .system, logger: logger))
        try await Bootstrap(
            registry: parts.registry, serviceCIDR: configuration.serviceCIDR,
            advertiseAddress: configuration.advertiseAddress, advertisePort: configuration.advertisePort
        ).run()
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: configuration.listeners,
                tls: HTTPServerConfiguration.TLS(
                    certificateChainPEM: Array(configuration.servingCertificatePEM.utf8),
                    privateKeyPEM: Array(configuration.servingKeyPEM.utf8),
                    clientCAPEM: Array(configuration.clientCAPEM.utf8)), tooLargeResponse: Self.tooLarge), logger: logger
        ) { request in await parts.handler.handle(request) }
        defer { parts.registry.caches.endWatches() }
        do {
            try await runParts(parts, server, store)
        } catch {
            await kubelets.shutdown()
            throw error
        }
        await kubelets.shutdown()
    }

    @Sendable private static func tooLarge(limitBytes: Int) -> HTTPResponse {
        HTTPResponse(
            status: 413, headers: ["content-type": "application/json"],
            body: .bytes(JSONWriter.write(APIErrors.requestEntityTooLarge(limit: limitBytes).json)))
    }

    /// Every long-lived part in one group: when one fails, all end.
    private func runParts(_ parts: APIServerParts, _ server: HTTPServer, _ store: SQLiteStore) async throws {
        let logger = configuration.logger
        let controllers = ControllerSet(
            listWatch: parts.listWatch, writer: parts.writer,
            configuration: ControllerSetConfiguration(
                clusterCIDR: configuration.clusterCIDR, rootCACertificate: configuration.clientCAPEM,
                kinds: Self.resourceKinds), logger: logger)
        let scheduler = Scheduler(listWatch: parts.listWatch, writer: parts.writer, logger: logger)
        let onListening = onListening
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await server.run()
                } onCancel: {
                    // Clients are sent away before the server waits for open requests.
                    parts.documents.beginShutdown()
                    parts.registry.caches.endWatches()
                }
            }
            group.addTask {
                let addresses = await server.boundAddresses
                if !addresses.isEmpty { onListening(addresses) }
            }
            group.addTask { try await parts.runWatchClock() }
            group.addTask { try await store.runCompaction(sleep: ServerEnvironment.system.sleep) }
            group.addTask { try await controllers.run() }
            group.addTask { try await scheduler.run() }
            do {
                for try await _ in group {}
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    private static var resourceKinds: [ResourceKind] {
        Catalog.kinds.filter { $0.isStored && $0.gvr == $0.storage && $0.allows("delete") }.map { kind in
            ResourceKind(resource: kind.gvr, kind: kind.gvk.kind, isNamespaced: kind.isNamespaced)
        }
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
