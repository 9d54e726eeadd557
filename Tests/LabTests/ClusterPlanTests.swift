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
        let plan = try ClusterPlan(name: "lab", nodeCount: 5, dataDirectory: "/tmp/lab", apiPort: 7000, store: .etcd)
        let read = try ClusterPlan(json: plan.json, file: "cluster.json")
        #expect(read == plan)
        #expect(throws: PlanError.corrupt(file: "x")) { try ClusterPlan(json: ["name": "lab"], file: "x") }
    }

    @Test func `a cluster of both families has ranges and addresses of both, IPv4 first`() throws {
        let plan = try ClusterPlan(name: "two", nodeCount: 2, dataDirectory: "/tmp/two", apiPort: 6443, families: .dual)
        #expect(
            plan.nodes.map { $0.addresses.map(\.description) } == [["172.18.0.11", "fd18::11"], ["172.18.0.12", "fd18::12"]])
        #expect(plan.fabricAddresses.map(\.urlHost) == ["172.18.0.1", "[fd18::1]"])
        #expect(plan.podNetworks.map(\.description) == ["10.244.0.0/16", "fd10:244::/48"])
        #expect(plan.apiServiceAddresses.map(\.description) == ["10.96.0.1", "fd10:96::1"])
        #expect(try ClusterPlan(json: plan.json, file: "x") == plan)
        #expect(throws: PlanError.corrupt(file: "x")) {
            var json = plan.json
            json["ipFamily"] = "ipv5"
            _ = try ClusterPlan(json: json, file: "x")
        }
    }

    @Test func `a plan from before there were families is one of IPv4`() throws {
        var json = try ClusterPlan(name: "old", nodeCount: 1, dataDirectory: "/tmp/old", apiPort: 6443, families: .dual).json
        json["ipFamily"] = nil
        #expect(try ClusterPlan(json: json, file: "x").families == .ipv4)
    }

    @Test func `no prefix of a cluster overlaps another one`() throws {
        let plan = try ClusterPlan(name: "two", nodeCount: 2, dataDirectory: "/tmp/two", apiPort: 6443, families: .dual)
        let all = plan.fabricNetworks + plan.podNetworks + plan.serviceNetworks
        for (index, prefix) in all.enumerated() { #expect(!all.dropFirst(index + 1).contains { $0.overlaps(prefix) }) }
        #expect(plan.nodes.flatMap(\.addresses).allSatisfy { address in plan.fabricNetworks.contains { $0.contains(address) } })
    }

    @Test func `containerd is told of a registry at an address of IPv6 without a bracket in a table's name`() throws {
        let plan = try ClusterPlan(name: "six", nodeCount: 1, dataDirectory: "/tmp/six", apiPort: 6443, families: .ipv6)
        let text = ContainerdConfiguration.localRegistryHosts(for: plan)
        #expect(text.contains("server = \"http://[fd18::1]:5000\"\n"))
        #expect(!text.contains("[host.\""))
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
        let six = try ClusterPlan(name: "lab", nodeCount: 1, dataDirectory: "/tmp/lab", apiPort: 6443, families: .dual)
        let dual = FabricPlan.node(six.nodes[0], of: six)
        #expect(dual.count == steps.count + 4, "an address, a route, forwarding, and no doubt about addresses")
        #expect(steps[1] == .createCable(inside: "eth0", namespace: "lab-node1", outside: "n1", outsideNamespace: "lab-fabric"))
        #expect(steps[3] == .attach(link: "n1", bridge: "br0", namespace: "lab-fabric"))
        let up = try #require(steps.firstIndex(of: .setUp(link: "eth0", namespace: "lab-node1")))
        let route = try #require(
            steps.firstIndex(of: .addDefaultRoute(via: .v4(IPv4Address(172, 18, 0, 1)), namespace: "lab-node1")))
        #expect(up < route)
    }
}
