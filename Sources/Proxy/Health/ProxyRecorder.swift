package import API
package import ControlLoop
package import Metrics
package import NetworkTypes
import Synchronization

/// The one place where the syncer says what it does and where health checks and metrics read it.
package final class ProxyRecorder: Sendable {
    /// One Service and family whose health check node port should answer.
    package struct CheckKey: Hashable, Sendable {
        package var service: NamespacedName
        package var family: IPFamily
        package var port: NetworkTypes.Port
    }

    /// Wakes whoever keeps health check node ports open: after each sync.
    package let servicesSynced = WakeSignal()

    private let state: Mutex<ProxyRecord>
    private let families: [IPFamily]
    private let now: @Sendable () -> Timestamp

    package init(families: [IPFamily], now: @escaping @Sendable () -> Timestamp = WallClock.now) {
        self.families = families
        self.now = now
        state = Mutex(ProxyRecord(families: families, at: now()))
    }

    /// - Parameter isNews: The rules must follow it, now or already.
    func servicesSeen(_ count: Int, isNews: Bool) {
        let now = now()
        state.withLock { $0.servicesChanged(count, isNews: isNews, at: now) }
    }

    /// - Parameter slices: The family and the time that the slice's annotation names, of each.
    func slicesSeen(_ slices: some Sequence<(family: IPFamily?, trigger: Timestamp?)>, isNews: Bool) {
        let now = now()
        state.withLock { state in
            for slice in slices { state.endpointsChanged(slice.family, trigger: slice.trigger, isNews: isNews, at: now) }
        }
    }

    /// A sync takes every change that was seen so far.
    func syncStarted() { state.withLock { $0.syncStarted() } }

    func synced(_ family: IPFamily, isFull: Bool, duration: Duration, services: ServiceHealthLedger) {
        state.withLock { $0.synced(family, isFull: isFull, duration: duration, services: services, at: now()) }
    }

    func syncFinished() {
        state.withLock { $0.syncFinished() }
        servicesSynced.wake()
    }

    /// The kernel refused the rules of a family; nil when it refused something of all.
    func syncFailed(_ family: IPFamily? = nil) {
        state.withLock { state in
            for one in family.map({ [$0] }) ?? families { state.syncFailed(one) }
        }
    }

    func repaired() { state.withLock { $0.repaired() } }

    /// A Service asks for ejection, or did.
    ///
    /// - Parameter ejected: How many endpoints of a family are.
    func ejectionIsAsked(_ ejected: [IPFamily: Int]) { state.withLock { $0.ejections.isAsked(ejected, families) } }

    func ejectionsChanged(_ news: EjectionNews, ejected: [IPFamily: Int]) {
        state.withLock { $0.ejections.changed(news, ejected, families) }
    }

    /// Connections began that were not watched for lack of room.
    func connectionsMissed() { state.withLock { $0.ejections.missed += 1 } }

    func flowsCleaned(_ family: IPFamily, duration: Duration) {
        state.withLock { $0.flowsCleaned(family, duration: duration) }
    }

    /// Nil: there is no such node.
    package func nodeSeen(_ node: Node?) { state.withLock { $0.nodeSeen(node) } }

    /// The ports that should answer now.
    package func checks() -> Set<CheckKey> {
        state.withLock { state in
            var keys: Set<CheckKey> = []
            for family in families {
                for (service, check) in state.services(family).checks {
                    keys.insert(CheckKey(service: service, family: family, port: check.port))
                }
            }
            return keys
        }
    }

    /// Answers a load balancer; a Service that just went away has no endpoints.
    package func answer(_ key: CheckKey) -> PlainAnswer {
        state.withLock { state in
            PlainAnswer.healthCheck(
                key.service, localEndpoints: state.services(key.family).checks[key.service]?.localEndpoints ?? 0,
                isProxyHealthy: state.health.isHealthy(at: now()))
        }
    }

    /// The proxy's health port.
    package func healthAnswer(path: String) -> PlainAnswer {
        switch path {
        case "/healthz": state.withLock { $0.healthAnswer(includesNode: true, at: now()) }
        case "/livez": state.withLock { $0.healthAnswer(includesNode: false, at: now()) }
        default: .notFound
        }
    }

    package func write(_ text: inout MetricsText) { state.withLock { $0.write(&text) } }

    /// When the pods behind a slice changed, written by the EndpointSlice controller.
    static let triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"
}
