import API
import JSON
import NetworkTypes
import Testing

@testable import Policy

@Suite struct PolicyEngineTests {
    @Test(arguments: PolicyCases.all)
    func `says what Kubernetes says`(entry: PolicyCase) throws {
        let engine = PolicyEngine(Model.world(entry.policies, entry.cluster))
        for ask in entry.asks {
            let verdict = try #require(engine.verdict(ask.connection))
            #expect(verdict.isAllowed == ask.isAllowed, "\(ask.connection)")
        }
    }

    @Test func `says which policies isolate and which rule comes closest`() throws {
        let policies = [
            Model.policy(["podSelector": [:]], named: "deny"),
            Model.policy(
                [
                    "podSelector": [:],
                    "ingress": [["from": [["podSelector": ["matchLabels": ["pod": "b"]]]], "ports": [["port": 81]]]],
                ],
                named: "web"),
            Model.policy(
                ["podSelector": [:], "ingress": [["ports": [["port": 80]], "from": [["ipBlock": ["cidr": "1.0.0.0/8"]]]]]],
                named: "zoo"),
        ]
        let engine = PolicyEngine(Model.world(policies))
        let denied = try #require(engine.verdict(Connection(from: .pod(name("x", "b")), to: .pod(name("x", "a")), .tcp, 80)))
        #expect(denied.egress == DirectionVerdict(isAllowed: true, .notIsolated))
        #expect(denied.ingress.reason == .isolated)
        #expect(denied.ingress.isolatedBy == policies.map { .network($0.key) })
        #expect(
            denied.ingress.nearest == [
                NearMiss(rule: RuleReference(.network(name("x", "web")), .ingress, 0, peer: 0), lack: .port),
                NearMiss(rule: RuleReference(.network(name("x", "zoo")), .ingress, 0, port: 0), lack: .peer),
            ])
        let allowed = try #require(engine.verdict(Connection(from: .pod(name("x", "b")), to: .pod(name("x", "a")), .tcp, 81)))
        #expect(allowed.ingress.allowedBy == [RuleReference(.network(name("x", "web")), .ingress, 0, peer: 0, port: 0)])
    }

    @Test func `the same name is another port in another pod`() {
        var world = Model.world([
            Model.policy([
                "podSelector": [:], "policyTypes": ["Egress"],
                "egress": [["to": [["namespaceSelector": [:]]], "ports": [["port": "web"]]]],
            ])
        ])
        world.pods[name("y", "a")]?.ports = [NamedPort("web", .tcp, 8080)]
        world.pods[name("y", "b")]?.ports = [NamedPort("web", .tcp, 9090)]
        world.pods[name("y", "c")]?.ports = []
        let engine = PolicyEngine(world)
        func allows(_ pod: String, _ port: UInt16) -> Bool {
            engine.allows(Connection(from: .pod(name("x", "a")), to: .pod(name("y", pod)), .tcp, port))
        }
        #expect(allows("a", 8080) && !allows("a", 9090))
        #expect(allows("b", 9090) && !allows("b", 8080))
        #expect(!allows("c", 8080) && !allows("c", 9090))
    }

    @Test func `pods in the host's network are their node, finished pods are nobody`() {
        var world = Model.world([
            Model.policy(["podSelector": [:], "ingress": [["from": [["namespaceSelector": [:]]]]]]),
            Model.policy(
                ["podSelector": ["matchLabels": ["pod": "c"]], "ingress": [["from": [["ipBlock": ["cidr": "192.168.0.2/32"]]]]]],
                named: "q"),
        ])
        for pod in ["a", "b"] {
            world.pods[name("y", pod)]?.usesHostNetwork = true
            world.pods[name("y", pod)]?.nodeName = pod == "a" ? "node1" : "node2"
            world.pods[name("y", pod)]?.addresses = [.v4(IPv4Address(192, 168, 0, pod == "a" ? 1 : 2))]
        }
        world.pods[name("z", "a")]?.isFinished = true
        let engine = PolicyEngine(world)
        func allows(_ source: NamespacedName, _ destination: String) -> Bool {
            engine.allows(Connection(from: .pod(source), to: .pod(name("x", destination)), .tcp, 80))
        }
        #expect(allows(name("y", "a"), "a"))
        #expect(!allows(name("y", "b"), "a"))
        #expect(allows(name("y", "b"), "c"))
        #expect(!allows(name("z", "a"), "a"))
        #expect(allows(name("z", "b"), "a"))
    }

    @Test(arguments: PolicyCases.all)
    func `all pairs at once say the same as each pair`(entry: PolicyCase) {
        let engine = PolicyEngine(Model.world(entry.policies, entry.cluster))
        for family in IPFamily.allCases {
            let reachability = Reachability(engine, family: family)
            for (transport, port) in [(TransportProtocol.tcp, UInt16(80)), (.udp, 81), (.sctp, 80), (.tcp, 1500)] {
                let matrix = reachability.matrix(transport, port)
                for (row, source) in reachability.pods.enumerated() {
                    for (column, destination) in reachability.pods.enumerated() {
                        let connection = Connection(
                            from: .pod(source.key), to: .pod(destination.key), transport, port, family: family)
                        #expect(matrix[row, column] == engine.allows(connection), "\(connection) \(family)")
                    }
                }
            }
        }
    }

    static let refusals: [(JSONValue, String)] = [
        (["podSelector": [:], "ingress": [["from": [[:]]]]], "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            ["podSelector": [:], "ingress": [["from": [["podSelector": [:], "ipBlock": ["cidr": "10.0.0.0/8"]]]]]],
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"
        ),
        (
            ["podSelector": [:], "ingress": [["ports": [["port": 80, "endPort": 79]]]]],
            "spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`"
        ),
        (
            ["podSelector": [:], "ingress": [["ports": [["port": "web", "endPort": 90]]]]],
            "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric"
        ),
        (
            ["podSelector": [:], "ingress": [["ports": [["endPort": 90]]]]],
            "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified"
        ),
        (
            ["podSelector": [:], "ingress": [["from": [["ipBlock": ["cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]]]]]]],
            "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`"
        ),
    ]

    @Test(arguments: refusals)
    func `refuses what a server refuses, in its words`(spec: JSONValue, message: String) {
        let object: JSONValue = [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p"], "spec": spec,
        ]
        #expect(NetworkPolicy.validate(object).map(\.description) == [message])
    }

    @Test func `reads prefixes as servers once did, and cuts off what it cannot read`() {
        let old = Model.policy(["podSelector": [:], "ingress": [["from": [["ipBlock": ["cidr": "010.244.01.0/24"]]]]]])
        #expect(old.fault == nil)
        #expect(PolicyEngine(Model.world([old])).allows(Ask("y/a", "x/a", true).connection))
        let bad = Model.policy([
            "podSelector": ["matchLabels": ["pod": "a"]], "ingress": [[:], ["from": [["ipBlock": ["cidr": "ten"]]]]],
        ])
        let engine = PolicyEngine(Model.world([bad]))
        #expect(
            engine.verdict(Ask("y/a", "x/a", true).connection)?.ingress.reason
                == .fault(.network(bad.key), "\"ten\" is no address prefix"))
        #expect(engine.allows(Ask("y/a", "x/b", true).connection))
    }
}
