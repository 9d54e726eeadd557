import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct DisruptionControllerTests {
    let harness = Harness()
    let controller = DisruptionController()

    func putBudget(_ spec: JSONValue, status: JSONValue = [:]) {
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "web"]]
        harness.cluster.put(
            PodDisruptionBudget.resource,
            ["metadata": ["name": "b", "namespace": "default", "generation": 1], "spec": spec, "status": status])
    }

    func putPods(_ count: Int, ready: Int, owner: String? = "set") {
        if let owner {
            var set = replicaSet(owner, replicas: 4)
            set[path: ["metadata", "uid"]] = "u-set"
            harness.cluster.put(ReplicaSet.resource, set)
        }
        for number in 0..<count {
            var metadata: JSONValue = ["name": .string("p\(number)"), "namespace": "default", "labels": ["app": "web"]]
            if let owner {
                metadata["ownerReferences"] = [
                    ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": .string(owner), "uid": "u-set", "controller": true]
                ]
            }
            harness.cluster.put(
                Pod.resource,
                [
                    "metadata": metadata,
                    "status": ["conditions": [["type": "Ready", "status": number < ready ? "True" : "False"]]],
                ])
        }
    }

    var status: PodDisruptionBudget.Status { harness.cluster.all(PodDisruptionBudget.self)[0].status }
    var condition: JSONValue { harness.cluster.all(PodDisruptionBudget.self)[0].conditions[0] }

    @Test(
        arguments: [
            (["minAvailable": 2], 4, 4, 2, 4, 2), (["minAvailable": 2], 4, 2, 2, 4, 0), (["minAvailable": "50%"], 4, 4, 2, 4, 2),
            (["maxUnavailable": 1], 4, 4, 3, 4, 1), (["maxUnavailable": "30%"], 4, 3, 2, 4, 1),
            (["minAvailable": 1], 0, 0, 1, 0, 0),
        ] as [(JSONValue, Int, Int, Int, Int, Int)])
    func `a budget allows what is to spare`(
        spec: JSONValue, pods: Int, ready: Int, desired: Int, expected: Int, allowed: Int
    ) async {
        putPods(pods, ready: ready)
        putBudget(spec)
        await harness.settle(controller, key("b"))
        #expect(status.currentHealthy == ready && status.desiredHealthy == desired && status.expectedPods == expected)
        #expect(status.disruptionsAllowed == allowed && status.observedGeneration == 1)
        #expect(condition["type"] == "DisruptionAllowed" && condition["observedGeneration"] == 1)
        #expect(condition["status"] == (allowed > 0 ? "True" : "False"))
        #expect(condition["reason"] == (allowed > 0 ? "SufficientPods" : "InsufficientPods"))
    }

    @Test func `a granted eviction counts until the pod is gone or two minutes are over`() async {
        putPods(4, ready: 4)
        putBudget(["minAvailable": 2], status: ["disruptedPods": ["p0": .string(harness.cluster.now.description)]])
        let plan = await harness.settle(controller, key("b"))
        #expect(status.disruptionsAllowed == 1 && status.disruptedPods.count == 1)
        #expect(plan.lookAgainAfter.map { $0 > .seconds(119) } ?? false)
        harness.cluster.advance(by: .seconds(121))
        await harness.settle(controller, key("b"))
        #expect(status.disruptionsAllowed == 2 && status.disruptedPods.isEmpty)
    }

    @Test func `an owner that nobody knows stops evictions`() async {
        putPods(2, ready: 2)
        harness.cluster.remove(ReplicaSet.resource, key("set"))
        putBudget(["maxUnavailable": 1], status: ["disruptionsAllowed": 1])
        await harness.settle(controller, key("b"))
        #expect(status.disruptionsAllowed == 0 && condition["reason"] == "SyncFailed")
        #expect(condition["message"] == "found no controllers for pod \"p0\"")
    }
}
