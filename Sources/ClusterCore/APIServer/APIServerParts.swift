import API
import HTTP
package import Logging
import Machinery
package import Metrics
package import NetworkTypes
import PKI
package import Store
import YAML

/// The API server put together over a store: registry, access, handler, and the edges for its neighbours in this process.
package struct APIServerParts: Sendable {
    package let registry: ObjectRegistry
    package let handler: APIHandler
    package let documents: ServedDocuments
    package let listWatch: LocalListWatch
    package let writer: LocalObjectWriter
    package let definitions: DefinitionReconciler
    package let aggregator: Aggregator
    package let policies: PolicyStatusReconciler

    /// What the server must be told.
    package struct Configuration: Sendable {
        package var serviceCIDR: CIDR
        /// `ADDRESS:PORT` that discovery names.
        package var serverAddress: String
        package var tokenKeyPEM: String
        package var tokenIssuer: String
        package var staticTokens: [String: User]
        package var limits = RequestLimits()
        /// Nil: no audit log.
        package var auditLog: AuditLog?
        /// What servers of other parts of the API are shown; nil: nothing.
        package var frontProxy: FrontProxyIdentity?
        /// Whose word about its users is believed; nil: nobody's.
        package var requestHeaders: RequestHeaderTrust?
        package var processMetrics: @Sendable (inout MetricsText) -> Void = { _ in }
        package var environment: ServerEnvironment
        package var logger: Logger

        package init(
            serviceCIDR: CIDR, serverAddress: String, tokenKeyPEM: String,
            tokenIssuer: String = "https://kubernetes.default.svc.cluster.local", staticTokens: [String: User] = [:],
            environment: ServerEnvironment, logger: Logger
        ) {
            self.serviceCIDR = serviceCIDR
            self.serverAddress = serverAddress
            self.tokenKeyPEM = tokenKeyPEM
            self.tokenIssuer = tokenIssuer
            self.staticTokens = staticTokens
            self.environment = environment
            self.logger = logger
        }
    }

    /// What the server's health checks say of its start and end.
    package var lifecycle: ServerLifecycle { handler.manners.lifecycle }

    /// Returns when no request is worked on; streams do not count. None takes longer than its time limit.
    package func waitForRequests() async { await handler.inFlight.waitUntilIdle() }

    /// Loads the caches; afterwards everything is ready to answer.
    package static func assemble(
        store: any Store, kubelets: any KubeletDialer, upstreams: (any UpstreamDialer)? = nil,
        webhooks: (any WebhookCaller)? = nil, _ configuration: Configuration
    ) async throws -> APIServerParts {
        let metrics = ServerMetrics()
        let store = MeasuredStore(store, metrics, monotonic: configuration.environment.monotonic)
        let caches = try await CacheSet.load(store)
        let signer = try TokenSigner(privateKeyPEM: configuration.tokenKeyPEM)
        let verifier = try TokenVerifier(publicKeyPEMs: [signer.publicKeyPEM], issuer: configuration.tokenIssuer)
        let audiences = [configuration.tokenIssuer]
        let decoder = BodyDecoder { bytes in
            let (tree, repetitions) = try YAMLDecoder.decodeKeepingLast(bytes)
            return YAMLBody(tree: tree, repetitions: repetitions)
        }
        let caller =
            webhooks ?? HTTPWebhookCaller(logger: configuration.logger, sleep: configuration.environment.sleep)
        let converter = ObjectConverter(caches: caches, environment: configuration.environment, caller: caller)
        let registry = ObjectRegistry(
            store: store, caches: caches, services: ServiceAllocator(range: configuration.serviceCIDR), decoder: decoder,
            environment: configuration.environment,
            webhooks: WebhookAdmission(
                caches: caches, environment: configuration.environment, caller: caller, converter: converter,
                logger: configuration.logger), converter: converter)
        let tokens = TokenIssuer(
            signer: signer, issuer: configuration.tokenIssuer, audiences: audiences, caches: caches,
            environment: configuration.environment)
        let subresources = SubresourceWriter(registry: registry, tokens: tokens)
        let documents = ServedDocuments(serverAddress: configuration.serverAddress)
        let manners = ServerManners(
            authorizer: registry.access.authorizer, metrics: metrics, limits: configuration.limits, store: store,
            caches: caches,
            openID: OpenIDDocuments(
                issuer: configuration.tokenIssuer, serverAddress: configuration.serverAddress, keys: [signer.publicJWK]),
            auditLog: configuration.auditLog, processMetrics: configuration.processMetrics)
        let aggregator = Aggregator(
            registry: registry, identity: configuration.frontProxy, logger: configuration.logger)
        let handler = APIHandler(
            registry: registry, subresources: subresources,
            authenticator: Authenticator(
                staticTokens: configuration.staticTokens, verifier: verifier, audiences: audiences, caches: caches,
                proxies: configuration.requestHeaders),
            manners: manners, kubelets: kubelets, documents: documents, logger: configuration.logger,
            upstreams: upstreams, aggregator: aggregator)
        return APIServerParts(
            registry: registry, handler: handler, documents: documents, listWatch: LocalListWatch(registry: registry),
            writer: LocalObjectWriter(registry: registry, subresources: subresources),
            definitions: DefinitionReconciler(registry: registry, logger: configuration.logger), aggregator: aggregator,
            policies: PolicyStatusReconciler(registry: registry, logger: configuration.logger))
    }

    /// Sends bookmarks and ends watches whose time is over, for as long as the task runs.
    package func runWatchClock() async throws {
        while true {
            try await registry.environment.sleep(.seconds(1))
            let now = registry.environment.monotonic()
            registry.caches.tick(now: now)
            handler.inFlight.tick(now: now)
        }
    }
}
