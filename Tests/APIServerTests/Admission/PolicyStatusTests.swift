import API
import JSON
import Testing

@testable import APIServer

@Suite struct PolicyStatusTests {
    private static let policies = "\(ValidatingPolicyTests.group)/validatingadmissionpolicies"

    private func checked(_ spec: JSONValue, resources: JSONValue) async throws -> JSONValue {
        let server = try await ServerFixture.make()
        let made = await server.post(Self.policies, ValidatingPolicyTests.policy(spec, resources: resources))
        #expect(made.code == 201, "\(made.message)")
        #expect(made.json["status"]?["typeChecking"] == nil)
        await server.parts.policies.reconcile()
        let judged = await server.get("\(Self.policies)/p.example.com")
        #expect(judged.json["status"]?["observedGeneration"] == 1)
        await server.parts.policies.reconcile()
        #expect(await server.get("\(Self.policies)/p.example.com").revision == judged.revision)
        return judged.json["status"]?["typeChecking"] ?? .null
    }

    private static let deployments = ValidatingPolicyTests.rules(["apps"], ["deployments"])

    @Test(arguments: [
        "object.spec.replicas > 1", "object.spec.template.spec.containers.all(c, c.image.startsWith('x'))",
        "object.metadata.labels['a'] == 'b' && has(object.spec.selector.matchLabels)",
        "object.metadata.creationTimestamp < timestamp('2100-01-01T00:00:00Z')", "object.apiVersion == 'apps/v1'",
        "object.spec.template.spec.containers[0].resources.limits['cpu'] == '1'",
        "quantity(object.spec.template.spec.containers[0].resources.limits['cpu']).isLessThan(quantity('1'))",
        "oldObject == null || object.spec.replicas >= oldObject.spec.replicas",
        "type(object.spec.strategy.rollingUpdate.maxSurge) == int", "variables.n > 1",
    ])
    func `finds nothing where types fit`(expression: String) async throws {
        let status = try await checked(
            [
                "validations": [["expression": .string(expression)]],
                "variables": [["name": "n", "expression": "object.spec.replicas"]],
            ], resources: Self.deployments)
        #expect(status == [:])
    }

    /// `should type check validation expressions`
    @Test func `tells where types are confused`() async throws {
        let status = try await checked(
            [
                "validations": [
                    [
                        "expression": "object.spec.replicas > '1'",
                        "messageExpression": "'wants replicas > 1, got ' + object.spec.replicas",
                    ]
                ]
            ], resources: Self.deployments)
        let warnings = status["expressionWarnings"]?.array ?? []
        #expect(warnings.map { $0["fieldRef"] } == ["spec.validations[0].expression", "spec.validations[0].messageExpression"])
        #expect(
            warnings.first?["warning"]?.string
                == "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n"
                + " | object.spec.replicas > '1'\n | .....................^\n")
        #expect(
            warnings.last?["warning"]?.string?.contains("found no matching overload for '_+_' applied to '(string, int)'")
                ?? false)
    }

    @Test func `names each kind that does not fit`() async throws {
        let status = try await checked(
            ["validations": [["expression": "object.spec.replicas > 1"]]],
            resources: ValidatingPolicyTests.rules([""], ["configmaps", "replicationcontrollers", "services"]))
        let text = status["expressionWarnings"]?.array?.first?["warning"]?.string ?? ""
        #expect(text.contains("/v1, Kind=ConfigMap: ERROR: <input>:1:7: undefined field 'spec'"))
        #expect(text.contains("/v1, Kind=Service: ERROR: <input>:1:12: undefined field 'replicas'"))
        #expect(!text.contains("ReplicationController"))
    }

    @Test func `leaves alone what names no kinds`() async throws {
        let status = try await checked(
            ["validations": [["expression": "object.nonsense > 1"]]], resources: ValidatingPolicyTests.rules(["*"], ["*"]))
        #expect(status == [:])
    }
}
