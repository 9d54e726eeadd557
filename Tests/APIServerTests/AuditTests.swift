import API
import HTTP
import JSON
import Synchronization
import Testing
import YAML

@testable import APIServer

@Suite struct AuditTests {
    /// Keeps the events.
    private final class Recorder: AuditSink {
        private let lines = Mutex<[JSONValue]>([])
        func write(_ line: [UInt8]) {
            guard let json = try? JSONParser.parse(line) else { return }
            lines.withLock { $0.append(json) }
        }
        var events: [JSONValue] { lines.withLock { $0 } }
    }

    private static let policy = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - level: None
          users: ["system:kube-proxy"]
          verbs: [watch]
          resources: [{group: "", resources: [endpoints, services]}]
        - level: None
          nonResourceURLs: ["/healthz*", "/version"]
        - level: Metadata
          resources: [{group: "", resources: [secrets, configmaps/status, "*/token"]}]
        - level: RequestResponse
          namespaces: [audited]
          omitManagedFields: true
        - level: Request
          userGroups: [devs]
          resources: [{group: apps, resources: ["deployments/*"], resourceNames: [web]}]
        - level: Metadata
          omitStages: [ResponseStarted]
          verbs: [delete]
        """

    private static func read(_ text: String) throws -> AuditPolicy {
        try AuditPolicy(json: try YAMLDecoder.decode(Array(text.utf8)))
    }

    struct Case: Sendable {
        var user = "u"
        var groups: [String] = []
        var verb: String
        var namespace = ""
        var group = ""
        var resource = ""
        var subresource = ""
        var name = ""
        var path: String?
        var level: AuditPolicy.Level
    }

    @Test(arguments: [
        Case(user: "system:kube-proxy", verb: "watch", resource: "services", level: .none),
        Case(user: "system:kube-proxy", verb: "delete", resource: "services", level: .metadata),
        Case(verb: "get", path: "/healthz/ping", level: .none), Case(verb: "get", path: "/version", level: .none),
        Case(verb: "delete", path: "/other", level: .metadata), Case(verb: "get", path: "/other", level: .none),
        Case(verb: "get", namespace: "audited", resource: "secrets", level: .metadata),
        Case(verb: "get", resource: "serviceaccounts", subresource: "token", level: .metadata),
        Case(verb: "get", resource: "configmaps", subresource: "status", level: .metadata),
        Case(verb: "get", resource: "configmaps", level: .none),
        Case(verb: "get", namespace: "audited", resource: "pods", level: .requestResponse),
        Case(groups: ["devs"], verb: "get", group: "apps", resource: "deployments", name: "web", level: .request),
        Case(
            groups: ["devs"], verb: "get", group: "apps", resource: "deployments", subresource: "scale", name: "web",
            level: .request),
        Case(
            groups: ["devs"], verb: "get", group: "apps", resource: "deployments", subresource: "scale", name: "api",
            level: .none),
    ])
    func `the first rule that matches decides`(example: Case) throws {
        let request = AccessRequest(
            user: User(name: example.user, groups: example.groups), verb: example.verb, namespace: example.namespace,
            group: example.group, resource: example.resource, subresource: example.subresource, name: example.name,
            nonResourcePath: example.path)
        #expect(try Self.read(Self.policy).verdict(request).level == example.level)
    }

    @Test(arguments: [
        ("kind: Policy\napiVersion: audit.k8s.io/v1\nrules: []", "loaded illegal policy with 0 rules"),
        (
            "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: Loud}]",
            "rules[0].level: Unsupported value: \"Loud\""
        ),
        ("kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{}]", "rules[0].level: Required value"),
        (
            "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: None, omitStages: [X]}]",
            "rules[0].omitStages: Unsupported value: \"X\""
        ),
        (
            "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: None, namespaces: [a], nonResourceURLs: [/x]}]",
            "rules[0].nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs"
        ),
    ])
    func `a policy that is none is refused`(text: String, why: String) {
        #expect(throws: AuditPolicy.Malformed(description: why)) { try Self.read(text) }
    }

    private func server(_ level: String, omit: String = "") async throws -> (ServerFixture, Recorder) {
        let recorder = Recorder()
        let policy = try Self.read(
            "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: \(level), omitStages: [\(omit)]}]")
        let server = try await ServerFixture.make(audit: AuditLog(policy: policy, sink: recorder))
        return (server, recorder)
    }

    @Test func `a write is told with who, what, when and how it ended`() async throws {
        let (server, recorder) = try await server("Request")
        let before = recorder.events.count
        let answer = Answer(
            await server.send(
                "POST", "/api/v1/namespaces/default/configmaps?fieldManager=me",
                body: JSONWriter.write(["metadata": ["name": "a"], "data": ["k": "v"]]),
                headers: [
                    "content-type": "application/json", "user-agent": "kubectl/v1.36", "impersonate-user": "bob",
                    "impersonate-group": "system:masters", "audit-id": "id-1",
                ]))
        #expect(answer.code == 201, "\(answer.message)")
        let events = Array(recorder.events[before...])
        #expect(events.map { $0["stage"]?.string } == ["RequestReceived", "ResponseComplete"])
        #expect(
            events[1] == [
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "id-1",
                "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/default/configmaps?fieldManager=me",
                "verb": "create",
                "user": ["username": "admin", "groups": ["system:masters", "system:authenticated"]],
                "impersonatedUser": ["username": "bob", "groups": ["system:masters", "system:authenticated"]],
                "sourceIPs": [], "userAgent": "kubectl/v1.36",
                "objectRef": ["resource": "configmaps", "namespace": "default", "apiVersion": "v1"],
                "requestObject": ["metadata": ["name": "a"], "data": ["k": "v"]],
                "responseStatus": ["metadata": [:], "code": 201],
                "requestReceivedTimestamp": "2027-01-15T08:00:00.000000Z",
                "stageTimestamp": "2027-01-15T08:00:00.000000Z",
                "annotations": ["authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""],
            ], "\(JSONWriter.text(events[1]))")
    }

    @Test func `a refusal is told with its status`() async throws {
        let (server, recorder) = try await server("Metadata", omit: "RequestReceived")
        _ = await server.send("GET", "/api/v1/secrets", token: ServerFixture.nobodyToken)
        let event = try #require(recorder.events.last)
        #expect(event["responseStatus"]?["code"] == 403 && event["responseStatus"]?["reason"] == "Forbidden")
        #expect(event["annotations"]?["authorization.k8s.io/decision"] == "forbid")
        #expect(event["requestObject"] == nil)
    }

    @Test func `a sender whom nobody believes is told too`() async throws {
        let (server, recorder) = try await server("Metadata")
        let before = recorder.events.count
        _ = await server.send("GET", "/api/v1/secrets", token: "wrong")
        let events = Array(recorder.events[before...])
        #expect(events.map { $0["stage"]?.string } == ["ResponseComplete"])
        #expect(events[0]["user"] == ["username": ""] && events[0]["responseStatus"]?["code"] == 401)
        #expect(events[0]["responseStatus"]?["message"] == "Authentication failed, attempted: bearer")
    }

    @Test func `a stream is told when it starts and when it ends`() async throws {
        let (server, recorder) = try await server("Metadata")
        let before = recorder.events.count
        try await server.watching("/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=5") { _ in
            #expect(recorder.events[before...].map { $0["stage"]?.string } == ["RequestReceived", "ResponseStarted"])
            server.parts.registry.caches.endWatches()
        }
        #expect(recorder.events.last?["stage"] == "ResponseComplete")
        #expect(recorder.events.last?["verb"] == "watch")
    }
}
