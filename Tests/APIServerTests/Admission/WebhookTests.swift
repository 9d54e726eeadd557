import API
import HTTP
import JSON
import Logging
import Machinery
import PKI
import Synchronization
import Testing

@testable import APIServer

@Suite struct WebhookTests {
    /// Answers as a test says, and remembers what it was asked.
    private final class Caller: WebhookCaller {
        typealias Answer = @Sendable (_ url: String, _ request: JSONValue) throws(WebhookFailure) -> JSONValue

        private let answer: Answer
        private let state = Mutex<[(target: WebhookTarget, review: JSONValue)]>([])

        init(_ answer: @escaping Answer) { self.answer = answer }

        var calls: [(target: WebhookTarget, review: JSONValue)] { state.withLock { $0 } }
        var urls: [String] { calls.map { $0.target.url } }
        func forget() { state.withLock { $0 = [] } }

        func call(_ target: WebhookTarget, _ body: [UInt8], timeout: Duration) async throws(WebhookFailure) -> JSONValue {
            let review = (try? JSONParser.parse(body)) ?? .null
            state.withLock { $0.append((target, review)) }
            let request = review["request"] ?? [:]
            var response = try answer(target.url, request)
            response["uid"] = request["uid"]
            return ["kind": "AdmissionReview", "apiVersion": review["apiVersion"] ?? "", "response": response]
        }
    }

    private static let group = "/apis/admissionregistration.k8s.io/v1"
    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let allow: JSONValue = ["allowed": true]

    private static func hook(_ name: String, _ more: JSONValue = [:], path: String = "") -> JSONValue {
        var hook: JSONValue = [
            "name": .string("\(name).example.com"), "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": ["url": .string("https://hooks.example.com/\(path.isEmpty ? name : path)")],
            "rules": [
                ["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["configmaps", "widgets"]]
            ],
        ]
        for member in more.object?.members ?? [] { hook[member.key] = member.value }
        return hook
    }

    private func serve(
        mutating: [JSONValue] = [], validating: [JSONValue] = [], _ answer: @escaping Caller.Answer
    ) async throws -> (server: ServerFixture, caller: Caller) {
        let caller = Caller(answer)
        let server = try await ServerFixture.make(webhooks: caller)
        for (kind, hooks) in [("Mutating", mutating), ("Validating", validating)] where !hooks.isEmpty {
            let made = await server.post(
                "\(Self.group)/\(kind.lowercased())webhookconfigurations",
                ["metadata": ["name": "test"], "webhooks": .array(hooks)])
            #expect(made.code == 201, "\(made.message)")
        }
        return (server, caller)
    }

    private func map(_ name: String, _ data: JSONValue = [:], labels: JSONValue = [:]) -> JSONValue {
        ["metadata": ["name": .string(name), "labels": labels], "data": data]
    }

    private static func patch(_ operations: JSONValue) -> JSONValue {
        [
            "allowed": true, "patchType": "JSONPatch",
            "patch": .string(Base64.encode(JSONWriter.write(operations))),
        ]
    }

    // MARK: Judging

    @Test func `a refusal is the client's answer, with what the webhook said`() async throws {
        let (server, caller) = try await serve(validating: [Self.hook("deny")]) { _, request throws(WebhookFailure) in
            request["name"] == "bad"
                ? [
                    "allowed": false, "warnings": ["look out"],
                    "status": ["code": 403, "reason": "Forbidden", "message": "no such data here"],
                ] : ["allowed": true, "warnings": ["fine so far"]]
        }
        let refused = await server.post(Self.maps, map("bad"))
        #expect(refused.code == 403)
        #expect(refused.message == "admission webhook \"deny.example.com\" denied the request: no such data here")
        let made = await server.post(Self.maps, map("good"))
        #expect(made.code == 201)
        #expect(made.headers["warning"] == "299 - \"fine so far\"")
        #expect(caller.urls.first == "https://hooks.example.com/deny?timeout=10s")
        let request = try #require(caller.calls.first?.review["request"])
        #expect(request["operation"] == "CREATE" && request["namespace"] == "default" && request["name"] == "bad")
        #expect(request["kind"] == ["group": "", "version": "v1", "kind": "ConfigMap"])
        #expect(request["resource"] == ["group": "", "version": "v1", "resource": "configmaps"])
        #expect(request["userInfo"]?["username"] == "admin" && request["dryRun"] == false)
        #expect(request["object"]?["kind"] == "ConfigMap" && request["oldObject"] == .null)
        #expect(request["options"]?["kind"] == "CreateOptions")
    }

    @Test func `a delete shows the old object, and may be refused`() async throws {
        let (server, caller) = try await serve(validating: [Self.hook("keep")]) { _, request throws(WebhookFailure) in
            ["allowed": .bool(request["operation"] != "DELETE")]
        }
        _ = await server.post(Self.maps, map("kept"))
        let refused = await server.delete("\(Self.maps)/kept")
        #expect(refused.code == 400)
        #expect(refused.message == "admission webhook \"keep.example.com\" denied the request without explanation")
        let request = try #require(caller.calls.last?.review["request"])
        #expect(request["object"] == .null && request["oldObject"]?["metadata"]?["name"] == "kept")
        #expect(await server.get("\(Self.maps)/kept").code == 200)
    }

    @Test func `a webhook without answer closes the way, unless it may be ignored`() async throws {
        for (policy, code) in [("Fail", 500), ("Ignore", 201)] as [(JSONValue, Int)] {
            let (server, _) = try await serve(validating: [Self.hook("gone", ["failurePolicy": policy])]) {
                _, _ throws(WebhookFailure) in
                throw WebhookFailure(message: "Post \"https://x\": context deadline exceeded")
            }
            let answer = await server.post(Self.maps, map("a"))
            #expect(answer.code == code)
            guard code == 500 else { continue }
            #expect(answer.reason == "InternalError")
            #expect(
                answer.message == "Internal error occurred: failed calling webhook \"gone.example.com\": failed to call webhook: "
                    + "Post \"https://x\": context deadline exceeded")
        }
    }

