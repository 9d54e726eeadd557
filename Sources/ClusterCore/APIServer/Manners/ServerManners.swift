import API
import Metrics
import Store

/// What every request meets besides its own handler: access rules, limits, health, metrics, the audit log.
package struct ServerManners: Sendable {
    let authorizer: Authorizer
    let metrics: ServerMetrics
    let inFlight: RequestsInFlight
    let flow: FlowControl
    let health: HealthChecks
    let openID: OpenIDDocuments
    /// Nil: nothing is written down.
    let auditLog: AuditLog?
    let lifecycle: ServerLifecycle
    /// Adds what the machine knows of this process.
    let processMetrics: @Sendable (inout MetricsText) -> Void

    init(
        authorizer: Authorizer, metrics: ServerMetrics, limits: RequestLimits, store: any Store, caches: CacheSet,
        openID: OpenIDDocuments, auditLog: AuditLog?, processMetrics: @escaping @Sendable (inout MetricsText) -> Void
    ) {
        self.authorizer = authorizer
        self.metrics = metrics
        inFlight = RequestsInFlight(limits: limits)
        flow = FlowControl(caches: caches, seats: limits.readOnlyMax + limits.mutatingMax)
        let lifecycle = ServerLifecycle()
        health = Self.health(store, lifecycle)
        self.openID = openID
        self.auditLog = auditLog
        self.lifecycle = lifecycle
        self.processMetrics = processMetrics
    }

    private static let probeKey = "/registry/health"

    private static func health(_ store: any Store, _ lifecycle: ServerLifecycle) -> HealthChecks {
        let isStoreThere: @Sendable () async -> Bool = {
            do throws(StoreError) {
                _ = try await store.get(probeKey)
                return true
            } catch {
                return false
            }
        }
        let alive: [HealthChecks.Check] = [
            .init(name: "ping") { true },
            // The request that asks has come through the log already.
            .init(name: "log") { true },
            .init(name: "etcd", isHealthy: isStoreThere),
        ]
        let hooks = ServerLifecycle.Hook.allCases.map { hook in
            HealthChecks.Check(name: hook.rawValue) { lifecycle.isFinished(hook) }
        }
        let ready: [HealthChecks.Check] = [
            .init(name: "etcd-readiness", isHealthy: isStoreThere),
            // Caches are filled before the first request is taken.
            .init(name: "informer-sync") { true },
        ]
        let shutdown = HealthChecks.Check(name: "shutdown") { !lifecycle.isShuttingDown }
        return HealthChecks(
            checks: ["livez": alive + hooks, "healthz": alive + hooks, "readyz": alive + ready + hooks + [shutdown]])
    }
}

extension APIHandler {
    var authorizer: Authorizer { manners.authorizer }
    var metrics: ServerMetrics { manners.metrics }
    var inFlight: RequestsInFlight { manners.inFlight }
    var flow: FlowControl { manners.flow }
    var health: HealthChecks { manners.health }
    var openID: OpenIDDocuments { manners.openID }
    var auditLog: AuditLog? { manners.auditLog }
    func processMetrics(_ text: inout MetricsText) { manners.processMetrics(&text) }
}
