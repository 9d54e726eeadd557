import API
import JSON
import Testing

@testable import APIServer

@Suite struct MutatingPolicyTests {
    private static let group = "/apis/admissionregistration.k8s.io/v1"
    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let deployments = "/apis/apps/v1/namespaces/default/deployments"

    private static func apply(_ expression: String) -> JSONValue {
        ["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": .string(expression)]]
    }

    private static func patch(_ expression: String) -> JSONValue {
        ["patchType": "JSONPatch", "jsonPatch": ["expression": .string(expression)]]
    }

    private static func policy(
        _ mutations: [JSONValue], name: String = "p.example.com", more: JSONValue = [:], groups: [String] = [""],
        resources: [String] = ["configmaps"]
    ) -> JSONValue {
        var spec: JSONValue = [
            "matchConstraints": ["resourceRules": ValidatingPolicyTests.rules(groups, resources)], "mutations": .array(mutations),
            "reinvocationPolicy": "Never",
        ]
        for member in more.object?.members ?? [] { spec[member.key] = member.value }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    private func serving(_ policies: [JSONValue], binding: JSONValue = [:]) async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        for policy in policies {
            let made = await server.post("\(Self.group)/mutatingadmissionpolicies", policy)
            #expect(made.code == 201, "\(made.message)")
            let name = policy["metadata"]?["name"] ?? ""
            var spec = binding
            spec["policyName"] = name
            let bound = await server.post(
                "\(Self.group)/mutatingadmissionpolicybindings", ["metadata": ["name": name], "spec": spec])
            #expect(bound.code == 201, "\(bound.message)")
        }
        return server
    }

    private func map(_ name: String, _ data: JSONValue = [:]) -> JSONValue {
        ["metadata": ["name": .string(name)], "data": data]
    }

    /// `should mutate a Deployment`
    @Test func `adds annotations to Deployments`() async throws {
        let expression = """

            Object{
                metadata: Object.metadata{
                    annotations: {
                        "mutated-by": "admission-policy"
                    }
                }
            }
            """
        let server = try await serving(
            [Self.policy([Self.apply(expression)], groups: ["apps"], resources: ["deployments"])])
        let made = await server.post(Self.deployments, ValidatingPolicyTests.deployment("d", 2))
        #expect(made.code == 201, "\(made.message)")
        #expect(made.json["metadata"]?["annotations"] == ["mutated-by": "admission-policy"])
        #expect(made.json["spec"]?["replicas"] == 2)
    }

    @Test func `merges lists by their keys, and leaves the rest`() async throws {
        let server = try await serving(
            [
                Self.policy(
                    [
                        Self.apply(
                            "Object{spec: Object.spec{replicas: object.spec.replicas + 1, template: Object.spec.template{spec: "
                                + "Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: 'side', image: "
                                + "'side:1'}]}}}}")
                    ], groups: ["apps"], resources: ["deployments"])
            ])
        let made = await server.post(Self.deployments, ValidatingPolicyTests.deployment("d", 2))
        #expect(made.code == 201, "\(made.message)")
        #expect(made.json["spec"]?["replicas"] == 3)
        let containers = made.json["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
        #expect(containers.map { $0["name"] } == ["nginx", "side"])
        #expect(containers.last?["terminationMessagePath"] == "/dev/termination-log")
    }

    @Test func `applies JSON patches`() async throws {
        let server = try await serving(
            [
                Self.policy([
                    Self.patch(
                        "[JSONPatch{op: 'test', path: '/data/a', value: 'x'}, JSONPatch{op: 'replace', path: '/data/a', value: "
                            + "object.data.a + 'y'}, JSONPatch{op: 'add', path: '/metadata/annotations', value: {'e.com/k': '1'}}, "
                            + "JSONPatch{op: 'replace', path: '/metadata/annotations/' + jsonpatch.escapeKey('e.com/k'), value: '2'}]"
                    )
                ])
            ])
        let made = await server.post(Self.maps, map("m", ["a": "x"]))
        #expect(made.json["data"] == ["a": "xy"])
        #expect(made.json["metadata"]?["annotations"] == ["e.com/k": "2"])
        let failed = await server.post(Self.maps, map("n", ["a": "other"]))
        #expect(failed.code == 403 && failed.reason == "Invalid", "\(failed.message)")
        #expect(failed.message.hasPrefix("policy 'p.example.com' with binding 'p.example.com' denied request: "))
    }

    @Test func `mutations follow one another and see what came before`() async throws {
        let server = try await serving(
            [
                Self.policy([
                    Self.apply("Object{data: {'b': object.data.a + '1'}}"),
                    Self.apply("Object{data: {'c': object.data.b + '2'}}"),
                ])
            ])
        #expect(await server.post(Self.maps, map("m", ["a": "x"])).json["data"] == ["a": "x", "b": "x1", "c": "x12"])
    }

    @Test func `variables, parameters and conditions hold`() async throws {
        let server = try await serving(
            [
                Self.policy(
                    [Self.apply("Object{data: {'team': variables.team}}")],
                    more: [
                        "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"],
                        "variables": [["name": "team", "expression": "params.data.team"]],
                        "matchConditions": [["name": "c", "expression": "object.metadata.name != 'param'"]],
                    ])
            ], binding: ["paramRef": ["name": "param", "parameterNotFoundAction": "Allow"]])
        #expect(await server.post(Self.maps, map("before")).json["data"] == nil)
        #expect(await server.post(Self.maps, map("param", ["team": "red"])).code == 201)
        #expect(await server.post(Self.maps, map("m")).json["data"] == ["team": "red"])
    }

    @Test func `a policy that asks for it sees what others changed after it`() async throws {
        func policies(_ reinvocation: JSONValue) -> [JSONValue] {
            [
                Self.policy(
                    [Self.apply("has(object.data.late) ? Object{data: {'seen': object.data.late}} : Object{}")],
                    name: "a.example.com",
                    more: ["reinvocationPolicy": reinvocation]),
                Self.policy([Self.apply("Object{data: {'late': 'yes'}}")], name: "b.example.com"),
            ]
        }
        let once = try await serving(policies("Never"))
        #expect(await once.post(Self.maps, map("m", ["a": "x"])).json["data"] == ["a": "x", "late": "yes"])
        let again = try await serving(policies("IfNeeded"))
        #expect(await again.post(Self.maps, map("m", ["a": "x"])).json["data"] == ["a": "x", "late": "yes", "seen": "yes"])
    }

    static let failures: [(JSONValue, String)] = [
        (
            apply("Object{data: Object.wrong{a: 'x'}}"),
            "type mismatch: unexpected type name \"Object.wrong\", expected \"Object.data\""
        ),
        (apply("Object{nonsense: 1}"), "error applying patch: failed to convert patch object to typed object: "),
        (apply("Object{data: {'a': object.data.zz}}"), "resulted in error: no such key: zz"),
        (patch("[JSONPatch{op: 'remove', path: '/nothing/here'}]"), "JSON Patch: "),
    ]

    @Test(arguments: failures)
    func `a mutation that fails refuses the write, unless failures are ignored`(mutation: JSONValue, message: String) async throws
    {
        let server = try await serving([Self.policy([mutation])])
        let answer = await server.post(Self.maps, map("m", ["a": "x"]))
        #expect(answer.code == 403 && answer.message.contains(message), "\(answer.message)")
        let lenient = try await serving([Self.policy([mutation], more: ["failurePolicy": "Ignore"])])
        #expect(await lenient.post(Self.maps, map("m", ["a": "x"])).json["data"] == ["a": "x"])
    }

    @Test func `what is replaced as a whole is not applied`() async throws {
        let server = try await serving(
            [
                Self.policy(
                    [Self.apply("Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'a': 'b'}}}}")],
                    groups: ["apps"], resources: ["deployments"])
            ])
        let answer = await server.post(Self.deployments, ValidatingPolicyTests.deployment("d", 1))
        #expect(answer.message.contains("may not mutate atomic arrays, maps or structs: .spec.selector"), "\(answer.message)")
    }

    @Test(arguments: [
        ("1", "must evaluate to Object but got int"), ("Object{spec: }", "compilation failed: ERROR: "),
        ("Objekt{}", "undeclared reference to 'Objekt' (in container '')"),
    ])
    func `refuses policies that do not compile`(expression: String, message: String) async throws {
        let server = try await ServerFixture.make()
        let answer = await server.post("\(Self.group)/mutatingadmissionpolicies", Self.policy([Self.apply(expression)]))
        #expect(answer.code == 422)
        #expect(answer.message.contains("spec.mutations[0].applyConfiguration.expression: Invalid value: "), "\(answer.message)")
        #expect(answer.message.contains(message), "\(answer.message)")
    }
}
