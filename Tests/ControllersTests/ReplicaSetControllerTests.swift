import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct ReplicaSetControllerTests {
    let harness = Harness()
    let controller = ReplicaSetController()

    @Test func `creates missing pods from the template, owned and named by prefix`() async {
        harness.cluster.put(ReplicaSet.resource, replicaSet("web", replicas: 3))
        await harness.settle(controller, key("web"))
        let pods = harness.pods()
        #expect(pods.count == 3)
        #expect(pods.allSatisfy { $0.metadata.name.hasPrefix("web-") && $0.metadata.labels == ["app": "web"] })
        let set = harness.cluster.all(ReplicaSet.self)[0]
        #expect(pods.allSatisfy { $0.metadata.controller?.uid == set.metadata.uid })
        #expect(set.status.replicas == 3)
        #expect(set.status.observedGeneration == 1)
    }

    @Test func `replaces a failed pod and a deleted one`() async throws {
        harness.cluster.put(ReplicaSet.resource, replicaSet("web", replicas: 2))
        await harness.settle(controller, key("web"))
        let pods = harness.pods()
        try await harness.makeReady(pods)
        try await harness.cluster.patch(Pod.resource, pods[0].key, .merge, ["status": ["phase": "Failed"]], subresource: "status")
        try await harness.cluster.delete(Pod.resource, pods[1].key, DeletionOptions())
        await harness.settle(controller, key("web"))
        #expect(harness.pods().count { !$0.isFinished && !$0.metadata.isBeingDeleted } == 2)
        #expect(harness.pods().count == 4)
    }

    @Test func `scaling down prefers pods that are not ready`() async throws {
        harness.cluster.put(ReplicaSet.resource, replicaSet("web", replicas: 3))
        await harness.settle(controller, key("web"))
        let pods = harness.pods()
        try await harness.makeReady([pods[0], pods[2]])
        try await harness.cluster.patch(ReplicaSet.resource, key("web"), .merge, ["spec": ["replicas": 2]], subresource: nil)
        await harness.settle(controller, key("web"))
        #expect(harness.pods().map(\.metadata.name) == [pods[0].metadata.name, pods[2].metadata.name])
        #expect(harness.cluster.all(ReplicaSet.self)[0].status.readyReplicas == 2)
    }

    @Test func `adopts a matching orphan and releases a pod whose labels changed`() async throws {
        harness.cluster.put(
            Pod.resource, ["metadata": ["name": "orphan", "namespace": "default", "labels": ["app": "web"]], "spec": [:]])
        harness.cluster.put(ReplicaSet.resource, replicaSet("web", replicas: 2))
        await harness.settle(controller, key("web"))
        #expect(harness.pods().count == 2)
        #expect(harness.pods().allSatisfy { $0.metadata.controller?.name == "web" })
        try await harness.cluster.patch(
            Pod.resource, key("orphan"), .merge, ["metadata": ["labels": ["app": "other"]]], subresource: nil)
        await harness.settle(controller, key("web"))
        #expect(harness.pods().count == 3)
        #expect(harness.pods().first { $0.metadata.name == "orphan" }?.metadata.ownerReferences.isEmpty == true)
    }

    @Test func `a set that is being deleted creates nothing`() async {
        var set = replicaSet("web", replicas: 2)
        set[path: ["metadata", "deletionTimestamp"]] = "2027-01-01T00:00:00Z"
        set[path: ["metadata", "finalizers"]] = ["foregroundDeletion"]
        harness.cluster.put(ReplicaSet.resource, set)
        await harness.settle(controller, key("web"))
        #expect(harness.pods().isEmpty)
    }

    @Test func `a refused pod becomes a condition, which goes when the number is right`() async throws {
        harness.cluster.put(ReplicaSet.resource, replicaSet("web", replicas: 1))
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        #expect(plan.refusalCondition?.condition.reason == "FailedCreate")
        harness.cluster.put(ConfigMap.resource, ["metadata": ["name": "taken", "namespace": "default"]])
        var refused = Plan([
            .create(ConfigMap.resource, namespace: "default", ["metadata": ["name": "taken", "namespace": "default"]])
        ])
        refused.refusalCondition = plan.refusalCondition
        await harness.perform(refused)
        let condition = try #require(harness.cluster.all(ReplicaSet.self)[0].status.conditions["ReplicaFailure"])
        #expect(condition.isTrue && condition.message == "configmaps \"taken\" already exists")
        #expect(controller.plan(for: key("web"), in: harness.snapshot).refusalCondition == nil)
        await harness.settle(controller, key("web"))
        #expect(harness.cluster.all(ReplicaSet.self)[0].status.conditions.isEmpty)
    }

    @Test func `a replication controller keeps its pods in the older form`() async throws {
        var object = replicaSet("web", replicas: 2)
        object["apiVersion"] = "v1"
        object["kind"] = "ReplicationController"
        object[path: ["spec", "selector"]] = ["app": "web"]
        harness.cluster.put(ReplicationController.resource, object)
        await harness.settle(ReplicationManager(), key("web"))
        #expect(harness.pods().count == 2)
        #expect(harness.pods().allSatisfy { $0.metadata.controller?.kind == "ReplicationController" })
        let status = harness.cluster.all(ReplicationController.self)[0].status
        #expect(status.replicas == 2 && status.terminatingReplicas == nil)
    }
}
