import API
import Metrics
import Synchronization

/// What `/metrics` tells of requests, streams and the store, in upstream's names.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/metrics/metrics.go`, `apiserver/pkg/storage/etcd3/metrics`.
final class ServerMetrics: Sendable {
    /// What requests have in common.
    private struct Route: Hashable {
        var verb: String
        var group: String
        var version: String
        var resource: String
        var subresource: String
        var scope: String
        var isDryRun: Bool

        var labels: [(String, String)] {
            [
                ("component", "apiserver"), ("dry_run", isDryRun ? "All" : ""), ("group", group), ("resource", resource),
                ("scope", scope), ("subresource", subresource), ("verb", verb), ("version", version),
            ]
        }
        var sortKey: String { labels.map(\.1).joined(separator: "\u{1}") }
    }

    private struct Outcome: Hashable {
        var route: Route
        var code: Int
    }

    private struct StoreOperation: Hashable {
        var operation: String
        var type: String
    }

    private struct State {
        var requests: [Outcome: Int] = [:]
        var durations: [Route: Histogram] = [:]
        var streams: [Route: Int] = [:]
        var watchEvents: [GroupVersionResource: Int] = [:]
        var store: [StoreOperation: Histogram] = [:]
        var storeErrors: [StoreOperation: Int] = [:]
        var rejected: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// Different label sets at most; requests beyond are not counted.
    private static let routesMax = 4000
    private static let requestBounds: [Double] = [
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
    ]
    private static let storeBounds: [Double] = [
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
    ]

    func record(_ info: RequestInfo, isDryRun: Bool, code: Int, duration: Duration?) {
        let route = Self.route(info, isDryRun: isDryRun)
        state.withLock { state in
            let outcome = Outcome(route: route, code: code)
            guard state.requests[outcome] != nil || state.requests.count < Self.routesMax else { return }
            state.requests[outcome, default: 0] += 1
            guard let duration else { return }
            state.durations[route, default: Histogram(Self.requestBounds)].observe(duration.inSeconds)
        }
    }

    /// A stream begins (`change` 1) or ends (-1).
    func stream(_ info: RequestInfo, _ change: Int) {
        let route = Self.route(info, isDryRun: false)
        state.withLock { state in
            let count = (state.streams[route] ?? 0) + change
            state.streams[route] = count == 0 ? nil : count
        }
    }

    func watchEvents(_ resource: GroupVersionResource, _ count: Int) {
        state.withLock { $0.watchEvents[resource, default: 0] += count }
    }

    func storeOperation(_ operation: String, type: String, _ duration: Duration, failed: Bool) {
        let key = StoreOperation(operation: operation, type: type)
        state.withLock { state in
            state.store[key, default: Histogram(Self.storeBounds)].observe(duration.inSeconds)
            if failed { state.storeErrors[key, default: 0] += 1 }
        }
    }

    /// A request was answered 429.
    func rejected(isMutating: Bool) {
        state.withLock { $0.rejected[isMutating ? "mutating" : "readOnly", default: 0] += 1 }
    }

    private static func route(_ info: RequestInfo, isDryRun: Bool) -> Route {
        guard info.isResourceRequest else {
            // Paths are endless, so only the known ones have a label.
            let root = info.path.split(separator: "/").first.map { "/\($0)" } ?? "/"
            let known = ["/healthz", "/livez", "/readyz", "/metrics", "/version", "/openapi", "/api", "/apis"]
            return Route(
                verb: info.verb.uppercased(), group: "", version: "", resource: "",
                subresource: known.contains(root) ? root : "", scope: "", isDryRun: false)
        }
        let scope = !info.name.isEmpty || info.verb == "create" ? "resource" : info.namespace.isEmpty ? "cluster" : "namespace"
        return Route(
            verb: verb(info), group: info.group, version: info.version, resource: info.resource,
            subresource: info.subresource, scope: scope, isDryRun: isDryRun)
    }

    /// The verb as upstream reports it.
    private static func verb(_ info: RequestInfo) -> String {
        if ["exec", "attach", "portforward", "proxy"].contains(info.subresource) { return "CONNECT" }
        return ["create": "POST", "update": "PUT"][info.verb] ?? info.verb.uppercased()
    }

