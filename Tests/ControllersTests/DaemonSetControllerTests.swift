import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct DaemonSetControllerTests {
    let harness = Harness()
    let controller = DaemonSetController()

    private func put(_ spec: JSONValue = [:], template: JSONValue = [:]) {
        var pod: JSONValue = ["containers": [["name": "web", "image": "web:1"]]]
        for member in template.object?.members ?? [] { pod[member.key] = member.value }
        var all: JSONValue = [
            "selector": ["matchLabels": ["app": "web"]],
            "template": ["metadata": ["labels": ["app": "web"]], "spec": pod],
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]],
        ]
        for member in spec.object?.members ?? [] { all[member.key] = member.value }
        harness.cluster.put(
            DaemonSet.resource,
            [
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["name": "web", "namespace": "default"],
                "spec": all,
            ])
    }

    private func nodes(_ count: Int, taints: [Taint] = []) {
        for number in 0..<count {
            harness.cluster.put(Node.resource, node("node\(number)", at: harness.cluster.now, taints: taints))
        }
    }

    private var set: DaemonSet { harness.cluster.all(DaemonSet.self)[0] }
    private func settle() async { await harness.settle(controller, key("web"), roundsMax: 12) }
    private func patch(_ body: JSONValue) async throws {
        try await harness.cluster.patch(DaemonSet.resource, key("web"), .merge, body, subresource: nil)
    }
    /// The node that a pod was made for.
    private func target(_ pod: Pod) -> String {
        pod.spec.affinity.requiredNodeTerms?.first?.matchFields.first?.values.first ?? ""
    }
    private var targets: [String] { harness.pods().map(target).sorted() }
    private func start(_ pods: [Pod]) async throws {
        for pod in pods { try await harness.makeReady([pod], node: target(pod)) }
    }

    private func play() async throws {
        for _ in 0..<30 {
            await settle()
            harness.endTerminating()
            let waiting = harness.pods().filter { !$0.isReady }
            try await start(waiting)
            if waiting.isEmpty, controller.plan(for: key("web"), in: harness.snapshot).isSettled { return }
        }
        Issue.record("the set does not come to rest")
    }

    private func deletions(_ plan: Plan) -> Int {
        plan.writes.count { if case .delete(Pod.resource, _, _) = $0.operation { true } else { false } }
    }

    private func creations(_ plan: Plan) -> Int {
        plan.writes.count { if case .create(Pod.resource, _, _) = $0.operation { true } else { false } }
    }

    @Test func `makes a pod for every node, which only that node can take`() async throws {
        nodes(3)
        put()
        try await play()
        #expect(targets == ["node0", "node1", "node2"])
        let keys = Set(harness.pods()[0].spec.tolerations.map(\.key))
        #expect(keys.contains("node.kubernetes.io/not-ready") && keys.contains("node.kubernetes.io/unschedulable"))
        #expect(!keys.contains("node.kubernetes.io/network-unavailable"))
        let status = set.status
        #expect(status.desired == 3 && status.current == 3 && status.ready == 3 && status.available == 3 && status.updated == 3)
        #expect(status.misscheduled == 0 && status.unavailable == 0)
    }

    @Test func `follows labels of nodes both ways`() async throws {
        nodes(2)
        put(template: ["nodeSelector": ["color": "blue"]])
        await settle()
        #expect(targets == [])
        try await harness.cluster.patch(
            Node.resource, key("node1", ""), .merge, ["metadata": ["labels": ["color": "blue"]]], subresource: nil)
        try await play()
        #expect(targets == ["node1"])
        try await harness.cluster.patch(
            Node.resource, key("node1", ""), .merge, ["metadata": ["labels": ["color": "green"]]], subresource: nil)
        #expect(set.status.desired == 1)
        try await play()
        #expect(targets == [])
        #expect(set.status.desired == 0 && set.status.misscheduled == 0)
    }

    @Test func `a taint keeps new pods away and spares old ones, unless it drives them out`() async throws {
        nodes(1)
        put()
        try await play()
        nodes(1, taints: [Taint(key: "full", effect: "NoSchedule")])
        try await play()
        #expect(harness.pods().count == 1)
        #expect(set.status.desired == 0 && set.status.misscheduled == 1)
        nodes(1, taints: [Taint(key: "gone", effect: "NoExecute")])
        try await play()
        #expect(harness.pods().isEmpty)
    }

    @Test func `a cordoned node keeps its pod and would get one`() async throws {
        nodes(1, taints: [Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")])
        put()
        try await play()
        #expect(targets == ["node0"])
    }

    @Test func `replaces a failed pod, though not at once`() async throws {
        nodes(1)
        put()
        try await play()
        let pod = harness.pods()[0]
        try await harness.cluster.patch(Pod.resource, pod.key, .merge, ["status": ["phase": "Failed"]], subresource: "status")
        let soon = controller.plan(for: key("web"), in: harness.snapshot)
        #expect(deletions(soon) == 0 && soon.lookAgainAfter == .seconds(5))
        harness.cluster.advance(by: .seconds(6))
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        #expect(deletions(plan) == 1)
        #expect(plan.notices.map(\.reason) == ["FailedDaemonPod"])
        try await play()
        #expect(harness.pods().count == 1 && harness.pods()[0].metadata.uid != pod.metadata.uid)
    }

    @Test(arguments: [(JSONValue.int(1), 1), ("50%", 2), (3, 3)])
    func `a new template replaces as many pods at once as may be missing`(limit: JSONValue, expected: Int) async throws {
        nodes(4)
        put(["updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": limit, "maxSurge": 0]]])
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        #expect(deletions(controller.plan(for: key("web"), in: harness.snapshot)) == expected)
        try await play()
        #expect(harness.pods().count == 4)
        #expect(harness.pods().allSatisfy { $0.spec.containers[0].image == "web:2" })
        #expect(set.status.updated == 4)
    }

    @Test func `surging starts the new pod beside the old one`() async throws {
        nodes(3)
        put(["updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]]])
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        #expect(deletions(plan) == 0 && creations(plan) == 1)
        await settle()
        #expect(harness.pods().count == 4)
        try await play()
        #expect(harness.pods().count == 3 && harness.pods().allSatisfy { $0.spec.containers[0].image == "web:2" })
    }

    @Test func `waits for deletion where the strategy says so`() async throws {
        nodes(2)
        put(["updateStrategy": ["type": "OnDelete"]])
        try await play()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:2"]]]]]])
        try await play()
        #expect(harness.pods().allSatisfy { $0.spec.containers[0].image == "web:1" })
        try await harness.cluster.delete(Pod.resource, harness.pods()[0].key, DeletionOptions())
        try await play()
        #expect(harness.pods().map(\.spec.containers[0].image).sorted() == ["web:1", "web:2"])
    }

    @Test func `going back restarts only what was replaced`() async throws {
        nodes(3)
        put()
        try await play()
        let before = Set(harness.pods().map(\.metadata.uid))
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "broken:2"]]]]]])
        await settle()
        harness.endTerminating()
        await settle()
        try await patch(["spec": ["template": ["spec": ["containers": [["name": "web", "image": "web:1"]]]]]])
        try await play()
        let after = Set(harness.pods().map(\.metadata.uid))
        #expect(before.intersection(after).count == 2)
        #expect(harness.cluster.all(ControllerRevision.self).map(\.revision).sorted() == [2, 3])
    }

    @Test func `a pod for a node that went away is deleted while nobody placed it`() async throws {
        nodes(2)
        put()
        await settle()
        harness.cluster.remove(Node.resource, key("node1", ""))
        await settle()
        harness.endTerminating()
        #expect(targets == ["node0"])
    }
}