    @Test(
        arguments: [
            (["namespaceSelector": ["matchLabels": ["team": "a"]]], false),
            (["namespaceSelector": ["matchExpressions": [["key": "team", "operator": "DoesNotExist"]]]], true),
            (["objectSelector": ["matchLabels": ["skip": "me"]]], true),
            (["objectSelector": ["matchExpressions": [["key": "skip", "operator": "DoesNotExist"]]]], false),
            (["rules": [["operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["*"]]]], false),
            (["rules": [["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["*/*"]]]], true),
            (["rules": [["operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["*"], "resources": ["*"]]]], false),
            (
                [
                    "rules": [
                        [
                            "operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"],
                            "scope": "Cluster",
                        ]
                    ]
                ], false
            ),
            (
                ["rules": [["operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps/status"]]]],
                false
            ),
        ] as [(JSONValue, Bool)])
    func `selectors and rules say who is asked`(more: JSONValue, isAsked: Bool) async throws {
        let (server, caller) = try await serve(validating: [Self.hook("pick", more)]) { _, _ throws(WebhookFailure) in
            Self.allow
        }
        caller.forget()
        #expect(await server.post(Self.maps, map("a", labels: ["skip": "me"])).code == 201)
        #expect(caller.calls.isEmpty != isAsked)
    }

    @Test func `a dry run is refused for webhooks with side effects`() async throws {
        let (server, caller) = try await serve(validating: [Self.hook("quiet")]) { _, _ throws(WebhookFailure) in Self.allow }
        #expect(await server.post("\(Self.maps)?dryRun=All", map("a")).code == 201)
        #expect(caller.calls.last?.review["request"]?["dryRun"] == true)
        let hook = AdmissionHook(Self.hook("loud", ["sideEffects": "Some"]))
        #expect(!hook.isQuiet)
    }

    @Test func `nobody is asked about the configurations of webhooks`() async throws {
        let (server, _) = try await serve(
            validating: [
                Self.hook(
                    "all",
                    ["rules": [["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]]]])
            ]
        ) { _, _ throws(WebhookFailure) in ["allowed": false] }
        #expect(await server.delete("\(Self.group)/validatingwebhookconfigurations/test").code == 200)
    }

    @Test(arguments: [
        ("object.metadata.name != 'skipped'", "skipped", 201), ("object.metadata.name != 'skipped'", "asked", 400),
        ("request.userInfo.username == 'nobody'", "asked", 201), ("request.operation == 'CREATE'", "asked", 400),
        ("authorizer.group('').resource('secrets').namespace('default').check('get').allowed()", "asked", 400),
        ("!authorizer.requestResource.check('create').allowed()", "asked", 201), ("object.metadata.absent == 'x'", "asked", 403),
    ])
    func `conditions decide whether a webhook is asked`(expression: String, name: String, code: Int) async throws {
        let (server, caller) = try await serve(
            validating: [Self.hook("cel", ["matchConditions": [["name": "c", "expression": .string(expression)]]])]
        ) { _, _ throws(WebhookFailure) in ["allowed": false] }
        let answer = await server.post(Self.maps, map(name))
        #expect(answer.code == code, "\(answer.message)")
        #expect(caller.calls.count == (code == 400 ? 1 : 0))
        if code == 403 {
            #expect(
                answer.message
                    == "configmaps \"asked\" is forbidden: expression 'object.metadata.absent == 'x'' resulted in error: "
                    + "no such key: absent")
        }
    }

    @Test func `a condition that cannot be told passes where failures are ignored`() async throws {
        let conditions: JSONValue = [["name": "c", "expression": "object.data.absent == 'x'"]]
        let (server, caller) = try await serve(
            validating: [Self.hook("cel", ["matchConditions": conditions, "failurePolicy": "Ignore"])]
        ) { _, _ throws(WebhookFailure) in ["allowed": false] }
        #expect(await server.post(Self.maps, map("a")).code == 201)
        #expect(caller.calls.isEmpty)
    }

    @Test func `conditions say when something is changed`() async throws {
        let (server, _) = try await serve(
            mutating: [Self.hook("cel", ["matchConditions": [["name": "c", "expression": "object.data.a == '1'"]]])]
        ) { _, _ throws(WebhookFailure) in Self.patch([["op": "add", "path": "/data/b", "value": "2"]]) }
        #expect(await server.post(Self.maps, map("one", ["a": "1"])).json["data"]?["b"] == "2")
        #expect(await server.post(Self.maps, map("two", ["a": "2"])).json["data"]?["b"] == nil)
    }

    @Test(arguments: ["Mutating", "Validating"])
    func `conditions that do not compile are refused`(kind: String) async throws {
        let server = try await ServerFixture.make()
        let path = "\(Self.group)/\(kind.lowercased())webhookconfigurations"
        func configuration(_ expression: String) -> JSONValue {
            let hook = Self.hook("cel", ["matchConditions": [["name": "c", "expression": .string(expression)]]])
            return ["metadata": ["name": "test"], "webhooks": [hook]]
        }
        let refused = await server.post(path, configuration("... [] bad expression"))
        #expect(refused.code == 422)
        #expect(
            refused.message.contains(
                "webhooks[0].matchConditions[0].expression: Invalid value: \"... [] bad expression\": compilation failed: ERROR: "
                    + "<input>:1:1: Syntax error: "), "\(refused.message)")
        let odd = await server.post(path, configuration("object.metadata.name"))
        #expect(odd.message.hasSuffix("must evaluate to bool but got dyn"), "\(odd.message)")
        #expect(await server.post(path, configuration("true")).code == 201)
    }

    @Test func `a connection to a pod may be refused`() async throws {
        let (server, caller) = try await serve(
            validating: [
                Self.hook(
                    "attach",
                    [
                        "rules": [
                            [
                                "operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"],
                                "resources": ["pods/attach"],
                            ]
                        ]
                    ])
            ]
        ) { _, _ throws(WebhookFailure) in
            ["allowed": false, "status": ["message": "attaching to pod 'web' is not allowed"]]
        }
        _ = await server.post(
            "/api/v1/namespaces/default/pods",
            ["metadata": ["name": "web"], "spec": ["containers": [["name": "c", "image": "i"]]]])
        let refused = Answer(await server.send("POST", "/api/v1/namespaces/default/pods/web/attach?stdin=true&container=c"))
        #expect(refused.message.hasSuffix("denied the request: attaching to pod 'web' is not allowed"), "\(refused.message)")
        let request = try #require(caller.calls.last?.review["request"])
        #expect(request["kind"]?["kind"] == "PodAttachOptions" && request["subResource"] == "attach")
        #expect(request["object"]?["stdin"] == true && request["object"]?["container"] == "c")
    }

    // MARK: Changing

    @Test func `patches are applied one after the other, and defaults and rules come after them`() async throws {
        let (server, caller) = try await serve(
            mutating: [Self.hook("one"), Self.hook("two")], validating: [Self.hook("last")]
        ) { url, request throws(WebhookFailure) in
            if url.contains("/last") { return Self.allow }
            let key = url.contains("/one") ? "one" : "two"
            return Self.patch([["op": "add", "path": .string("/data/\(key)"), "value": "yes"]])
        }
        let made = await server.post(Self.maps, map("a", ["x": "y"]))
        #expect(made.code == 201 && made.json["data"] == ["x": "y", "one": "yes", "two": "yes"], "\(made.message)")
        #expect(caller.calls[1].review["request"]?["object"]?["data"] == ["x": "y", "one": "yes"])
        #expect(caller.calls.last?.review["request"]?["object"]?["data"] == ["x": "y", "one": "yes", "two": "yes"])
        #expect(caller.calls.count == 3)
        let update = await server.patch("\(Self.maps)/a", ["data": ["x": "z", "one": nil]])
        #expect(update.json["data"]?["x"] == "z" && update.json["data"]?["one"] == "yes")
    }

    @Test func `a pod that a webhook changed gets its defaults`() async throws {
        let rules: JSONValue = [["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]]]
        let (server, _) = try await serve(mutating: [Self.hook("init", ["rules": rules])]) { _, _ throws(WebhookFailure) in
            Self.patch([["op": "add", "path": "/spec/initContainers", "value": [["name": "first", "image": "i"]]]])
        }
        let made = await server.post(
            "/api/v1/namespaces/default/pods",
            ["metadata": ["name": "web"], "spec": ["containers": [["name": "c", "image": "i"]]]])
        let first = made.json["spec"]?["initContainers"]?[0]
        #expect(made.code == 201, "\(made.message)")
        #expect(first?["terminationMessagePolicy"] == "File" && first?["imagePullPolicy"] == "Always")
        // The service account's token reaches it too: the server's own steps ran again.
        #expect(first?["volumeMounts"]?.array?.count == 1)
    }

    @Test func `a webhook that asks for it sees what came after it`() async throws {
        let (server, caller) = try await serve(
            mutating: [Self.hook("early", ["reinvocationPolicy": "IfNeeded"]), Self.hook("late")]
        ) { url, request throws(WebhookFailure) in
            if url.contains("/late") { return Self.patch([["op": "add", "path": "/data/late", "value": "yes"]]) }
            guard request["object"]?["data"]?["late"] != nil else { return Self.allow }
            return Self.patch([["op": "add", "path": "/data/seen", "value": "yes"]])
        }
        let made = await server.post(Self.maps, map("a", ["x": "y"]))
        #expect(made.json["data"] == ["x": "y", "late": "yes", "seen": "yes"])
        #expect(caller.urls.map { $0.contains("early") } == [true, false, true])
    }

    @Test func `a custom object is shown in the version that the webhook knows`() async throws {
        let (server, caller) = try await serve(
            mutating: [
                Self.hook(
                    "v2",
                    [
                        "rules": [
                            [
                                "operations": ["*"], "apiGroups": ["example.com"], "apiVersions": ["v2"],
                                "resources": ["widgets"],
                            ]
                        ]
                    ])
            ]
        ) { _, _ throws(WebhookFailure) in
            Self.patch([
                ["op": "add", "path": "/spec/color", "value": "blue"], ["op": "add", "path": "/spec/extra", "value": 1],
            ])
        }
        let schema: JSONValue = [
            "openAPIV3Schema": [
                "type": "object",
                "properties": ["spec": ["type": "object", "properties": ["color": ["type": "string"]]]],
            ]
        ]
        _ = await server.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            [
                "metadata": ["name": "widgets.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
                    "versions": [
                        ["name": "v1", "served": true, "storage": true, "schema": schema],
                        ["name": "v2", "served": true, "storage": false, "schema": schema],
                    ],
                ],
            ])
        await server.parts.definitions.reconcile()
        let made = await server.post(
            "/apis/example.com/v1/namespaces/default/widgets",
            ["apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": "w"], "spec": [:]])
        #expect(made.code == 201, "\(made.message)")
        #expect(made.json["apiVersion"] == "example.com/v1")
        // What the schema does not know is pruned.
        #expect(made.json["spec"] == ["color": "blue"])
        let request = try #require(caller.calls.last?.review["request"])
        #expect(request["kind"]?["version"] == "v2" && request["requestKind"]?["version"] == "v1")
        #expect(request["object"]?["apiVersion"] == "example.com/v2")
    }

    // MARK: Where

    @Test func `a service is dialed at one of its endpoints, under its own name`() async throws {
        let (server, caller) = try await serve(
            validating: [
                Self.hook(
                    "svc",
                    [
                        "clientConfig": [
                            "service": ["namespace": "default", "name": "hook", "port": 443, "path": "/check"],
                            "caBundle": .string(Base64.encode(Array("PEM".utf8))),
                        ], "timeoutSeconds": 5,
                    ])
            ]
        ) { _, _ throws(WebhookFailure) in Self.allow }
        let missing = await server.post(Self.maps, map("a"))
        #expect(missing.code == 500 && missing.message.hasSuffix("service \"hook\" not found"), "\(missing.message)")
        _ = await server.post(
            "/api/v1/namespaces/default/services",
            ["metadata": ["name": "hook"], "spec": ["ports": [["name": "https", "port": 443, "targetPort": 8443]]]])
        _ = await server.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "metadata": ["name": "hook-1", "labels": ["kubernetes.io/service-name": "hook"]], "addressType": "IPv4",
                "ports": [["name": "https", "port": 8443]], "endpoints": [["addresses": ["10.244.1.7"]]],
            ])
        let made = await server.post(Self.maps, map("a"))
        #expect(made.code == 201, "\(made.message)")
        let target = try #require(caller.calls.last?.target)
        #expect(target.url == "https://hook.default.svc:443/check?timeout=5s")
        #expect(target.address == UpstreamAddress(isTLS: true, host: "10.244.1.7", port: 8443))
        #expect(target.serverName == "hook.default.svc" && target.path == "/check?timeout=5s")
        #expect(target.caPEM == Array("PEM".utf8))
    }

    @Test func `over TLS a webhook must show the name that it is called by, and answer in time`() async throws {
        let authority = try CertificateAuthority(commonName: "hooks")
        let serving = try authority.issue(.server(commonName: "hook", dnsNames: ["hook.default.svc"], ipAddresses: []))
        let gate = Deferred<Void>()
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: "127.0.0.1", port: 0)],
                tls: HTTPServerConfiguration.TLS(
                    certificateChainPEM: Array(serving.certificatePEM.utf8),
                    privateKeyPEM: Array(serving.privateKeyPEM.utf8), clientCAPEM: nil)), logger: Logger(label: "test")
        ) { request in
            if request.path == "/slow" { try? await gate.value() }
            return HTTPResponse(
                status: request.path == "/none" ? 404 : 200, headers: ["content-type": "application/json"],
                body: .bytes(JSONWriter.write(["response": ["length": .int(Int64(request.body.count))]])))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            guard case .address(_, let port)? = await server.boundAddresses.first else {
                Issue.record("the server does not listen")
                return group.cancelAll()
            }
            let caller = HTTPWebhookCaller(logger: Logger(label: "test")) { try await ContinuousClock().sleep(for: $0) }
            let stranger = try CertificateAuthority(commonName: "stranger")
            func target(_ path: String, name: String = "hook.default.svc", trusting: CertificateAuthority? = nil) -> WebhookTarget
            {
                WebhookTarget(
                    url: "https://\(name):443\(path)", address: UpstreamAddress(isTLS: true, host: "127.0.0.1", port: port),
                    serverName: name, path: path, caPEM: Array((trusting ?? authority).certificatePEM.utf8))
            }
            let answer = try await caller.call(target("/check"), [1, 2, 3], timeout: .seconds(30))
            #expect(answer["response"]?["length"] == 3)
            let refusal = "tls: failed to verify certificate: x509: certificate"
            let wrongName = "Post \"https://other.default.svc:443/check\": \(refusal) is not valid for other.default.svc"
            await #expect(throws: WebhookFailure(message: wrongName)) {
                try await caller.call(target("/check", name: "other.default.svc"), [], timeout: .seconds(30))
            }
            let untrusted = "Post \"https://hook.default.svc:443/check\": \(refusal) signed by unknown authority"
            await #expect(throws: WebhookFailure(message: untrusted)) {
                try await caller.call(target("/check", trusting: stranger), [], timeout: .seconds(30))
            }
            await #expect(throws: WebhookFailure(message: "the server could not find the requested resource")) {
                try await caller.call(target("/none"), [], timeout: .seconds(30))
            }
            await #expect(
                throws: WebhookFailure(message: "Post \"https://hook.default.svc:443/slow\": context deadline exceeded")
            ) {
                try await caller.call(target("/slow"), [], timeout: .milliseconds(20))
            }
            gate.resolve(.success(()))
            group.cancelAll()
        }
    }
}
