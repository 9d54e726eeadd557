import API
import Scheduler
import Testing

@Suite struct SchedulingCycleTests {
    func node(_ name: String, cpu: String = "4", labels: [String: String] = [:], taints: [Taint] = []) -> Node {
        var node = Node(metadata: ObjectMeta(name: name, labels: labels))
        node.allocatable = ["cpu": cpu, "memory": "8Gi", "pods": "110"].compactMapValues(Quantity.init(parsing:))
        node.taints = taints
        return node
    }

    func pod(_ name: String, cpu: String? = nil, labels: [String: String] = ["app": "web"]) -> Pod {
        var container = Container(name: "c", image: "i")
        if let cpu { container.resources.requests = ["cpu": Quantity(parsing: cpu) ?? .zero] }
        let owner = OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "rs", controller: true)
        return Pod(
            metadata: ObjectMeta(name: name, namespace: "default", uid: name, labels: labels, ownerReferences: [owner]),
            spec: PodSpec(containers: [container]))
    }

    func place(_ pod: Pod, _ view: SchedulerView, random: Double = 0) -> SchedulingCycle.Placement {
        SchedulingCycle.place(
            pod, in: view, spreadSelector: LabelSelector(matchLabels: pod.metadata.labels), random: random)
    }

    @Test(arguments: [0.0, 0.3, 0.99]) func `six pods of one set spread evenly over three nodes`(random: Double) {
        var view = SchedulerView(nodes: ["a", "b", "c"].map { node($0) })
        var counts: [String: Int] = [:]
        for number in 0..<6 {
            let pod = pod("p\(number)")
            guard case .place(let node) = place(pod, view, random: random) else {
                Issue.record("not placed")
                return
            }
            view.assume(pod, on: node)
            counts[node, default: 0] += 1
        }
        #expect(counts == ["a": 2, "b": 2, "c": 2])
    }

    @Test func `says per reason how many nodes refuse, in upstream's words`() {
        let view = SchedulerView(nodes: [
            node("a", cpu: "1"), node("b", cpu: "1"), node("c", taints: [Taint(key: "k", value: "v", effect: "NoSchedule")]),
        ])
        #expect(
            place(pod("p", cpu: "2"), view)
                == .unschedulable(
                    message: "0/3 nodes are available: 1 node(s) had untolerated taint {k: v}, 2 Insufficient cpu."))
        #expect(place(pod("p"), SchedulerView()) == .unschedulable(message: "no nodes available to schedule pods"))
    }

    @Test func `assumed pods take room until their binding fails`() {
        var view = SchedulerView(nodes: [node("a", cpu: "1")])
        let first = pod("first", cpu: "800m")
        view.assume(first, on: "a")
        #expect(
            place(pod("second", cpu: "500m"), view) == .unschedulable(message: "0/1 nodes are available: 1 Insufficient cpu."))
        view.changed(first)  // an update that does not show the binding yet
        #expect(place(pod("second", cpu: "500m"), view) != .place(node: "a"))
        view.forget("first")
        #expect(place(pod("second", cpu: "500m"), view) == .place(node: "a"))
    }

    @Test func `finished and deleted pods give their room back`() {
        var bound = pod("first", cpu: "800m")
        bound.spec.nodeName = "a"
        var view = SchedulerView(nodes: [node("a", cpu: "1")], pods: [bound])
        #expect(place(pod("second", cpu: "500m"), view) != .place(node: "a"))
        bound.status.phase = "Succeeded"
        view.changed(bound)
        #expect(place(pod("second", cpu: "500m"), view) == .place(node: "a"))
    }

    @Test func `node selector, affinity, taints and cordon decide`() {
        let view = SchedulerView(nodes: [
            node("a", labels: ["disk": "ssd", "n": "5"]), node("b", labels: ["disk": "hdd", "n": "50"]),
        ])
        var selected = pod("s")
        selected.spec.nodeSelector = ["disk": "hdd"]
        #expect(place(selected, view) == .place(node: "b"))
        var affine = pod("f")
        affine.spec.affinity.requiredNodeTerms = [
            NodeSelectorTerm(matchExpressions: [
                NodeSelectorRequirement(key: "n", operator: "Lt", values: ["10"]),
                NodeSelectorRequirement(key: "disk", operator: "NotIn", values: ["hdd"]),
            ])
        ]
        #expect(place(affine, view) == .place(node: "a"))
        affine.spec.affinity.requiredNodeTerms = [NodeSelectorTerm()]
        #expect(
            place(affine, view)
                == .unschedulable(message: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."))
        var cordoned = node("a")
        cordoned.unschedulable = true
        #expect(
            place(pod("p"), SchedulerView(nodes: [cordoned]))
                == .unschedulable(message: "0/1 nodes are available: 1 node(s) were unschedulable."))
    }

    @Test func `two pods cannot take one port of a node`() {
        var first = pod("first")
        first.spec.containers[0].ports = [ContainerPort(containerPort: 80, hostPort: 8080)]
        var second = first
        second.metadata = ObjectMeta(name: "second", namespace: "default", uid: "second")
        var view = SchedulerView(nodes: [node("a")])
        view.assume(first, on: "a")
        #expect(
            place(second, view)
                == .unschedulable(
                    message: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."))
    }
}
