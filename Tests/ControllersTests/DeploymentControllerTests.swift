import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct DeploymentControllerTests {
    let harness = Harness()
    let controller = DeploymentController()

    var sets: [ReplicaSet] { harness.cluster.all(ReplicaSet.self) }
    var status: Deployment.Status { harness.cluster.all(Deployment.self)[0].status }

    /// Lets both controllers and a kubelet work until nothing changes, and checks the promises at every step.
    func roll(replicas: Int, least: Int, most: Int) async throws {
        for _ in 0..<30 {
            await harness.settle(controller, key("web"))
            for set in sets { await harness.settle(ReplicaSetController(), set.key) }
            let active = harness.pods().filter { !$0.metadata.isBeingDeleted }
            #expect(active.count <= most)
            #expect(active.count { $0.isReady } >= least)
            let waiting = active.filter { !$0.isReady }
            harness.endTerminating()
            try await harness.makeReady(Array(waiting.prefix(1)))
            for set in sets { await harness.settle(ReplicaSetController(), set.key) }
            if status.updatedReplicas == replicas, status.availableReplicas == replicas, status.replicas == replicas { return }
        }
        Issue.record("the rollout does not end: \(status)")
    }

    @Test func `creates a set with a hash, a revision and the wanted size`() async throws {
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 3))
        await harness.settle(controller, key("web"))
        let set = try #require(sets.first)
        let hash = try #require(set.metadata.labels["pod-template-hash"])
        #expect(set.metadata.name == "web-\(hash)")
        #expect(set.replicas == 3)
        #expect(set.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
        #expect(set.selector.matches(["app": "web", "pod-template-hash": hash]))
        #expect(!set.selector.matches(["app": "web"]))
        let owner = harness.cluster.all(Deployment.self)[0]
        #expect(owner.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
        #expect(owner.status.observedGeneration == owner.metadata.generation)
    }

    @Test func `rolls to a new template within its limits, reports completion, and rolls back to the old set`() async throws {
        let strategy: JSONValue = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 1]]
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 4, strategy: strategy))
        try await roll(replicas: 4, least: 0, most: 5)
        await harness.settle(controller, key("web"))
        #expect(status.conditions["Progressing"]?.reason == "NewReplicaSetAvailable")
        #expect(status.conditions["Available"]?.isTrue == true)
        let first = try #require(sets.first)

        let new = deployment("web", replicas: 4, image: "web:2", strategy: strategy)
        try await harness.cluster.patch(Deployment.resource, key("web"), .merge, ["spec": new["spec"] ?? [:]], subresource: nil)
        try await roll(replicas: 4, least: 3, most: 5)
        await harness.settle(controller, key("web"))
        #expect(sets.map(\.replicas).sorted() == [0, 4])

        let old = deployment("web", replicas: 4, strategy: strategy)
        try await harness.cluster.patch(Deployment.resource, key("web"), .merge, ["spec": old["spec"] ?? [:]], subresource: nil)
        try await roll(replicas: 4, least: 3, most: 5)
        #expect(sets.count == 2)
        let back = try #require(sets.first { $0.metadata.uid == first.metadata.uid })
        #expect(back.replicas == 4)
        #expect(back.metadata.annotations["deployment.kubernetes.io/revision"] == "3")
    }

    @Test func `scaling changes the set and starts no new one`() async throws {
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 2))
        try await roll(replicas: 2, least: 0, most: 3)
        try await harness.cluster.patch(Deployment.resource, key("web"), .merge, ["spec": ["replicas": 6]], subresource: nil)
        await harness.settle(controller, key("web"))
        #expect(sets.map(\.replicas) == [6])
        try await roll(replicas: 6, least: 2, most: 8)
    }

    @Test func `recreate starts nothing before every old pod is gone`() async throws {
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 2, strategy: ["type": "Recreate"]))
        try await roll(replicas: 2, least: 0, most: 2)
        let new = deployment("web", replicas: 2, image: "web:2", strategy: ["type": "Recreate"])
        try await harness.cluster.patch(Deployment.resource, key("web"), .merge, ["spec": new["spec"] ?? [:]], subresource: nil)
        await harness.settle(controller, key("web"))
        for set in sets { await harness.settle(ReplicaSetController(), set.key) }
        await harness.settle(controller, key("web"))
        #expect(sets.count == 1)
        harness.endTerminating()
        try await roll(replicas: 2, least: 0, most: 2)
        #expect(sets.map(\.replicas).sorted() == [0, 2])
    }

    @Test func `a paused deployment does not roll`() async throws {
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 2))
        try await roll(replicas: 2, least: 0, most: 3)
        var spec = deployment("web", replicas: 2, image: "web:2")["spec"] ?? [:]
        spec["paused"] = true
        try await harness.cluster.patch(Deployment.resource, key("web"), .merge, ["spec": spec], subresource: nil)
        await harness.settle(controller, key("web"))
        #expect(sets.count == 1)
        #expect(status.conditions["Progressing"]?.reason == "DeploymentPaused")
    }

    @Test func `says so when progress takes too long`() async throws {
        harness.cluster.put(Deployment.resource, deployment("web", replicas: 1))
        await harness.settle(controller, key("web"))
        let plan = await harness.settle(controller, key("web"))
        #expect(plan.lookAgainAfter != nil)
        harness.cluster.advance(by: .seconds(601))
        await harness.settle(controller, key("web"))
        #expect(status.conditions["Progressing"]?.reason == "ProgressDeadlineExceeded")
        #expect(status.conditions["Progressing"]?.status == "False")
    }
}
