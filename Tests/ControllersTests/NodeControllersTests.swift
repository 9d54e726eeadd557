import API
import ControlLoop
import Controllers
import JSON
import NetworkTypes
import Testing

@Suite struct NodeControllersTests {
    let harness = Harness()
    let lifecycle: NodeLifecycleController

    init() { lifecycle = NodeLifecycleController(startedAt: harness.cluster.now) }

    func put(_ name: String) {
        let now = harness.cluster.now
        harness.cluster.put(Node.resource, node(name, at: now))
        renew(name)
    }

    func renew(_ name: String) {
        harness.cluster.put(
            Lease.resource,
            [
                "metadata": ["name": .string(name), "namespace": "kube-node-lease"],
                "spec": ["renewTime": .string(harness.cluster.now.microDescription)],
            ])
    }

    func found(_ name: String) throws -> Node { try #require(harness.cluster.all(Node.self).first { $0.metadata.name == name }) }

    @Test func `every node gets its own range, and ranges of deleted nodes are used again`() async throws {
        let range = try #require(CIDR(parsing: "10.244.0.0/22"))
        let ipam = NodeIPAMController(clusterCIDR: range)
        for name in ["a", "b", "c"] {
            put(name)
            await harness.settle(ipam, key(name, ""))
        }
        #expect(harness.cluster.all(Node.self).map(\.podCIDR) == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"])
        #expect(try found("b").podCIDRs == ["10.244.1.0/24"])
        harness.cluster.remove(Node.resource, key("b", ""))
        for name in ["d", "e"] {
            put(name)
            await harness.settle(ipam, key(name, ""))
        }
        #expect(try found("d").podCIDR == "10.244.1.0/24")
        #expect(try found("e").podCIDR == "10.244.3.0/24")
        put("f")
        let plan = ipam.plan(for: key("f", ""), in: harness.snapshot)
        #expect(plan.isSettled)
        #expect(plan.notices.map(\.reason) == ["CIDRNotAvailable"])
    }

    @Test func `a node gets a range of each family or none`() async throws {
        let ranges = ["10.244.0.0/22", "fd00:244::/62"].compactMap { CIDR(parsing: $0) }
        let ipam = NodeIPAMController(
            clusterCIDRs: ranges, nodePrefixLengths: NodePrefixLengths(ipv4: 24, ipv6: 63))
        for name in ["a", "b"] {
            put(name)
            await harness.settle(ipam, key(name, ""))
        }
        #expect(try found("a").podCIDRs == ["10.244.0.0/24", "fd00:244::/63"])
        #expect(try found("b").podCIDRs == ["10.244.1.0/24", "fd00:244:0:2::/63"])
        #expect(try found("b").podCIDR == "10.244.1.0/24")
        put("c")
        let plan = ipam.plan(for: key("c", ""), in: harness.snapshot)
        #expect(plan.isSettled)
        #expect(plan.notices.map(\.reason) == ["CIDRNotAvailable"])
    }

    @Test func `ranges that nodes brought along are not given out, whatever their size`() async throws {
        let range = try #require(CIDR(parsing: "10.244.0.0/22"))
        harness.cluster.put(
            Node.resource,
            ["metadata": ["name": "own"], "spec": ["podCIDR": "10.244.0.0/23", "podCIDRs": ["10.244.0.0/23"]]])
        let ipam = NodeIPAMController(clusterCIDR: range)
        put("a")
        await harness.settle(ipam, key("a", ""))
        #expect(try found("a").podCIDR == "10.244.2.0/24")
    }

    @Test func `a silent node becomes Unknown and tainted, its pods not ready, and recovers`() async throws {
        put("a")
        put("b")
        harness.cluster.put(
            Pod.resource,
            [
                "metadata": ["name": "p", "namespace": "default"], "spec": ["nodeName": "a"],
                "status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]],
            ])
        harness.cluster.advance(by: .seconds(30))
        renew("b")
        let early = await harness.settle(lifecycle, key("a", ""))
        #expect(try found("a").taints.isEmpty)
        #expect(try #require(early.lookAgainAfter) < .seconds(11))
        harness.cluster.advance(by: .seconds(11))
        await harness.settle(lifecycle, key("a", ""))
        let silent = try found("a")
        #expect(silent.conditions["Ready"]?.status == "Unknown")
        #expect(silent.conditions["Ready"]?.reason == "NodeStatusUnknown")
        #expect(silent.taints.map(\.effect) == ["NoSchedule", "NoExecute"])
        #expect(silent.taints.allSatisfy { $0.key == "node.kubernetes.io/unreachable" && $0.timeAdded != nil })
        #expect(harness.pods()[0].isReady == false)
        await harness.settle(lifecycle, key("b", ""))
        #expect(try found("b").taints.isEmpty)

        renew("a")
        harness.cluster.put(
            Node.resource, node("a", at: harness.cluster.now, taints: silent.taints))
        await harness.settle(lifecycle, key("a", ""))
        #expect(try found("a").taints.isEmpty)
    }

    @Test func `when the control plane was away, old leases prove nothing`() async throws {
        put("a")
        put("b")
        harness.cluster.advance(by: .seconds(3600))
        let fresh = NodeLifecycleController(startedAt: harness.cluster.now)
        await harness.settle(fresh, key("a", ""))
        #expect(try found("a").isReady)
    }

    @Test func `when no node is well nothing is driven away`() async throws {
        put("a")
        harness.cluster.advance(by: .seconds(60))
        await harness.settle(lifecycle, key("a", ""))
        #expect(try found("a").taints.map(\.effect) == ["NoSchedule"])
    }

    @Test func `a pod is evicted when its toleration runs out, at once without one, never with one for ever`() async throws {
        let eviction = TaintEvictionController()
        let taint = Taint(key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: harness.cluster.now)
        harness.cluster.put(Node.resource, node("a", ready: "Unknown", at: harness.cluster.now, taints: [taint]))
        func put(_ name: String, _ tolerations: JSONValue) {
            harness.cluster.put(
                Pod.resource,
                [
                    "metadata": ["name": .string(name), "namespace": "default"],
                    "spec": ["nodeName": "a", "tolerations": tolerations],
                ])
        }
        put("none", [])
        put(
            "some",
            [["key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]])
        put("ever", [["operator": "Exists"]])
        for name in ["none", "some", "ever"] { await harness.settle(eviction, key(name)) }
        #expect(harness.pods().filter(\.metadata.isBeingDeleted).map(\.metadata.name) == ["none"])
        let plan = eviction.plan(for: key("some"), in: harness.snapshot)
        #expect(plan.lookAgainAfter == .seconds(300) + .milliseconds(10))
        harness.cluster.advance(by: .seconds(300))
        for name in ["some", "ever"] { await harness.settle(eviction, key(name)) }
        #expect(harness.pods().filter { !$0.metadata.isBeingDeleted }.map(\.metadata.name) == ["ever"])
    }

    @Test func `a taint without a time counts from when it was seen, and anew when it comes back`() async throws {
        let eviction = TaintEvictionController()
        let taint = Taint(key: "example.com/a", effect: "NoExecute")
        func put(_ taints: [Taint]) {
            harness.cluster.put(Node.resource, node("a", ready: "True", at: harness.cluster.now, taints: taints))
        }
        harness.cluster.put(
            Pod.resource,
            [
                "metadata": ["name": "p", "namespace": "default"],
                "spec": [
                    "nodeName": "a",
                    "tolerations": [
                        ["key": "example.com/a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5]
                    ],
                ],
            ])
        put([taint])
        await harness.settle(eviction, key("p"))
        harness.cluster.advance(by: .seconds(4))
        #expect(eviction.plan(for: key("p"), in: harness.snapshot).lookAgainAfter == .seconds(1) + .milliseconds(10))
        put([])
        await harness.settle(eviction, key("p"))
        put([taint])
        await harness.settle(eviction, key("p"))
        harness.cluster.advance(by: .seconds(4))
        await harness.settle(eviction, key("p"))
        #expect(!harness.pods()[0].metadata.isBeingDeleted)
        harness.cluster.advance(by: .seconds(1))
        await harness.settle(eviction, key("p"))
        #expect(harness.pods().allSatisfy { $0.metadata.isBeingDeleted })
    }

    @Test func `pods of a node that is gone are removed, but not when only the cache says so`() async throws {
        let collector = PodGarbageCollector()
        harness.cluster.put(
            Pod.resource, ["metadata": ["name": "p", "namespace": "default"], "spec": ["nodeName": "gone"]])
        #expect(collector.plan(for: key("p"), in: harness.snapshot) == Plan(lookAgainAfter: .seconds(40)))
        harness.cluster.advance(by: .seconds(40))
        let plan = collector.plan(for: key("p"), in: harness.snapshot)
        harness.cluster.put(Node.resource, node("gone", at: harness.cluster.now))
        let effects = await harness.perform(plan)
        #expect(effects.failure is PlanExecutor.NotConfirmed)
        #expect(harness.pods().count == 1)
        // A node that was there in between is missed anew.
        await harness.settle(collector, key("p"))
        harness.cluster.remove(Node.resource, key("gone", ""))
        #expect(collector.plan(for: key("p"), in: harness.snapshot) == Plan(lookAgainAfter: .seconds(40)))
        harness.cluster.advance(by: .seconds(40))
        await harness.settle(collector, key("p"))
        #expect(harness.pods().isEmpty)
    }
}
