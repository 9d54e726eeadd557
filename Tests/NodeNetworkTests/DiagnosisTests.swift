import Netlink
import NetworkTypes
import Testing

@testable import NodeNetwork

@Suite struct DiagnosisTests {
    let eth0 = InterfaceIndex(rawValue: 3)
    let pod = InterfaceIndex(rawValue: 7)

    /// A node in order, with one neighbour on its link.
    private func healthy() throws -> NodeExamination {
        var facts = NodeExamination(node: "node1")
        var link = LinkMessage(index: eth0)
        link.name = "eth0"
        link.mtu = 1500
        link.setUp()
        facts.table = LinkTable(
            links: [link],
            addresses: [AddressMessage(try #require(InterfaceAddress(parsing: "172.18.0.11/24")), on: eth0)])
        let nodes = [
            RoutePlanTests.node("node1", ["172.18.0.11"], ["10.244.0.0/24"]),
            RoutePlanTests.node("node2", ["172.18.0.12"], ["10.244.1.0/24"]),
        ]
        facts.nodes = nodes
        facts.routes = RoutePlan.compute(nodes: nodes, nodeName: "node1", underlay: facts.table.underlay).routes
        facts.routes.append(RouteMessage(try #require(CIDR(parsing: "10.244.0.9/32")), on: pod, origin: .pod))
        facts.sysctls = ["net/ipv4/ip_forward": "1", "net/ipv4/conf/all/rp_filter": "0"]
        facts.configurationDirectory = "/etc/cni/net.d"
        facts.configuration = [
            NodeExamination.ConfigurationFile(
                name: "10-skiff.conflist", plugins: ["skiff-cni"], podCIDRs: nodes[0].podCIDRs, mtu: 1500)
        ]
        facts.pods = [NodeExamination.PodLink(name: "sk0af40009", index: pod, isUp: true, container: "abc")]
        facts.chains = []
        facts.tables = ["ip skiff-proxy"]
        facts.runtime = .answers(version: "containerd 1.6.20", sandboxes: ["abc"], networkProblem: nil)
        facts.connections = (10, 1000)
        return facts
    }

    private func troubles(_ facts: NodeExamination) -> [String] {
        Diagnosis(facts).findings.filter { $0.level != .ok }.map { "\($0.check) \($0.level)" }
    }

    @Test func `a node in order has nothing to report`() throws {
        let findings = Diagnosis(try healthy()).findings
        #expect(findings.allSatisfy { $0.level == .ok && $0.remedy.isEmpty })
        #expect(findings.count >= 10)
    }

    @Test func `every finding that is not in order says what to do`() throws {
        var facts = NodeExamination(node: "node1")
        facts.nodes = []
        facts.runtime = .unreachable("no socket")
        for finding in Diagnosis(facts).findings where finding.level == .error || finding.level == .warning {
            #expect(!finding.remedy.isEmpty && !finding.remedy.contains("\n"), "\(finding)")
        }
    }

    typealias Fault = (name: String, expected: String, make: @Sendable (inout NodeExamination) -> Void)

    static let faults: [Fault] = [
        ("forwarding off", "forwarding error", { $0.sysctls["net/ipv4/ip_forward"] = "0" }),
        ("strict link", "rp_filter warning", { $0.sysctls["net/ipv4/conf/eth0/rp_filter"] = "1" }),
        ("loose everywhere", "rp_filter warning", { $0.sysctls["net/ipv4/conf/all/rp_filter"] = "2" }),
        ("no configuration", "configuration error", { $0.configuration = [] }),
        ("unreadable configuration", "configuration error", { $0.configuration[0].plugins = nil }),
        ("another plugin's", "configuration warning", { $0.configuration[0].podCIDRs = [] }),
        (
            "another range", "configuration error",
            { $0.configuration[0].podCIDRs = [CIDR(parsing: "10.244.9.0/24")].compactMap(\.self) }
        ),
        ("no plugin", "plugin error", { $0.missingPlugins = ["/opt/cni/bin/skiff-cni"] }),
        ("pod's link down", "pods error", { $0.pods[0].isUp = false }),
        ("pod without a route", "pods error", { $0.routes.removeLast() }),
        ("pod of nobody", "pods warning", { $0.pods[0].container = "gone" }),
        ("a route missing", "routes error", { $0.routes.removeAll { $0.destination.description == "10.244.1.0/24" } }),
        (
            "somebody else's route", "routes warning",
            {
                guard let prefix = CIDR(parsing: "10.244.1.128/25") else { return }
                $0.routes.append(RouteMessage(prefix, on: InterfaceIndex(rawValue: 3), origin: .static))
            }
        ),
        (
            "a tunnel missing", "tunnel error",
            { $0.nodes?.append(RoutePlanTests.node("node3", ["192.0.2.1"], ["10.244.2.0/24"])) }
        ),
        (
            "overlap", "routes error",
            { $0.nodes?.append(RoutePlanTests.node("node3", ["172.18.0.13"], ["10.244.0.0/16"])) }
        ),
        ("too large for the way", "mtu warning", { $0.configuration[0].mtu = 9000 }),
        (
            "forward drops", "rules error",
            {
                $0.chains = [
                    NodeExamination.ForeignChain(table: "inet filter", chain: "FORWARD", hook: 2, acceptsByDefault: false)
                ]
            }
        ),
        (
            "input drops", "rules warning",
            { $0.chains = [NodeExamination.ForeignChain(table: "inet filter", chain: "INPUT", hook: 1, acceptsByDefault: false)] }
        ),
        ("no nf_tables", "rules error", { $0.chains = nil }),
        ("no proxy", "services warning", { $0.tables = ["inet filter"] }),
        ("older iptables", "rules warning", { $0.legacyTables = ["nat (ip_)"] }),
        ("connections nearly full", "conntrack error", { $0.connections = (950, 1000) }),
        ("connections filling", "conntrack warning", { $0.connections = (700, 1000) }),
        ("no runtime", "runtime error", { $0.runtime = .unreachable("no socket") }),
        (
            "runtime without network", "runtime error",
            { $0.runtime = .answers(version: "containerd", sandboxes: ["abc"], networkProblem: "NetworkPluginNotReady") }
        ),
        ("no Node", "cluster error", { $0.nodes?.removeAll { $0.name == "node1" } }),
        (
            "a long packet is lost", "path warning",
            {
                $0.echoes = [
                    NodeExamination.Echo(node: "node2", address: .v4(IPv4Address(172, 18, 0, 12)), bytes: 1500, result: .silent)
                ]
            }
        ),
    ]

    @Test(arguments: faults.indices)
    func `each fault is found`(index: Int) throws {
        let fault = Self.faults[index]
        var facts = try healthy()
        fault.make(&facts)
        #expect(troubles(facts).contains(fault.expected), "\(fault.name): \(troubles(facts))")
    }

    @Test func `what cannot be asked is skipped, not blamed`() throws {
        var facts = try healthy()
        facts.nodes = nil
        facts.clusterProblem = "no --kubeconfig"
        facts.runtime = nil
        facts.connections = nil
        #expect(Set(Diagnosis(facts).findings.map(\.level)) == [.ok, .skipped])
    }
}

@Suite struct ConnectivityCheckTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

    private func check(_ probe: ConnectivityCheck.Probe) -> ConnectivityCheck {
        ConnectivityCheck(id: "p1", claim: "it works", probe: probe, remedy: "look")
    }

    private func passes(_ probe: ConnectivityCheck.Probe, _ output: String, status: Int = 0) -> Bool {
        if case .passed = check(probe).judge(status: status, output: output) { true } else { false }
    }

    @Test func `reads a client's line and no other`() throws {
        let found = try #require(ConnectivityCheck.parse("RESULT p3 0 server-1 10.244.0.9"))
        #expect(found.id == "p3" && found.status == 0 && found.output == "server-1 10.244.0.9")
        #expect(ConnectivityCheck.parse("RESULT p3 1")?.output == "")
        #expect(ConnectivityCheck.parse("wget: bad address") == nil)
        #expect(ConnectivityCheck.parse("RESULT p3 x") == nil)
    }

    @Test func `an answer counts only when the server saw the sender's own address`() throws {
        let (server, own) = (try address("10.244.1.2"), try address("fd00::9"))
        #expect(passes(.ask(server, 8080, source: own), "server-1 fd00:0:0::9"))
        #expect(!passes(.ask(server, 8080, source: own), "server-1 172.18.0.11"))
        #expect(passes(.ask(server, 8080, source: nil), "server-1 172.18.0.11"))
        #expect(!passes(.ask(server, 8080, source: nil), "", status: 1))
        #expect(!passes(.ask(server, 8080, source: nil), "wget: server returned error: HTTP/1.1 404 Not Found", status: 1))
    }

    @Test func `one unanswered request of many is a failure`() {
        let probe = ConnectivityCheck.Probe.askOften(host: "10.96.0.9", 80, times: 2)
        #expect(passes(probe, "server-1 10.244.0.9 server-2 10.244.0.9"))
        #expect(!passes(probe, "server-1 10.244.0.9", status: 1))
    }

    @Test func `a datagram has arrived when its target says so, not a router`() throws {
        let probe = ConnectivityCheck.Probe.datagram(try address("10.244.1.2"))
        #expect(
            passes(
                probe,
                "traceroute to 10.244.1.2 (10.244.1.2), 4 hops max, 38 byte packets 1 169.254.1.1 0.1 ms 2 10.244.1.2 0.2 ms"))
        #expect(!passes(probe, "traceroute to 10.244.1.2 (10.244.1.2), 4 hops max, 38 byte packets 1 169.254.1.1 0.1 ms 2 * *"))
    }

    @Test func `a policy holds when the way is shut, and open for whom it names`() throws {
        let open = ConnectivityCheck.Probe.becomesReachable(try address("10.244.1.2"), 8080)
        #expect(passes(open, "server-1 10.244.0.9", status: 0))
        #expect(!passes(open, "", status: 1))
        let probe = ConnectivityCheck.Probe.becomesUnreachable(try address("10.244.1.2"), 8080)
        #expect(passes(probe, "", status: 0))
        #expect(!passes(probe, "server-1 10.244.0.9", status: 1))
    }

    @Test func `a scene of both families on two nodes is probed in each, and every check has a name of its own`() throws {
        func place(_ node: String, _ number: Int) throws -> ConnectivityScene.Place {
            ConnectivityScene.Place(
                node: node, nodeAddresses: [try address("172.18.0.\(number)"), try address("fd18::\(number)")],
                podAddresses: [try address("10.244.\(number).2"), try address("fd00:\(number)::2")])
        }
        let scene = ConnectivityScene(
            near: try place("a", 11), far: try place("b", 12), serviceAddresses: [try address("10.96.0.5")],
            serviceName: "servers.x.svc.cluster.local", nodePort: 30000, hostPort: 20000, apiAddress: nil, hasDNS: true)
        let client = [try address("10.244.11.3"), try address("fd00:11::3")]
        let checks = ConnectivityPlan.fromPod(scene, client: client) + ConnectivityPlan.fromNode(scene)
        #expect(Set(checks.map(\.id)).count == checks.count)
        #expect(Set(checks.map(\.claim)).count == checks.count)
        let policy = ConnectivityPlan.policy(scene)
        #expect((checks + policy.denied + policy.allowed).allSatisfy { !$0.remedy.isEmpty })
        // What the pod runs does not depend on addresses that are known only later.
        #expect(
            ConnectivityPlan.fromPod(scene, client: []).map(\.shell)
                == ConnectivityPlan.fromPod(scene, client: client).map(\.shell))
        #expect(checks.contains { $0.shell.contains("http://[fd00:12::2]:8080/") })
        #expect(
            ConnectivityPlan.fromPod(scene, client: []).contains {
                $0.claim.contains("its name is known") || $0.claim.contains("name is known")
            })
    }
}