    func text(
        inFlight: RequestsInFlight.Counts, objects: [(resource: GroupVersionResource, count: Int)]
    ) -> MetricsText {
        let known = state.withLock { $0 }
        var text = MetricsText()
        writeRequests(known, &text)
        text.family(
            "apiserver_current_inflight_requests", .gauge,
            "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.")
        text.sample("apiserver_current_inflight_requests", [("request_kind", "mutating")], Double(inFlight.mutating))
        text.sample("apiserver_current_inflight_requests", [("request_kind", "readOnly")], Double(inFlight.readOnly))
        text.family("apiserver_dropped_requests_total", .counter, "Number of requests dropped with 429.")
        for (kind, count) in known.rejected.sorted(by: { $0.key < $1.key }) {
            text.sample("apiserver_dropped_requests_total", [("request_kind", kind)], Double(count))
        }
        writeStore(known, objects, &text)
        return text
    }

    private func writeRequests(_ known: State, _ text: inout MetricsText) {
        text.family(
            "apiserver_request_total", .counter, "Counter of apiserver requests broken out for each verb, dry run value and code."
        )
        let outcomes = known.requests.sorted {
            ($0.key.route.sortKey, $0.key.code) < ($1.key.route.sortKey, $1.key.code)
        }
        for (outcome, count) in outcomes {
            text.sample(
                "apiserver_request_total", [("code", String(outcome.code))] + outcome.route.labels, Double(count))
        }
        text.family(
            "apiserver_request_duration_seconds", .histogram, "Response latency distribution in seconds for each verb.")
        for (route, histogram) in known.durations.sorted(by: { $0.key.sortKey < $1.key.sortKey }) {
            text.histogram("apiserver_request_duration_seconds", route.labels, histogram)
        }
        text.family("apiserver_longrunning_requests", .gauge, "Gauge of all active long-running apiserver requests.")
        for (route, count) in known.streams.sorted(by: { $0.key.sortKey < $1.key.sortKey }) {
            text.sample("apiserver_longrunning_requests", route.labels.filter { $0.0 != "dry_run" }, Double(count))
        }
        text.family("apiserver_watch_events_total", .counter, "Number of events sent in watch clients.")
        for (resource, count) in known.watchEvents.sorted(by: { $0.key.groupResource < $1.key.groupResource }) {
            text.sample(
                "apiserver_watch_events_total",
                [("group", resource.group), ("resource", resource.resource), ("version", resource.version)], Double(count))
        }
    }

    private func writeStore(
        _ known: State, _ objects: [(resource: GroupVersionResource, count: Int)], _ text: inout MetricsText
    ) {
        text.family("apiserver_storage_objects", .gauge, "Number of stored objects at the time of last check split by kind.")
        for (resource, count) in objects {
            text.sample("apiserver_storage_objects", [("resource", resource.groupResource)], Double(count))
        }
        text.family("apiserver_resource_objects", .gauge, "Number of stored objects split by group and resource.")
        for (resource, count) in objects {
            text.sample(
                "apiserver_resource_objects", [("group", resource.group), ("resource", resource.resource)], Double(count))
        }
        text.family("etcd_request_duration_seconds", .histogram, "Latency of the store in seconds for each operation and type.")
        let operations = known.store.sorted { ($0.key.operation, $0.key.type) < ($1.key.operation, $1.key.type) }
        for (key, histogram) in operations {
            text.histogram("etcd_request_duration_seconds", [("operation", key.operation), ("type", key.type)], histogram)
        }
        text.family("etcd_requests_total", .counter, "Requests to the store for each operation and type.")
        for (key, histogram) in operations {
            text.sample(
                "etcd_requests_total", [("operation", key.operation), ("type", key.type)], Double(histogram.count))
        }
        text.family("etcd_request_errors_total", .counter, "Failed requests to the store for each operation and type.")
        for (key, count) in known.storeErrors.sorted(by: { $0.key.operation < $1.key.operation }) {
            text.sample("etcd_request_errors_total", [("operation", key.operation), ("type", key.type)], Double(count))
        }
    }
}
