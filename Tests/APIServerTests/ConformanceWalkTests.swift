import API
import HTTP
import JSON
import Testing

@testable import APIServer

/// What upstream's conformance tests do beyond the common life of an object, step by step where a step once went wrong.
///
/// - SeeAlso: Kubernetes 1.36 `test/e2e`.
@Suite struct ConformanceWalkTests {
    @Test func `a service's status is read with its defaults`() async throws {
        let server = try await ServerFixture.make()
        let services = "/api/v1/namespaces/default/services"
        let made = await server.post(
            services,
            [
                "metadata": ["name": "test-service"],
                "spec": [
                    "type": "LoadBalancer", "loadBalancerClass": "example.com/internal-vip",
                    "ports": [["name": "http", "port": 80]],
                ],
            ])
        #expect(made.code == 201, "\(made.message)")
        let patched = await server.patch(
            "\(services)/test-service/status",
            [
                "metadata": ["annotations": ["patchedstatus": "true"]],
                "status": ["loadBalancer": ["ingress": [["ip": "203.0.113.1"]]]],
            ])
        #expect(patched.code == 200, "\(patched.message)")
        #expect(patched.json["metadata"]?["annotations"]?["patchedstatus"] == "true")
        #expect(patched.json["status"]?["loadBalancer"]?["ingress"] == [["ip": "203.0.113.1", "ipMode": "VIP"]])
        var object = patched.json
        object[path: ["status", "conditions"]] = [
            [
                "type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "set",
                "lastTransitionTime": "2026-11-21T10:00:00Z",
            ]
        ]
        let updated = await server.put("\(services)/test-service/status", object)
        #expect(updated.json["status"]?["conditions"]?[0]?["type"] == "StatusUpdate", "\(updated.json)")
    }
}
