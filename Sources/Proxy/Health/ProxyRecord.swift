package import API
package import Metrics
package import NetworkTypes

/// What the proxy did so far, and what it reports of it in kube-proxy's names and labels.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/metrics/metrics.go`.
package struct ProxyRecord: Sendable {
    /// Changes that arrived and are not yet in the kernel.
    private struct Pending: Sendable {
        var services = 0
        var endpoints = 0
        /// When the pods behind changed slices changed.
        var triggers: [IPFamily: [Timestamp]] = [:]

        mutating func add(_ other: Pending) {
            services += other.services
            endpoints += other.endpoints
            triggers.merge(other.triggers) { Array(($0 + $1).prefix(ProxyRecord.triggersMax)) }
        }
    }

    private struct Family: Sendable {
        var all = Histogram(ProxyRecord.syncBounds)
        var full = Histogram(ProxyRecord.syncBounds)
        var partial = Histogram(ProxyRecord.syncBounds)
        var programming = Histogram(ProxyRecord.programmingBounds)
        var flows = Histogram(ProxyRecord.syncBounds)
        var lastSynced: Timestamp?
        var lastQueued: Timestamp?
        var failures = 0
        var services = ServiceHealthLedger()
    }

    /// Slice changes whose latency is kept until their sync; those beyond are not measured.
    private static let triggersMax = 10_000
    private static let syncBounds = (0..<15).map { 0.001 * Double(1 << $0) }
    private static let programmingBounds: [Double] = {
        let seconds: [Int] =
            Array(1..<60) + Array(stride(from: 60, to: 120, by: 5)) + Array(stride(from: 120, through: 300, by: 30))
        return [0.25, 0.5] + seconds.map(Double.init)
    }()

    package private(set) var health = ProxyHealth()
    var ejections = EjectionRecord()
    private var families: [IPFamily: Family]
    private var waiting = Pending()
    private var syncing: Pending?
    private let started: Timestamp
    private var repairs = 0
    private var serviceChanges = 0
    private var endpointChanges = 0
    private var healthzAnswers: [Int: Int] = [:]
    private var livezAnswers: [Int: Int] = [:]

    package init(families: [IPFamily], at now: Timestamp) {
        self.families = Dictionary(families.map { ($0, Family()) }) { first, _ in first }
        started = now
    }

    // MARK: What happened

    /// - Parameter isNews: The rules must follow; otherwise it is only counted.
    package mutating func servicesChanged(_ count: Int = 1, isNews: Bool = true, at now: Timestamp) {
        serviceChanges += count
        guard isNews, count > 0 else { return }
        waiting.services += count
        queued(at: now)
    }

    /// - Parameter trigger: When the pods behind it changed (`endpoints.kubernetes.io/last-change-trigger-time`); nil when the
    ///   slice does not say, or is gone.
    package mutating func endpointsChanged(
        _ family: IPFamily?, trigger: Timestamp?, isNews: Bool = true, at now: Timestamp
    ) {
        endpointChanges += 1
        guard isNews else { return }
        waiting.endpoints += 1
        if let family, let trigger, trigger >= started, waiting.triggers[family, default: []].count < Self.triggersMax {
            waiting.triggers[family, default: []].append(trigger)
        }
        queued(at: now)
    }

    private mutating func queued(at now: Timestamp) {
        for family in families.keys {
            health.queued(family, at: now)
            families[family]?.lastQueued = now
        }
    }

    package mutating func syncStarted() {
        health.syncStarted()
        var pending = syncing ?? Pending()
        pending.add(waiting)
        syncing = pending
        waiting = Pending()
    }

    /// One family's rules stand.
    package mutating func synced(
        _ family: IPFamily, isFull: Bool, duration: Duration, services: ServiceHealthLedger, at now: Timestamp
    ) {
        families[family]?.all.observe(duration.inSeconds)
        if isFull {
            families[family]?.full.observe(duration.inSeconds)
        } else {
            families[family]?.partial.observe(duration.inSeconds)
        }
        families[family]?.lastSynced = now
        families[family]?.services = services
        for trigger in syncing?.triggers[family] ?? [] {
            families[family]?.programming.observe(now.duration(since: trigger).inSeconds)
        }
        health.updated(family, at: now)
    }

    /// Every family's rules stand; what the sync took is no longer pending.
    package mutating func syncFinished() { syncing = nil }

    /// The kernel refused a family's rules; what the sync took stays pending.
    package mutating func syncFailed(_ family: IPFamily) { families[family]?.failures += 1 }

    /// Somebody else's change to one of our tables was undone.
    package mutating func repaired() { repairs += 1 }

    /// Stale flows of a family were looked for and deleted; the kernel does not say how many.
    package mutating func flowsCleaned(_ family: IPFamily, duration: Duration) {
        families[family]?.flows.observe(duration.inSeconds)
    }

    package mutating func nodeSeen(_ node: Node?) { health.node = ProxyHealth.NodeState(node) }

    // MARK: What is asked

    package func services(_ family: IPFamily) -> ServiceHealthLedger { families[family]?.services ?? ServiceHealthLedger() }

    /// Answers `/healthz` or `/livez`, and counts the answer.
    package mutating func healthAnswer(includesNode: Bool, at now: Timestamp) -> PlainAnswer {
        let answer = health.answer(includesNode: includesNode, at: now)
        if includesNode { healthzAnswers[answer.status, default: 0] += 1 } else { livezAnswers[answer.status, default: 0] += 1 }
        return answer
    }

    package func write(_ text: inout MetricsText) {
        writeSyncs(&text)
        writeChanges(&text)
        writeFlows(&text)
        ejections.write(&text)
        for (name, answers) in [("healthz", healthzAnswers), ("livez", livezAnswers)] where !answers.isEmpty {
            text.family("kubeproxy_proxy_\(name)_total", .counter, "[ALPHA] Cumulative proxy \(name) HTTP status")
            for (code, count) in answers.sorted(by: { $0.key < $1.key }) {
                text.sample("kubeproxy_proxy_\(name)_total", [("code", "\(code)")], Double(count))
            }
        }
    }

    private var ordered: [(labels: [(String, String)], family: Family)] {
        families.sorted { $0.key < $1.key }.map { ([("ip_family", $0.key.kubernetesName)], $0.value) }
    }

    private func histogram(
        _ text: inout MetricsText, _ name: String, _ help: String, _ value: KeyPath<Family, Histogram>
    ) {
        let shown = ordered.filter { $0.family[keyPath: value].count > 0 }
        guard !shown.isEmpty else { return }
        text.family(name, .histogram, "[ALPHA] \(help)")
        for (labels, family) in shown { text.histogram(name, labels, family[keyPath: value]) }
    }

    private func writeSyncs(_ text: inout MetricsText) {
        histogram(
            &text, "kubeproxy_network_programming_duration_seconds", "In Cluster Network Programming Latency in seconds",
            \.programming)
        let help = "SyncProxyRules latency in seconds"
        histogram(&text, "kubeproxy_sync_proxy_rules_duration_seconds", help, \.all)
        histogram(&text, "kubeproxy_sync_full_proxy_rules_duration_seconds", "\(help) for full resyncs", \.full)
        histogram(&text, "kubeproxy_sync_partial_proxy_rules_duration_seconds", "\(help) for partial resyncs", \.partial)
        let times: [(String, String, KeyPath<Family, Timestamp?>)] = [
            ("last_timestamp_seconds", "The last time proxy rules were successfully synced", \.lastSynced),
            ("last_queued_timestamp_seconds", "The last time a sync of proxy rules was queued", \.lastQueued),
        ]
        for (name, help, value) in times {
            text.family("kubeproxy_sync_proxy_rules_\(name)", .gauge, "[ALPHA] \(help)")
            for (labels, family) in ordered {
                let time = family[keyPath: value].map { Double($0.seconds) + Double($0.nanoseconds) * 1e-9 } ?? 0
                text.sample("kubeproxy_sync_proxy_rules_\(name)", labels, time)
            }
        }
        text.family(
            "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", .counter, "[ALPHA] Cumulative proxy nftables sync failures"
        )
        for (labels, family) in ordered {
            text.sample("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", labels, Double(family.failures))
        }
        text.family(
            "skiff_proxy_repairs_total", .counter, "Times that another program's change to a table of the proxy was undone")
        text.sample("skiff_proxy_repairs_total", [], Double(repairs))
    }

    private func writeChanges(_ text: inout MetricsText) {
        var pending = waiting
        if let syncing { pending.add(syncing) }
        let counts: [(String, MetricsText.Kind, String, Int)] = [
            ("endpoint_changes_pending", .gauge, "Pending proxy rules Endpoint changes", pending.endpoints),
            ("endpoint_changes_total", .counter, "Cumulative proxy rules Endpoint changes", endpointChanges),
            ("service_changes_pending", .gauge, "Pending proxy rules Service changes", pending.services),
            ("service_changes_total", .counter, "Cumulative proxy rules Service changes", serviceChanges),
        ]
        for (name, kind, help, value) in counts {
            text.family("kubeproxy_sync_proxy_rules_\(name)", kind, "[ALPHA] \(help)")
            text.sample("kubeproxy_sync_proxy_rules_\(name)", [], Double(value))
        }
        text.family(
            "kubeproxy_sync_proxy_rules_no_local_endpoints_total", .gauge,
            "[ALPHA] Number of services with a Local traffic policy and no endpoints")
        for (labels, family) in ordered {
            for (policy, count) in [("external", family.services.externalGaps), ("internal", family.services.internalGaps)] {
                text.sample(
                    "kubeproxy_sync_proxy_rules_no_local_endpoints_total", labels + [("traffic_policy", policy)], Double(count))
            }
        }
    }

    private func writeFlows(_ text: inout MetricsText) {
        histogram(
            &text, "kubeproxy_conntrack_reconciler_sync_duration_seconds", "ReconcileConntrackFlowsLatency latency in seconds",
            \.flows)
    }
}
