import API
import JSON
import NFTables
import NetworkTypes
import Testing

@testable import Policy

/// Who is nobody's subject and peer, and what a rule list that is not there means: by the engine and by the rules.
@Suite struct SemanticsTests {
    let configuration = PolicyConfiguration(nodeName: "node1", podKey: .address)

    /// What the tables do with the first packet of a connection; nil where no packet can be made of it.
    func passes(_ connection: Connection, _ world: PolicyWorld) -> Bool? {
        func address(_ party: Party, _ family: IPFamily) -> IPAddress? {
            switch party {
            case .pod(let key): world.pods[key]?.address(family)
            case .address(let address): address.family == family ? address : nil
            case .node: nil
            }
        }
        for family in IPFamily.allCases where connection.family == nil || connection.family == family {
            guard let source = address(connection.source, family), let destination = address(connection.destination, family)
            else {
                continue
            }
            var model = PolicyModel(configuration, world)
            let packet = Packet(connection.transport, from: source, to: destination, port: Port(connection.port))
            return PacketTrace.follow(packet, from: .network, through: Ruleset([model.desired(family)])).outcome == .accepted
        }
        return nil
    }

    @Test(arguments: PolicyCases.all)
    func `the rules do what the engine says`(entry: PolicyCase) {
        let world = Model.world(entry.policies, entry.cluster)
        for ask in entry.asks where ask.connection.source != ask.connection.destination {
            guard let passes = passes(ask.connection, world) else { continue }
            #expect(passes == ask.isAllowed, "\(ask.connection)")
        }
    }

    /// The pod z/c as it may be, and whether a policy about everybody's pods still sees it.
    static let pods: [(title: String, isSeen: Bool, change: @Sendable (inout PolicyPod) -> Void)] = [
        ("running", true, { _ in }),
        (
            "in the host's network", false,
            { pod in
                pod.usesHostNetwork = true
                pod.nodeName = "node2"
            }
        ),
        ("finished", false, { $0.isFinished = true }),
        ("with other labels", true, { $0.labels = [:] }),
        ("of another node", true, { $0.nodeName = "node2" }),
    ]

    @Test(arguments: pods.indices)
    func `only running pods of their own network are peers`(index: Int) {
        let entry = Self.pods[index]
        var world = Model.world([
            Model.policy(["podSelector": [:], "ingress": [["from": [["namespaceSelector": [:]]]]]]),
            Model.policy(
                ["podSelector": [:], "policyTypes": ["Egress"], "egress": [["to": [["namespaceSelector": [:]]]]]], named: "out"),
        ])
        if var pod = world.pods[name("z", "c")] {
            entry.change(&pod)
            world.pods[pod.key] = pod
        }
        let engine = PolicyEngine(world)
        for connection in [Ask("z/c", "x/a", true).connection, Ask("x/a", "z/c", true).connection] {
            #expect(engine.allows(connection) == entry.isSeen, "\(entry.title): \(connection)")
            #expect(passes(connection, world) == entry.isSeen, "\(entry.title): \(connection)")
        }
    }

    @Test(arguments: pods.indices)
    func `only running pods of their own network are subjects`(index: Int) {
        let entry = Self.pods[index]
        var world = Model.world([Model.policy(["podSelector": [:]], in: "z")])
        if var pod = world.pods[name("z", "c")] {
            entry.change(&pod)
            world.pods[pod.key] = pod
        }
        #expect(PolicyEngine(world).allows(Ask("x/a", "z/c", true).connection) == !entry.isSeen, "\(entry.title)")
    }

    @Test func `a pod without an address is in no set, and in all of them once it has one`() {
        let policy = Model.policy(["podSelector": [:], "ingress": [["from": [["namespaceSelector": [:]]]]]])
        var world = Model.world([policy])
        world.pods[name("z", "c")]?.addresses = []
        var model = PolicyModel(configuration, world)
        model.forgetChanges()
        guard var pod = world.pods[name("z", "c")] else { return }
        pod.addresses = [.v4(Model.address("z", "c"))]
        model.podSeen(pod)
        // Its place in the group, and being a local pod: what it may send and receive, and its way to itself.
        #expect(model.takeTransaction().elementCount == 4)
        #expect(passes(Ask("z/c", "x/a", true).connection, model.world) == true)
    }

    /// Spellings of "isolated, and nothing is allowed".
    static let nothing: [JSONValue] = [
        ["podSelector": [:]], ["podSelector": [:], "ingress": []], ["podSelector": [:], "policyTypes": ["Ingress"]],
        ["podSelector": [:], "policyTypes": ["Ingress"], "ingress": []], ["policyTypes": ["Ingress"]], [:],
        ["podSelector": [:], "policyTypes": [], "ingress": []], ["podSelector": [:], "ingress": nil, "egress": nil],
    ]

    @Test(arguments: nothing)
    func `a list that is missing, empty or null is the same list`(spec: JSONValue) {
        let world = Model.world([Model.policy(spec)])
        for (connection, isAllowed) in [(Ask("y/a", "x/a", false).connection, false), (Ask("x/a", "y/a", true).connection, true)]
        {
            #expect(PolicyEngine(world).allows(connection) == isAllowed)
            #expect(passes(connection, world) == isAllowed)
        }
    }
}
