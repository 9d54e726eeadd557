import API
import HTTP
import JSON
import Synchronization
import Testing

@testable import APIServer

@Suite struct ValidatingPolicyTests {
    static let group = "/apis/admissionregistration.k8s.io/v1"
    static let maps = "/api/v1/namespaces/default/configmaps"
    static let deployments = "/apis/apps/v1/namespaces/default/deployments"

    static func rules(_ groups: [String], _ resources: [String]) -> JSONValue {
        [
            [
                "operations": ["CREATE", "UPDATE"], "apiGroups": JSONValue(groups), "apiVersions": ["v1"],
                "resources": JSONValue(resources),
            ]
        ]
    }

    static func policy(_ spec: JSONValue, name: String = "p.example.com", resources: JSONValue = rules([""], ["configmaps"]))
        -> JSONValue
    {
        var spec = spec
        if spec["matchConstraints"] == nil { spec["matchConstraints"] = ["resourceRules": resources] }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    static func binding(_ spec: JSONValue = [:], name: String = "b.example.com") -> JSONValue {
        var spec = spec
        if spec["policyName"] == nil { spec["policyName"] = "p.example.com" }
        if spec["validationActions"] == nil { spec["validationActions"] = ["Deny"] }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    func serving(_ policy: JSONValue, _ bindings: [JSONValue] = [binding()]) async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        let made = await server.post("\(Self.group)/validatingadmissionpolicies", policy)
        #expect(made.code == 201, "\(made.message)")
        for binding in bindings {
            let bound = await server.post("\(Self.group)/validatingadmissionpolicybindings", binding)
            #expect(bound.code == 201, "\(bound.message)")
        }
        return server
    }

    func map(_ name: String, _ data: JSONValue = [:]) -> JSONValue {
        ["metadata": ["name": .string(name)], "data": data]
    }

    static func deployment(_ name: String, _ replicas: JSONValue) -> JSONValue {
        [
            "metadata": ["name": .string(name), "labels": ["app": "nginx"]],
            "spec": [
                "replicas": replicas, "selector": ["matchLabels": ["app": "nginx"]],
                "template": [
                    "metadata": ["labels": ["app": "nginx"]],
                    "spec": ["containers": [["name": "nginx", "image": "nginx:latest"]]],
                ],
            ],
        ]
    }

    /// `should validate against a Deployment`
    @Test func `judges Deployments in the namespaces that a binding selects`() async throws {
        let server = try await ServerFixture.make()
        let selector: JSONValue = ["matchLabels": ["unique": "true"]]
        let policy = Self.policy(
            [
                "matchConstraints": ["namespaceSelector": selector, "resourceRules": Self.rules(["apps"], ["deployments"])],
                "validations": [
                    [
                        "expression": "object.spec.replicas > 1",
                        "messageExpression": "'wants replicas > 1, got ' + object.spec.replicas",
                    ]
                ],
            ])
        #expect(await server.post("\(Self.group)/validatingadmissionpolicies", policy).code == 201)
        let binding = Self.binding(["matchResources": ["namespaceSelector": selector]])
        #expect(await server.post("\(Self.group)/validatingadmissionpolicybindings", binding).code == 201)
        #expect(await server.post(Self.deployments, Self.deployment("elsewhere", 1)).code == 201)
        _ = await server.patch("/api/v1/namespaces/default", ["metadata": ["labels": ["unique": "true"]]])
        let denied = await server.post(Self.deployments, Self.deployment("marker", 1))
        #expect(denied.code == 422 && denied.reason == "Invalid")
        #expect(
            denied.message
                == "deployments.apps \"marker\" is forbidden: ValidatingAdmissionPolicy 'p.example.com' with binding "
                + "'b.example.com' denied request: failed expression: object.spec.replicas > 1")
        #expect(denied.json["details"]?["causes"]?.array?.count == 1)
        #expect(await server.post(Self.deployments, Self.deployment("replicated", 2)).code == 201)
        var set = Self.deployment("set", 1)
        set["kind"] = "ReplicaSet"
        #expect(await server.post("/apis/apps/v1/namespaces/default/replicasets", set).code == 201)
    }

