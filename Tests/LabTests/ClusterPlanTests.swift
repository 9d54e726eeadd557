import JSON
import Lab
import NetworkTypes
import Testing

@Suite struct ClusterPlanTests {
    @Test func `names and addresses follow from the number of a node`() throws {
        let plan = try ClusterPlan(name: "skiff", nodeCount: 3, dataDirectory: "/var/lib/skiff/", apiPort: 6443)
        #expect(plan.dataDirectory == "/var/lib/skiff")
        #expect(plan.nodes.map(\.name) == ["node1", "node2", "node3"])
        #expect(plan.nodes.map { "\($0.address)" } == ["172.18.0.11", "172.18.0.12", "172.18.0.13"])
        #expect(plan.nodes.map(\.networkNamespace) == ["skiff-node1", "skiff-node2", "skiff-node3"])
        #expect(plan.nodes[1].directory == "/var/lib/skiff/nodes/node2")
        #expect(plan.nodes[1].cgroup == "/skiff/skiff/node2")
        #expect(plan.node(named: "node4") == nil)
    }

    @Test func `two clusters share no namespace, no cgroup and no file`() throws {
        let one = try ClusterPlan(name: "one", nodeCount: 2, dataDirectory: "/tmp/one", apiPort: 6443)
        let two = try ClusterPlan(name: "two", nodeCount: 2, dataDirectory: "/tmp/two", apiPort: 6444)
        func claims(_ plan: ClusterPlan) -> Set<String> {
            Set(
                [plan.fabricNamespace, plan.cgroup, plan.controlSocket]
                    + plan.nodes.flatMap { [$0.networkNamespace, $0.cgroup, $0.directory] })
        }
        #expect(claims(one).isDisjoint(with: claims(two)))
    }

    @Test func `a plan survives its file`() throws {
        let plan = try ClusterPlan(name: "lab", nodeCount: 5, dataDirectory: "/tmp/lab", apiPort: 7000)
        let read = try ClusterPlan(json: plan.json, file: "cluster.json")
        #expect(read == plan)
        #expect(throws: PlanError.corrupt(file: "x")) { try ClusterPlan(json: ["name": "lab"], file: "x") }
    }

    @Test(arguments: ["", "Skiff", "1st", "a/b", "with space", "name-that-is-much-too-long"])
    func `a name that would break others is refused`(name: String) {
        #expect(throws: PlanError.name(name)) {
            try ClusterPlan(name: name, nodeCount: 1, dataDirectory: "/tmp/x", apiPort: 6443)
        }
    }

    @Test(arguments: ["relative", "/", "/tmp/../etc"])
    func `a data directory that cannot be removed safely is refused`(path: String) {
        #expect(throws: PlanError.dataDirectory(path)) {
            try ClusterPlan(name: "x", nodeCount: 1, dataDirectory: path, apiPort: 6443)
        }
    }

    @Test(arguments: [0, 33, -1])
    func `a count of nodes out of range is refused`(count: Int) {
        #expect(throws: PlanError.nodeCount(count, max: 32)) {
            try ClusterPlan(name: "x", nodeCount: count, dataDirectory: "/tmp/x", apiPort: 6443)
        }
    }
}

@Suite struct FabricPlanTests {
    @Test func `every step names a namespace of the cluster`() throws {
        let plan = try ClusterPlan(name: "lab", nodeCount: 2, dataDirectory: "/tmp/lab", apiPort: 6443)
        let steps = FabricPlan.fabric(plan) + plan.nodes.flatMap { FabricPlan.node($0, of: plan) }
        for step in steps { #expect("\(step)".contains("lab-"), "\(step) could touch the host") }
    }

    @Test func `a cable is born in its namespaces and plugged into the bridge before its route`() throws {
        let plan = try ClusterPlan(name: "lab", nodeCount: 1, dataDirectory: "/tmp/lab", apiPort: 6443)
        let steps = FabricPlan.node(plan.nodes[0], of: plan)
        #expect(steps[0] == .createNamespace("lab-node1"))
        #expect(steps[1] == .createCable(inside: "eth0", namespace: "lab-node1", outside: "n1", outsideNamespace: "lab-fabric"))
        #expect(steps[2] == .attach(link: "n1", bridge: "br0", namespace: "lab-fabric"))
        let up = try #require(steps.firstIndex(of: .setUp(link: "eth0", namespace: "lab-node1")))
        let route = try #require(
            steps.firstIndex(of: .addDefaultRoute(via: .v4(IPv4Address(172, 18, 0, 1)), namespace: "lab-node1")))
        #expect(up < route)
    }
}
