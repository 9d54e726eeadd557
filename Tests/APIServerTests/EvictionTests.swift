import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct EvictionTests {
    private static let pods = "/api/v1/namespaces/default/pods"
    private static let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"

    private func server(pods names: [String], ready: Bool = true, phase: String = "Running") async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        for name in names {
            let made = await server.post(
                Self.pods,
                [
                    "metadata": ["name": .string(name), "labels": ["app": "web"]],
                    "spec": ["nodeName": "n1", "containers": [["name": "main", "image": "x"]]],
                ])
            #expect(made.code == 201, "\(made.message)")
            _ = await server.patch(
                "\(Self.pods)/\(name)/status",
                [
                    "status": [
                        "phase": .string(phase), "conditions": [["type": "Ready", "status": ready ? "True" : "False"]],
                    ]
                ])
        }
        return server
    }

    private func budget(_ server: ServerFixture, _ name: String = "web", allowed: Int64, healthy: Int64 = 3) async {
        let made = await server.post(
            Self.budgets,
            ["metadata": ["name": .string(name)], "spec": ["minAvailable": 2, "selector": ["matchLabels": ["app": "web"]]]])
        #expect(made.code == 201, "\(made.message)")
        let status = await server.patch(
            "\(Self.budgets)/\(name)/status",
            [
                "status": [
                    "observedGeneration": made.json["metadata"]?["generation"] ?? 0, "disruptionsAllowed": .int(allowed),
                    "currentHealthy": .int(healthy), "desiredHealthy": 2, "expectedPods": 3,
                ]
            ])
        #expect(status.code == 200, "\(status.message)")
    }

    private func evict(_ server: ServerFixture, _ name: String, query: String = "") async -> Answer {
        await server.post(
            "\(Self.pods)/\(name)/eviction\(query)",
            ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(name), "namespace": "default"]])
    }

    @Test func `an eviction is counted and the pod marked`() async throws {
        let server = try await server(pods: ["a", "b"])
        await budget(server, allowed: 1)
        let answer = await evict(server, "a")
        #expect(answer.code == 201 && answer.json["status"] == "Success")
        let pod = await server.get("\(Self.pods)/a")
        #expect(pod.json["metadata"]?["deletionTimestamp"]?.string != nil)
        let condition = pod.json["status"]?["conditions"]?.array?.first { $0["type"] == "DisruptionTarget" }
        #expect(condition?["reason"] == "EvictionByEvictionAPI" && condition?["message"] == "Eviction API: evicting")
        let status = await server.get("\(Self.budgets)/web").json["status"]
        #expect(status?["disruptionsAllowed"] == 0 && status?["disruptedPods"]?["a"]?.string != nil)
        #expect(status?["conditions"]?.array?.first?["reason"] == "InsufficientPods")

        let second = await evict(server, "b")
        #expect(second.code == 429 && second.reason == "TooManyRequests")
        #expect(second.message == "Cannot evict pod as it would violate the pod's disruption budget.")
        let cause = second.json["details"]?["causes"]?.array?.first
        #expect(cause?["reason"] == "DisruptionBudget")
        #expect(cause?["message"] == "The disruption budget web does not allow evicting pods currently")
        #expect(await server.get("\(Self.pods)/b").json["metadata"]?["deletionTimestamp"] == nil)
    }

    @Test func `a budget that is short of pods says so`() async throws {
        let server = try await server(pods: ["a"])
        await budget(server, allowed: 0, healthy: 1)
        let answer = await evict(server, "a")
        #expect(
            answer.json["details"]?["causes"]?.array?.first?["message"]
                == "The disruption budget web needs 2 healthy pods and has 1 currently")
    }

    @Test func `a budget that its controller has not seen is asked for later`() async throws {
        let server = try await server(pods: ["a"])
        _ = await server.post(
            Self.budgets,
            ["metadata": ["name": "web"], "spec": ["minAvailable": 2, "selector": ["matchLabels": ["app": "web"]]]])
        let answer = await evict(server, "a")
        #expect(answer.code == 429 && answer.headers["retry-after"] == "10")
        #expect(
            answer.json["details"]?["causes"]?.array?.first?["message"]
                == "The disruption budget web is still being processed by the server.")
    }

    @Test(arguments: ["Pending", "Succeeded", "Failed"])
    func `pods that serve nobody go without being counted`(phase: String) async throws {
        let server = try await server(pods: ["a"], phase: phase)
        await budget(server, allowed: 0)
        #expect(await evict(server, "a").code == 201)
    }

    @Test func `a pod that is not ready goes when the others are enough`() async throws {
        let server = try await server(pods: ["a"], ready: false)
        await budget(server, allowed: 0, healthy: 2)
        #expect(await evict(server, "a").code == 201)
    }

    @Test func `two budgets for a pod are too many`() async throws {
        let server = try await server(pods: ["a"])
        await budget(server, allowed: 1)
        await budget(server, "other", allowed: 1)
        let answer = await evict(server, "a")
        #expect(answer.code == 500)
        #expect(
            answer.message
                == "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
    }

    @Test func `a dry run leaves pod and budget as they are`() async throws {
        let server = try await server(pods: ["a"])
        await budget(server, allowed: 1)
        #expect(await evict(server, "a", query: "?dryRun=All").code == 201)
        #expect(await server.get("\(Self.pods)/a").json["metadata"]?["deletionTimestamp"] == nil)
        #expect(await server.get("\(Self.budgets)/web").json["status"]?["disruptionsAllowed"] == 1)
    }

    @Test func `the names must agree`() async throws {
        let server = try await server(pods: ["a"])
        let answer = await server.post("\(Self.pods)/a/eviction", ["metadata": ["name": "b"]])
        #expect(answer.code == 400 && answer.message == "name in URL does not match name in Eviction object")
    }
}