    /// `should allow expressions to refer variables.`
    @Test func `variables are worked out once and in order`() async throws {
        let server = try await serving(
            Self.policy(
                [
                    "variables": [
                        ["name": "replicas", "expression": "object.spec.replicas"],
                        ["name": "oddReplicas", "expression": "variables.replicas % 2 == 1"],
                    ],
                    "validations": [
                        ["expression": "variables.replicas > 1"],
                        ["expression": "variables.oddReplicas", "message": "odd, please"],
                    ],
                ], resources: Self.rules(["apps"], ["deployments"])))
        #expect(
            await server.post(Self.deployments, Self.deployment("one", 1)).message.hasSuffix(
                "failed expression: variables.replicas > 1"))
        #expect(await server.post(Self.deployments, Self.deployment("two", 2)).message.hasSuffix("odd, please"))
        #expect(await server.post(Self.deployments, Self.deployment("three", 3)).code == 201)
    }

    static let refusals: [(JSONValue, Int, String)] = [
        (["validations": [["expression": "object.data.a == 'y'", "message": "no"]]], 422, "denied request: no"),
        (["validations": [["expression": "false", "reason": "Forbidden"]]], 403, "denied request: failed expression: false"),
        (
            ["validations": [["expression": "false", "messageExpression": "'bad ' + object.metadata.name"]]], 422,
            "denied request: bad m"
        ),
        (
            ["validations": [["expression": "object.data.b == 'x'"]]], 422,
            "denied request: expression 'object.data.b == 'x'' resulted in error: no such key: b"
        ),
        (["failurePolicy": "Ignore", "validations": [["expression": "object.data.b == 'x'"]]], 201, ""),
        (["validations": [["expression": "object.data.b == 'x' || true"]]], 201, ""),
        (["validations": [["expression": "request.userInfo.username == 'admin'"]]], 201, ""),
        (
            ["validations": [["expression": "request.operation != 'CREATE'"]]], 422,
            "failed expression: request.operation != 'CREATE'"
        ),
        (
            [
                "validations": [["expression": "oldObject == null && params == null"]],
                "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"],
            ], 201, ""
        ),
        (["validations": [["expression": "namespaceObject.metadata.name == 'default'"]]], 201, ""),
        (["validations": [["expression": "authorizer.group('').resource('pods').check('list').allowed()"]]], 201, ""),
        (
            [
                "validations": [["expression": "false"]],
                "matchConditions": [["name": "c", "expression": "object.metadata.name != 'm'"]],
            ],
            201, ""
        ),
        (
            [
                "validations": [["expression": "false"]],
                "matchConditions": [["name": "c", "expression": "object.data.zz == 'm'"]],
            ], 422,
            "denied request: expression 'object.data.zz == 'm'' resulted in error: no such key: zz"
        ),
        (
            [
                "variables": [["name": "v", "expression": "object.data.none"]],
                "validations": [["expression": "variables.v == 'x'"]],
            ], 422,
            "denied request: expression 'variables.v == 'x'' resulted in error: composited variable \"v\" fails to evaluate: no such key: none"
        ),
        (
            ["validations": [["expression": "has(object.data.a) && object.data.a.matches('^[a-z]$')"]]], 201, ""
        ),
    ]

    @Test(arguments: refusals)
    func `says what upstream says`(spec: JSONValue, code: Int, message: String) async throws {
        let server = try await serving(Self.policy(spec))
        let answer = await server.post(Self.maps, map("m", ["a": "x"]))
        #expect(answer.code == code, "\(answer.message)")
        #expect(answer.message.hasSuffix(message), "\(answer.message)")
    }

    @Test func `a policy without binding says nothing`() async throws {
        let server = try await serving(Self.policy(["validations": [["expression": "false"]]]), [])
        #expect(await server.post(Self.maps, map("m")).code == 201)
    }

    @Test func `warnings let the write pass`() async throws {
        let server = try await serving(
            Self.policy(["validations": [["expression": "false", "message": "careful"]]]),
            [Self.binding(["validationActions": ["Warn", "Audit"]])])
        let answer = await server.post(Self.maps, map("m"))
        #expect(answer.code == 201)
        #expect(
            answer.headers["warning"] == "299 - \"Validation failed for ValidatingAdmissionPolicy 'p.example.com' with binding "
                + "'b.example.com': careful\"")
    }

    private final class Recorder: AuditSink {
        private let written = Mutex<[JSONValue]>([])

        var lines: [JSONValue] { written.withLock { $0 } }
        func write(_ line: [UInt8]) {
            let json = (try? JSONParser.parse(line)) ?? .null
            written.withLock { $0.append(json) }
        }
    }

    @Test func `the audit log learns what a policy found`() async throws {
        let sink = Recorder()
        let all = try AuditPolicy(
            json: ["apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [["level": "Metadata"]]])
        let server = try await ServerFixture.make(audit: AuditLog(policy: all, sink: sink))
        let policy = Self.policy(
            [
                "validations": [["expression": "object.data.a == 'y'", "message": "no"]],
                "auditAnnotations": [["key": "value", "valueExpression": "'a is ' + object.data.a"]],
            ])
        _ = await server.post("\(Self.group)/validatingadmissionpolicies", policy)
        _ = await server.post(
            "\(Self.group)/validatingadmissionpolicybindings", Self.binding(["validationActions": ["Audit"]]))
        #expect(await server.post(Self.maps, map("m", ["a": "x"])).code == 201)
        let annotations = sink.lines.last?["annotations"] ?? [:]
        #expect(annotations["p.example.com/value"] == "a is x")
        let failure = try JSONParser.parse(
            Array((annotations["validation.policy.admission.k8s.io/validation_failure"]?.string ?? "").utf8))
        #expect(
            failure[0]?["message"] == "no" && failure[0]?["expressionIndex"] == 0 && failure[0]?["binding"] == "b.example.com")
    }

    @Test func `parameters come by name and by selector`() async throws {
        let kind: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap"]
        let policy = Self.policy(
            [
                "paramKind": kind, "validations": [["expression": "object.data.a == params.data.wanted"]],
                "matchConditions": [["name": "no-params", "expression": "!object.metadata.name.startsWith('param')"]],
            ])
        let named = Self.binding(["paramRef": ["name": "param", "namespace": "default", "parameterNotFoundAction": "Deny"]])
        let server = try await serving(policy, [named])
        let missing = await server.post(Self.maps, map("m", ["a": "x"]))
        #expect(
            missing.message.hasSuffix(
                "denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
            ))
        _ = await server.delete("\(Self.group)/validatingadmissionpolicybindings/b.example.com")
        #expect(
            await server.post(Self.maps, ["metadata": ["name": "param", "labels": ["p": "1"]], "data": ["wanted": "x"]]).code
                == 201)
        _ = await server.post("\(Self.group)/validatingadmissionpolicybindings", named)
        #expect(await server.post(Self.maps, map("m", ["a": "x"])).code == 201)
        #expect(await server.post(Self.maps, map("n", ["a": "y"])).code == 422)
        let selected = Self.binding(
            ["paramRef": ["selector": ["matchLabels": ["p": "2"]], "parameterNotFoundAction": "Allow"]], name: "second")
        _ = await server.delete("\(Self.group)/validatingadmissionpolicybindings/b.example.com")
        #expect(await server.post("\(Self.group)/validatingadmissionpolicybindings", selected).code == 201)
        #expect(await server.post(Self.maps, map("free", ["a": "y"])).code == 201)
        #expect(
            await server.post(Self.maps, ["metadata": ["name": "param2", "labels": ["p": "2"]], "data": ["wanted": "z"]]).code
                == 201)
        #expect(await server.post(Self.maps, map("o", ["a": "y"])).code == 422)
        #expect(await server.post(Self.maps, map("q", ["a": "z"])).code == 201)
    }

    @Test func `a kind of parameters that is not served refuses`() async throws {
        let server = try await serving(
            Self.policy([
                "paramKind": ["apiVersion": "x.example.com/v1", "kind": "None"], "validations": [["expression": "true"]],
            ]))
        let answer = await server.post(Self.maps, map("m"))
        #expect(
            answer.message.hasSuffix(
                "ValidatingAdmissionPolicy 'p.example.com' denied request: failed to configure policy: failed to find resource "
                    + "referenced by paramKind: 'x.example.com/v1, Kind=None'"), "\(answer.message)")
    }

    @Test func `exclusions and object selectors narrow`() async throws {
        let server = try await serving(
            Self.policy(
                [
                    "matchConstraints": [
                        "resourceRules": Self.rules([""], ["configmaps"]), "objectSelector": ["matchLabels": ["judged": "yes"]],
                        "excludeResourceRules": [
                            [
                                "operations": ["*"], "apiGroups": [""], "apiVersions": ["*"], "resources": ["configmaps"],
                                "resourceNames": ["spared"],
                            ]
                        ],
                    ], "validations": [["expression": "false"]],
                ]))
        func labelled(_ name: String) -> JSONValue { ["metadata": ["name": .string(name), "labels": ["judged": "yes"]]] }
        #expect(await server.post(Self.maps, map("plain")).code == 201)
        #expect(await server.post(Self.maps, labelled("judged")).code == 422)
        #expect(await server.post(Self.maps, labelled("spared")).code == 201)
    }

    @Test func `a bad policy can be mended`() async throws {
        let everything: JSONValue = [
            "matchConstraints": [
                "resourceRules": [["operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]]]
            ], "validations": [["expression": "false"]],
        ]
        let server = try await serving(Self.policy(everything))
        #expect(await server.post(Self.maps, map("m")).code == 422)
        #expect(await server.delete("\(Self.group)/validatingadmissionpolicies/p.example.com").code == 200)
        #expect(await server.post(Self.maps, map("m")).code == 201)
    }

    static let broken: [(JSONValue, String)] = [
        (
            ["validations": [["expression": "object.x +"]]],
            "spec.validations[0].expression: Invalid value: \"object.x +\": compilation failed: ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>'"
        ),
        (
            ["validations": [["expression": "1"]]],
            "spec.validations[0].expression: Invalid value: \"1\": must evaluate to bool but got int"
        ),
        (
            ["validations": [["expression": "true", "messageExpression": "1"]]],
            "spec.validations[0].messageExpression: Invalid value: \"1\": must evaluate to string but got int"
        ),
        (
            ["validations": [["expression": "true"]], "variables": [["name": "a", "expression": "variables.b"]]],
            "spec.variables[0].expression: Invalid value: \"variables.b\": compilation failed: ERROR: <input>:1:10: undefined field 'b'"
        ),
        (["validations": [["expression": "params.x"]]], "undeclared reference to 'params' (in container '')"),
        (
            ["validations": [["expression": "true"]], "auditAnnotations": [["key": "k", "valueExpression": "1"]]],
            "must evaluate to one of [string null_type]"
        ),
        (
            ["validations": [["expression": "true"]], "matchConditions": [["name": "c", "expression": "'a'"]]],
            "spec.matchConditions[0].expression: Invalid value: \"'a'\": must evaluate to bool but got string"
        ),
        (["validations": [["expression": "request.nope == 'a'"]]], "undefined field 'nope'"),
        (
            ["validations": [["expression": "variables.a"]], "variables": [["name": "a", "expression": "1 + 1"]]],
            "must evaluate to bool but got int"
        ),
    ]

    @Test(arguments: broken)
    func `refuses policies that do not compile`(spec: JSONValue, message: String) async throws {
        let server = try await ServerFixture.make()
        let answer = await server.post("\(Self.group)/validatingadmissionpolicies", Self.policy(spec))
        #expect(answer.code == 422)
        #expect(answer.message.contains(message), "\(answer.message)")
    }

    @Test func `no expression keeps the server busy for long`() async throws {
        let server = try await serving(
            Self.policy([
                "validations": [
                    ["expression": "object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, true))))"]
                ]
            ]))
        var data: JSONValue = [:]
        for index in 0..<60 { data["k\(index)"] = "v" }
        let answer = await server.post(Self.maps, map("m", data))
        #expect(answer.message.contains("operation cancelled: actual cost limit exceeded"), "\(answer.message)")
    }
}
