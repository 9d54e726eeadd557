import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct StatefulSetControllerTests {
    let harness = Harness()
    let controller = StatefulSetController()

    private func put(_ spec: JSONValue = [:], replicas: Int = 3, image: String = "web:1") {
        var all: JSONValue = [
            "replicas": .int(Int64(replicas)), "serviceName": "web", "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]],
                "spec": ["containers": [["name": "web", "image": .string(image)]]],
            ], "podManagementPolicy": "OrderedReady",
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
        ]
        for member in spec.object?.members ?? [] { all[member.key] = member.value }
        harness.cluster.put(
            StatefulSet.resource,
            [
                "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "web", "namespace": "default"],
                "spec": all,
            ])
    }

    private var set: StatefulSet { harness.cluster.all(StatefulSet.self)[0] }
    private var names: [String] { harness.pods().map(\.metadata.name) }
    private func pod(_ name: String) throws -> Pod { try #require(harness.pods().first { $0.metadata.name == name }) }
    private func settle() async { await harness.settle(controller, key("web"), roundsMax: 12) }
    private func patch(_ body: JSONValue) async throws {
        try await harness.cluster.patch(StatefulSet.resource, key("web"), .merge, body, subresource: nil)
    }

    /// Plays kubelet until nothing moves: pods become ready, ended ones go.
    private func play() async throws {
        for _ in 0..<20 {
            await settle()
            harness.endTerminating()
            let waiting = harness.pods().filter { !$0.isReady }
            try await harness.makeReady(waiting)
            if waiting.isEmpty, controller.plan(for: key("web"), in: harness.snapshot).isSettled { return }
        }
        Issue.record("the set does not come to rest")
    }

    @Test func `starts pods one after another, each with its name, number and service`() async throws {
        put()
        await settle()
        #expect(names == ["web-0"])
        try await harness.makeReady([try pod("web-0")])
        await settle()
        #expect(names == ["web-0", "web-1"])
        try await play()
        #expect(names == ["web-0", "web-1", "web-2"])
        let last = try pod("web-2")
        #expect(last.metadata.labels[StatefulSet.podNameLabel] == "web-2")
        #expect(last.metadata.labels[StatefulSet.podIndexLabel] == "2")
        #expect(last.metadata.labels[ControllerRevision.podLabel] == set.status.updateRevision)
        #expect(last.spec.hostname == "web-2" && last.spec.subdomain == "web")
        #expect(last.metadata.controller?.uid == set.metadata.uid)
        #expect(set.status.replicas == 3 && set.status.readyReplicas == 3 && set.status.availableReplicas == 3)
        #expect(set.status.currentRevision == set.status.updateRevision && set.status.currentReplicas == 3)
    }

    @Test func `a pod that is not ready halts those after it, unless they may start at once`() async throws {
        put(["podManagementPolicy": "Parallel"])
        await settle()
        #expect(names == ["web-0", "web-1", "web-2"])
        try await patch(["spec": ["podManagementPolicy": "OrderedReady"]])
        try await harness.cluster.delete(Pod.resource, key("web-2"), DeletionOptions())
        harness.endTerminating()
        await settle()
        #expect(names == ["web-0", "web-1"])
    }

    @Test func `shrinks from the top, one by one`() async throws {
        put()
        try await play()
        try await patch(["spec": ["replicas": 1]])
        await settle()
        #expect(harness.pods().filter(\.metadata.isBeingDeleted).map(\.metadata.name) == ["web-2"])
        try await play()
        #expect(names == ["web-0"])
        #expect(set.status.replicas == 1)
    }

    @Test func `does not shrink while a pod below is broken`() async throws {
        put()
        try await play()
        try await harness.cluster.patch(
            Pod.resource, key("web-0"), .merge, ["status": ["conditions": [["type": "Ready", "status": "False"]]]],
            subresource: "status")
        try await patch(["spec": ["replicas": 1]])
        await settle()
        #expect(names == ["web-0", "web-1", "web-2"])
    }

    @Test func `a new template replaces pods from the last one down`() async throws {
        put()
        try await play()
        let old = set.status.currentRevision
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        let deletions = plan.writes.compactMap { write in
            if case .delete(Pod.resource, let key, _) = write.operation { key.name } else { nil }
        }
        #expect(deletions == ["web-2"])
        try await play()
        #expect(harness.pods().allSatisfy { $0.spec.containers[0].image == "web:2" })
        #expect(set.status.currentRevision == set.status.updateRevision && set.status.currentRevision != old)
        #expect(harness.cluster.all(ControllerRevision.self).map(\.revision).sorted() == [1, 2])
    }

    @Test func `going back makes the old revision the newest and adds none`() async throws {
        put()
        try await play()
        let first = set.status.currentRevision
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:1"]]]]]])
        try await play()
        #expect(set.status.currentRevision == first)
        let revisions = harness.cluster.all(ControllerRevision.self)
        #expect(revisions.count == 2)
        #expect(revisions.first { $0.metadata.name == first }?.revision == 3)
    }

    @Test func `pods below the partition keep their template, even when they start anew`() async throws {
        put()
        try await play()
        try await patch(["spec": ["updateStrategy": ["rollingUpdate": ["partition": 2]]]])
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        try await play()
        #expect(harness.pods().map(\.spec.containers[0].image) == ["web:1", "web:1", "web:2"])
        #expect(set.status.updatedReplicas == 1 && set.status.currentReplicas == 2)
        try await harness.cluster.delete(Pod.resource, key("web-1"), DeletionOptions())
        try await harness.cluster.delete(Pod.resource, key("web-2"), DeletionOptions())
        try await play()
        #expect(harness.pods().map(\.spec.containers[0].image) == ["web:1", "web:1", "web:2"])
    }

    @Test func `waits for deletion where the strategy says so`() async throws {
        put(["updateStrategy": ["type": "OnDelete"]])
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        try await play()
        #expect(harness.pods().allSatisfy { $0.spec.containers[0].image == "web:1" })
        try await harness.cluster.delete(Pod.resource, key("web-1"), DeletionOptions())
        try await play()
        #expect(harness.pods().map(\.spec.containers[0].image) == ["web:1", "web:2", "web:1"])
    }

    @Test(arguments: [(1, ["web-3"]), (2, ["web-3", "web-2"])])
    func `as many pods are replaced at once as may be missing`(maxUnavailable: Int, expected: [String]) async throws {
        put(
            [
                "updateStrategy": [
                    "type": "RollingUpdate",
                    "rollingUpdate": ["partition": 0, "maxUnavailable": .int(Int64(maxUnavailable))],
                ]
            ], replicas: 4)
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        let deletions = plan.writes.compactMap { write in
            if case .delete(Pod.resource, let key, _) = write.operation { key.name } else { nil }
        }
        #expect(deletions == expected)
    }

    @Test func `numbers begin where the set says`() async throws {
        put(["ordinals": ["start": 5]], replicas: 2)
        try await play()
        #expect(names == ["web-5", "web-6"])
    }

    @Test func `replaces a pod that has ended, whatever its outcome`() async throws {
        put(replicas: 1)
        try await play()
        let first = try pod("web-0")
        try await harness.cluster.patch(
            Pod.resource, first.key, .merge, ["status": ["phase": "Succeeded"]], subresource: "status")
        try await play()
        #expect(try pod("web-0").metadata.uid != first.metadata.uid)
    }

    @Test func `a pod must last before the next one starts`() async throws {
        put(["minReadySeconds": 10], replicas: 2)
        await settle()
        try await harness.makeReady(harness.pods())
        let plan = await harness.settle(controller, key("web"))
        #expect(names == ["web-0"])
        #expect(plan.lookAgainAfter == .seconds(10))
        #expect(set.status.readyReplicas == 1 && set.status.availableReplicas == 0)
    }

    @Test func `adopts a matching pod of its name and leaves others alone`() async throws {
        for name in ["web-0", "web-x", "other-1"] {
            harness.cluster.put(
                Pod.resource,
                ["metadata": ["name": .string(name), "namespace": "default", "labels": ["app": "web"]], "spec": [:]])
        }
        put(replicas: 1)
        await settle()
        #expect(try pod("web-0").metadata.controller?.name == "web")
        #expect(try pod("web-0").metadata.labels[StatefulSet.podNameLabel] == nil)
        #expect(try pod("web-x").metadata.controller == nil && pod("other-1").metadata.controller == nil)
        try await play()
        #expect(try pod("web-0").metadata.labels[StatefulSet.podNameLabel] == "web-0")
    }

    @Test func `keeps as many old revisions as it is told`() async throws {
        put(["revisionHistoryLimit": 1], replicas: 1)
        try await play()
        for number in 2...5 {
            try await patch(
                ["spec": ["template": ["spec": ["containers": [["name": "web", "image": .string("web:\(number)")]]]]]])
            try await play()
        }
        #expect(harness.cluster.all(ControllerRevision.self).map(\.revision).sorted() == [4, 5])
    }

    // MARK: Claims

    private let claims: JSONValue = [
        ["metadata": ["name": "data"], "spec": ["resources": ["requests": ["storage": "1Gi"]]]]
    ]
    private var claimOwners: [String: [String]] {
        Dictionary(
            harness.cluster.all(PersistentVolumeClaim.self).map {
                ($0.metadata.name, $0.metadata.ownerReferences.map { "\($0.kind)/\($0.name)" })
            }
        ) { first, _ in first }
    }

    @Test func `each pod has a claim of its own, which stays when the set shrinks`() async throws {
        put(["volumeClaimTemplates": claims], replicas: 2)
        try await play()
        #expect(claimOwners == ["data-web-0": [], "data-web-1": []])
        #expect(
            try pod("web-1").spec.volumes == [
                Volume(name: "data", source: .persistentVolumeClaim(name: "data-web-1", readOnly: false))
            ])
        #expect(harness.cluster.all(PersistentVolumeClaim.self).allSatisfy { $0.metadata.labels == ["app": "web"] })
        try await patch(["spec": ["replicas": 1]])
        try await play()
        #expect(claimOwners.keys.sorted() == ["data-web-0", "data-web-1"])
    }

    @Test func `claims go with the set, or with their pod, where the policy says so`() async throws {
        put(
            [
                "volumeClaimTemplates": claims,
                "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Delete", "whenScaled": "Delete"],
            ], replicas: 2)
        try await play()
        #expect(claimOwners == ["data-web-0": ["StatefulSet/web"], "data-web-1": ["StatefulSet/web"]])
        try await patch(["spec": ["replicas": 1]])
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        await harness.perform(plan)
        #expect(claimOwners == ["data-web-0": ["StatefulSet/web"], "data-web-1": ["Pod/web-1"]])
        try await patch(["spec": ["persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Retain"]]])
        try await play()
        #expect(claimOwners["data-web-0"] == [])
    }

    @Test func `a pod waits until its predecessor's claim is gone`() async throws {
        put(["volumeClaimTemplates": claims], replicas: 1)
        harness.cluster.put(
            PersistentVolumeClaim.resource,
            [
                "metadata": [
                    "name": "data-web-0", "namespace": "default", "deletionTimestamp": "2027-01-01T00:00:00Z",
                    "finalizers": ["kubernetes.io/pvc-protection"],
                ], "spec": [:],
            ])
        await settle()
        #expect(names == [])
    }
}
