import API
import HTTP
import JSON
import Machinery

/// Where audit events go: a file in production, a recorder in tests.
package protocol AuditSink: Sendable {
    /// Keeps one event, a line of JSON without its end.
    func write(_ line: [UInt8])
}

/// The audit log's policy and where it is written.
package struct AuditLog: Sendable {
    package var policy: AuditPolicy
    package var sink: any AuditSink

    package init(policy: AuditPolicy, sink: any AuditSink) {
        self.policy = policy
        self.sink = sink
    }
}

/// What the audit log is told of one request, stage by stage. A value: each stage adds to it.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/audit/request.go`, `apiserver/pkg/endpoints/filters/audit.go`.
struct AuditTrail: Sendable {
    private let log: AuditLog
    private let verdict: AuditPolicy.Verdict
    private var event: JSONValue
    private var annotations: [String: String]
    /// Annotations of steps further on.
    let notes = AuditNotes()
    /// Instead of what the client is told.
    private var failure: String?

    /// Nil when the policy does not care for the request.
    init?(
        _ log: AuditLog?, _ request: HTTPRequest, _ access: AccessRequest, _ info: RequestInfo, id: String,
        sender: Authenticator.Sender, received: Timestamp
    ) {
        guard let log else { return nil }
        let verdict = log.policy.verdict(access)
        guard verdict.level > .none else { return nil }
        self.log = log
        self.verdict = verdict
        annotations = sender.annotations
        event = [
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": .string(verdict.level.rawValue), "auditID": .string(id),
            "stage": "", "requestURI": .string(Self.uri(request)), "verb": .string(info.verb),
            "user": UserInfo.json(sender.user), "sourceIPs": JSONValue(Self.sources(request)),
        ]
        if let agent = request.headers["user-agent"] { event["userAgent"] = .string(agent) }
        if info.isResourceRequest { event["objectRef"] = Self.reference(info) }
        event["requestReceivedTimestamp"] = .string(received.microDescription)
    }

    /// Whom nobody believed; `attempted` are the ways that they tried.
    mutating func refusesSender(_ request: HTTPRequest) {
        let attempted = request.peerCertificate == nil ? ["bearer"] : ["x509", "bearer"]
        failure = "Authentication failed, attempted: \(attempted.joined(separator: ", "))"
    }

    mutating func impersonates(_ user: User) { event["impersonatedUser"] = UserInfo.json(user) }

    mutating func decided(_ decision: AccessDecision) {
        annotations["authorization.k8s.io/decision"] = decision.isAllowed ? "allow" : "forbid"
        annotations["authorization.k8s.io/reason"] = decision.reason
    }

    /// Keeps the body of a write when the level asks for it.
    mutating func takes(_ request: HTTPRequest) {
        guard verdict.level >= .request, !request.body.isEmpty else { return }
        let json = try? JSONParser.parse(request.body)
        event["requestObject"] = json.map(cleaned) ?? ["contentType": .string(request.headers["content-type"] ?? "")]
    }

    func received(at now: Timestamp) { write(.requestReceived, at: now) }

    /// The head of a stream is on its way.
    func started(code: Int, at now: Timestamp) {
        var trail = self
        trail.event["responseStatus"] = ["metadata": [:], "code": .int(Int64(code))]
        trail.write(.responseStarted, at: now)
    }

    func completed(_ response: HTTPResponse, at now: Timestamp) {
        var trail = self
        var status: JSONValue = ["metadata": [:], "code": .int(Int64(response.status))]
        let body = Self.body(response)
        if response.status >= 400, let body, body["kind"]?.string == "Status" {
            status = body
            for name in ["kind", "apiVersion"] { status[name] = nil }
            if let failure { status["message"] = .string(failure) }
        }
        trail.event["responseStatus"] = status
        if verdict.level >= .requestResponse, let body { trail.event["responseObject"] = cleaned(body) }
        trail.write(.responseComplete, at: now)
    }

    private func write(_ stage: AuditPolicy.Stage, at now: Timestamp) {
        guard !verdict.omittedStages.contains(stage) else { return }
        var line = event
        line["stage"] = .string(stage.rawValue)
        line["stageTimestamp"] = .string(now.microDescription)
        let all = annotations.merging(notes.all) { first, _ in first }
        if !all.isEmpty { line["annotations"] = JSONValue(all) }
        log.sink.write(JSONWriter.write(line))
    }

    private func cleaned(_ object: JSONValue) -> JSONValue {
        guard verdict.omitsManagedFields else { return object }
        var object = object
        if object["metadata"]?["managedFields"] != nil { object[path: ["metadata", "managedFields"]] = nil }
        if let items = object["items"]?.array { object["items"] = .array(items.map(cleaned)) }
        return object
    }

    private static func body(_ response: HTTPResponse) -> JSONValue? {
        switch response.body {
        case .bytes(let bytes): try? JSONParser.parse(bytes)
        case .slices(let slices): try? JSONParser.parse(Array(slices.joined()))
        case .empty, .stream, .upgrade: nil
        }
    }

    private static func uri(_ request: HTTPRequest) -> String {
        guard !request.query.isEmpty else { return request.rawPath }
        let query = request.query.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }
        return "\(request.rawPath)?\(query.joined(separator: "&"))"
    }

    /// The client's address; what proxies claim comes before it.
    private static func sources(_ request: HTTPRequest) -> [String] {
        let claimed = (request.headers["x-forwarded-for"] ?? "").split(separator: ",").map { $0.trimmed }
        var host = request.remoteAddress[...]
        if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
        let own = host.filter { $0 != "[" && $0 != "]" }
        return own.isEmpty ? claimed : claimed + [String(own)]
    }

    private static func reference(_ info: RequestInfo) -> JSONValue {
        var result: JSONValue = ["resource": .string(info.resource)]
        for (name, value) in [
            ("namespace", info.namespace), ("name", info.name), ("apiGroup", info.group), ("apiVersion", info.version),
            ("subresource", info.subresource),
        ] where !value.isEmpty {
            result[name] = .string(value)
        }
        return result
    }
}

/// A user as reviews and audit events show one (`authentication.k8s.io/v1 UserInfo`).
enum UserInfo {
    static func json(_ user: User) -> JSONValue {
        var result: JSONValue = ["username": .string(user.name)]
        if !user.uid.isEmpty { result["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { result["groups"] = JSONValue(user.groups) }
        if !user.extra.isEmpty {
            result["extra"] = .object(
                JSONObject(user.extra.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSONValue($0.value)) }))
        }
        return result
    }
}
