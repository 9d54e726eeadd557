package import API
import JSON
package import NetworkTypes

/// Whether the proxy keeps up with changes, and whether its node may get new traffic.
///
/// Reads no clock: every input carries its time.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/proxy/healthcheck/proxy_health.go`.
package struct ProxyHealth: Hashable, Sendable {
    /// A node that carries this taint is about to be taken away.
    package static let deletionTaint = "ToBeDeletedByClusterAutoscaler"
    /// Twice the longest time between syncs of kube-proxy.
    package static let lateAfter: Duration = .seconds(60)

    package enum NodeState: Hashable, Sendable {
        /// Nobody has said anything yet, or nobody will: the proxy runs without a cluster.
        case unknown
        case gone
        /// Tainted for deletion, or being deleted.
        case leaving
        case staying

        package init(_ node: Node?) {
            guard let node else {
                self = .gone
                return
            }
            let isLeaving = node.metadata.isBeingDeleted || node.taints.contains { $0.key == ProxyHealth.deletionTaint }
            self = isLeaving ? .leaving : .staying
        }

        package var isEligible: Bool { self == .unknown || self == .staying }
    }

    package var node = NodeState.unknown
    private var lastUpdated: [IPFamily: Timestamp] = [:]
    /// When the oldest change arrived that no sync has taken yet.
    private var waiting: [IPFamily: Timestamp] = [:]
    /// The same of the sync that runs, or that was refused.
    private var syncing: [IPFamily: Timestamp] = [:]

    package init() {}

    /// A change arrived that the family's rules must follow.
    package mutating func queued(_ family: IPFamily, at now: Timestamp) {
        if waiting[family] == nil { waiting[family] = now }
    }

    /// A sync took every change that was queued so far.
    package mutating func syncStarted() {
        syncing.merge(waiting) { older, _ in older }
        waiting = [:]
    }

    /// The family's rules stand for what the sync took.
    package mutating func updated(_ family: IPFamily, at now: Timestamp) {
        lastUpdated[family] = now
        syncing[family] = nil
    }

    package func isHealthy(_ family: IPFamily, at now: Timestamp) -> Bool {
        // Before the first sync a proxy is starting up, not late.
        guard lastUpdated[family] != nil, let oldest = syncing[family] ?? waiting[family] else { return true }
        return now.duration(since: oldest) < Self.lateAfter
    }

    package func isHealthy(at now: Timestamp) -> Bool { lastUpdated.keys.allSatisfy { isHealthy($0, at: now) } }

    /// What `/healthz` and `/livez` answer.
    ///
    /// - Parameter includesNode: `/healthz`: a node that leaves is unhealthy; `/livez` does not look at it.
    package func answer(includesNode: Bool, at now: Timestamp) -> PlainAnswer {
        let isHealthy = isHealthy(at: now)
        let isGood = isHealthy && (!includesNode || node.isEligible)
        let latest = lastUpdated.values.max()
        var body: JSONObject = [
            // A good answer always looks recent, as it did when the sync loop ran by the clock.
            "lastUpdated": .string(Self.text(isGood ? now : latest)), "currentTime": .string(Self.text(now)),
        ]
        if includesNode { body["nodeEligible"] = .bool(node.isEligible) }
        body["healthy"] = .bool(isHealthy)
        if !lastUpdated.isEmpty {
            let status = lastUpdated.sorted { $0.key < $1.key }.map { family, time in
                JSONObject.Member(
                    key: family.kubernetesName,
                    value: ["lastUpdated": .string(Self.text(time)), "healthy": .bool(self.isHealthy(family, at: now))])
            }
            body["status"] = .object(JSONObject(status))
        }
        return PlainAnswer(status: isGood ? 200 : 503, type: PlainAnswer.json, body: JSONWriter.text(.object(body)))
    }

    /// RFC 3339 with as many digits of a second as say something; nil: the zero time of Go.
    private static func text(_ time: Timestamp?) -> String {
        guard let time else { return "0001-01-01T00:00:00Z" }
        guard time.nanoseconds != 0 else { return time.description }
        var digits = String(time.nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(time.description.dropLast()).\(digits)Z"
    }
}

/// An HTTP answer without the HTTP: what to say is decided here, saying it is the edge's.
package struct PlainAnswer: Hashable, Sendable {
    package static let json = "application/json"
    package static let text = "text/plain; charset=utf-8"

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package var status: Int
    package var headers: [Header]
    package var body: String

    package init(status: Int, type: String, body: String) {
        self.status = status
        headers = [Header(name: "Content-Type", value: type), Header(name: "X-Content-Type-Options", value: "nosniff")]
        self.body = body
    }

    /// What a health check node port answers, byte for byte as upstream does.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/proxy/healthcheck/service_health.go`, `hcHandler`.
    package static func healthCheck(_ service: NamespacedName, localEndpoints: Int, isProxyHealthy: Bool) -> PlainAnswer {
        let body = """
            {
            \t"service": {
            \t\t"namespace": "\(service.namespace)",
            \t\t"name": "\(service.name)"
            \t},
            \t"localEndpoints": \(localEndpoints),
            \t"serviceProxyHealthy": \(isProxyHealthy)
            }
            """
        var answer = PlainAnswer(status: localEndpoints > 0 && isProxyHealthy ? 200 : 503, type: json, body: body)
        answer.headers.append(Header(name: "X-Load-Balancing-Endpoint-Weight", value: "\(localEndpoints)"))
        return answer
    }

    package static let notFound = PlainAnswer(status: 404, type: text, body: "404 page not found\n")
}
