import API
import Glibc
import JSON
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Policy

@Suite struct PolicyModelTests {
    let configuration = PolicyConfiguration(nodeName: "node1", podKey: .address)

    /// Sends the first packet of a connection through the table.
    static func passes(_ connection: Connection, _ world: PolicyWorld, _ rules: Ruleset, _ family: IPFamily) -> Bool? {
        guard case .pod(let from) = connection.source, case .pod(let to) = connection.destination,
            let source = world.pods[from]?.address(family), let destination = world.pods[to]?.address(family)
        else { return nil }
        let packet = Packet(connection.transport, from: source, to: destination, port: Port(connection.port))
        return PacketTrace.follow(packet, from: .network, through: rules).outcome == .accepted
    }

    /// Sixty, or as many as `SKIFF_POLICY_CASES` says: 10000 takes minutes.
    static let seeds: ClosedRange<UInt64> = {
        let wanted = getenv("SKIFF_POLICY_CASES").flatMap { UInt64(String(cString: $0)) }
        return 1...max(1, wanted ?? 60)
    }()

    @Test(arguments: seeds)
    func `the rules let through what the engine allows`(seed: UInt64) throws {
        var source = RandomWorld(seed: seed)
        let world = source.world()
        var model = PolicyModel(configuration, world)
        let engine = PolicyEngine(world)
        for family in IPFamily.allCases {
            let rules = Ruleset([model.desired(family)])
            for from in world.pods.values where from.isSelectable && from.nodeName == "node1" {
                for to in world.pods.values where to.isSelectable && to.nodeName == "node1" && to.key != from.key {
                    for (transport, port) in [(TransportProtocol.tcp, UInt16(80)), (.udp, 81), (.sctp, 80), (.tcp, 150)] {
                        let connection = Connection(from: .pod(from.key), to: .pod(to.key), transport, port, family: family)
                        guard let passes = Self.passes(connection, world, rules, family) else { continue }
                        #expect(passes == engine.allows(connection), "seed \(seed), \(connection) \(family)")
                    }
                }
            }
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `many small changes leave the tables that one look makes`(seed: UInt64) async throws {
        var source = RandomWorld(seed: seed)
        var model = PolicyModel(configuration, source.world())
        let kernel = MemoryKernel()
        for family in configuration.families { try await kernel.apply(Difference.between(nil, model.desired(family))) }
        model.forgetChanges()
        for step in 0..<60 {
            source.change(&model)
            if source.chance(60) { try await kernel.apply(model.takeTransaction()) }
            guard step % 10 == 9 else { continue }
            try await kernel.apply(model.takeTransaction())
            var fresh = PolicyModel(configuration, model.world)
            for family in configuration.families {
                let table = PolicyTable.identifier(family)
                #expect(kernel.ruleset.tables[table] == fresh.desired(family), "seed \(seed) step \(step) \(family)")
                #expect(model.desired(family) == fresh.desired(family), "seed \(seed) step \(step) \(family)")
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the order of policies, rules, peers and ports means nothing`(seed: UInt64) {
        var source = RandomWorld(seed: seed)
        var world = source.world()
        world.clusterPolicies = [:]
        var shuffled = world
        for (key, policy) in world.policies {
            var copy = policy
            func shuffle(_ rules: [PolicyRule]) -> [PolicyRule] {
                rules.map {
                    PolicyRule(
                        peers: $0.peers?.shuffled(using: &source.random), ports: $0.ports?.shuffled(using: &source.random))
                }.shuffled(using: &source.random)
            }
            copy.ingress = shuffle(policy.ingress)
            copy.egress = shuffle(policy.egress)
            shuffled.policies[key] = copy
        }
        var (first, second) = (PolicyModel(configuration, world), PolicyModel(configuration, shuffled))
        for family in IPFamily.allCases { #expect(first.desired(family) == second.desired(family), "seed \(seed)") }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `another policy that allows never takes away where a pod is isolated already`(seed: UInt64) {
        var source = RandomWorld(seed: seed)
        var world = source.world()
        for namespace in Model.namespaces {
            let isolating = NetworkPolicy(name(namespace, "isolating"), directions: [.ingress, .egress])
            world.policies[isolating.key] = isolating
        }
        let before = Reachability(PolicyEngine(world)).matrix(.tcp, 80)
        let added = source.policy(99)
        world.policies[added.key] = added
        let after = Reachability(PolicyEngine(world)).matrix(.tcp, 80)
        for (old, new) in zip(before.rows, after.rows) { #expect(old.intersection(new) == old, "seed \(seed)") }
    }

    @Test func `a peer that appears costs elements alone`() {
        let policy = Model.policy([
            "podSelector": [:], "ingress": [["from": [["namespaceSelector": ["matchLabels": ["ns": "y"]]]]]],
        ])
        var model = PolicyModel(configuration, Model.world([policy]))
        model.forgetChanges()
        var pod = Model.pod("y", "a", node: "node2")
        pod.key.name = "new"
        pod.addresses = [.v4(IPv4Address(10, 244, 7, 7))]
        model.podSeen(pod)
        let transaction = model.takeTransaction()
        #expect(transaction.elementCount == 1)
        #expect(transaction.operations.count == 1)
        pod.labels["unasked"] = "label"
        model.podSeen(pod)
        #expect(model.takeTransaction().isEmpty)
    }

    @Test func `pods with the same policies share their chains`() {
        let policies = [
            Model.policy(["podSelector": [:]]), Model.policy(["podSelector": [:]], in: "y"),
            Model.policy(["podSelector": [:]], in: "z"),
        ]
        var model = PolicyModel(configuration, Model.world(policies))
        let table = model.desired(.ipv4)
        let chains = Set(
            (table.sets["pod-ingress"]?.elements.values ?? [:].values).compactMap { value -> String? in
                if case .verdict(let verdict) = value { verdict.chain } else { nil }
            })
        #expect(chains.count == 1)
        #expect(table.sets["pod-ingress"]?.elements.count == 9)
    }

    /// The ports of policy number N: one of its own, a range of its own, or one that overlaps its neighbours'.
    static let portChoices: [@Sendable (Int) -> ClosedRange<UInt16>] = [
        { UInt16($0 + 1)...UInt16($0 + 1) },
        { UInt16($0 * 65 + 1)...UInt16($0 * 65 + 65) },
        { UInt16($0 + 1)...UInt16($0 + 100) },
    ]

    /// The longest way of a packet through a class, in rules.
    @Test(arguments: portChoices.indices)
    func `a thousand policies cost as many rules as ten`(choice: Int) {
        func rules(_ count: Int) -> Int {
            var world = Model.world()
            for number in 0..<count {
                let peer = Peer.pods(.matching(selector(["ns": "n\(number)"])), .everything)
                let policy = NetworkPolicy(
                    name("x", "p\(number)"),
                    ingress: [PolicyRule(peers: [peer], ports: [.range(.tcp, Self.portChoices[choice](number))])])
                world.policies[policy.key] = policy
            }
            var model = PolicyModel(configuration, world)
            // Of the chains that a port leads to, a packet sees one.
            let chains = model.desired(.ipv4).chains.filter { !$0.key.contains("-wide") }
            return chains.values.reduce(0) { $0 + $1.rules.count }
        }
        #expect(rules(choice == 1 ? 900 : 1000) == rules(10))
    }

    /// Many groups with overlapping ranges, in each place where rules can stand.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `ranges of many groups let through what the engine allows`(seed: UInt64) {
        var source = RandomWorld(seed: seed)
        func rules(_ count: Int, _ action: () -> PolicyAction) -> [PolicyRule] {
            (0..<count).map { _ in
                let start = UInt16(source.pick(6) * 40 + 1)
                let transport = source.one(of: TransportProtocol.allCases)
                let peer = Peer.pods(.matching(source.labels("ns")), source.labels("pod"))
                return PolicyRule(
                    action(), peers: [peer], ports: [.range(transport, start...(start + UInt16(64 + source.pick(3) * 40)))])
            }
        }
        var world = Model.world()
        let staged = source.chance(30)
        for namespace in Model.namespaces {
            var policy = NetworkPolicy(
                name(namespace, "wide"), directions: [.ingress, .egress], ingress: rules(8) { .accept },
                egress: rules(8) { .accept })
            policy.isStaged = staged && namespace == "y"
            world.policies[policy.key] = policy
        }
        if source.chance(60) {
            let action = source.one(of: [PolicyAction.accept, .deny, .pass])
            world.clusterPolicies["c"] = ClusterNetworkPolicy(
                "c", priority: 1, ingress: rules(7) { action } + rules(2) { .deny }, egress: rules(7) { action })
        }
        if source.chance(40) {
            world.policies[name("z", "wide")] = nil
            world.clusterPolicies["b"] = ClusterNetworkPolicy(
                "b", tier: .baseline, ingress: rules(7) { .deny } + rules(6) { .accept })
        }
        let engine = PolicyEngine(world)
        for family in IPFamily.allCases {
            var model = PolicyModel(configuration, world)
            let tables = Ruleset([model.desired(family)])
            for from in world.pods.values {
                for to in world.pods.values where to.key != from.key {
                    for (transport, port) in [
                        (TransportProtocol.tcp, UInt16(1)), (.tcp, 100), (.udp, 150), (.sctp, 81), (.tcp, 400),
                    ] {
                        let connection = Connection(from: .pod(from.key), to: .pod(to.key), transport, port, family: family)
                        let passes = Self.passes(connection, world, tables, family)
                        #expect(passes == engine.allows(connection), "seed \(seed), \(connection) \(family)")
                    }
                }
            }
        }
    }

    @Test func `an address that two pods claim lets nothing through until one is gone`() {
        var model = PolicyModel(
            configuration, Model.world([Model.policy(["podSelector": ["matchLabels": ["pod": "b"]], "ingress": [[:]]])]))
        var twin = Model.pod("x", "b")
        twin.key.name = "twin"
        twin.labels = [:]
        _ = model.desired(.ipv4)
        model.policySeen(Model.policy(["podSelector": ["matchLabels": ["pod": "b"]]]))
        model.podSeen(twin)
        let key = ElementKey(KeyBytes(.v4(Model.address("x", "b"))))
        func verdict() -> ElementValue? { model.desired(.ipv4).sets["pod-ingress"]?.elements[key] }
        #expect(verdict() == .verdict(.goto("ingress-undecided")))
        model.podGone(name("x", "b"))
        #expect(verdict() == .verdict(.goto("ingress-open")))
    }

    @Test func `an interface is its pod's alone`() {
        var configuration = PolicyConfiguration(nodeName: "node1") { $0.first.map { "sk\($0)" } }
        configuration.families = [.ipv4]
        var model = PolicyModel(configuration, Model.world())
        func count() -> Int { model.desired(.ipv4).sets["pod-egress"]?.elements.count ?? 0 }
        #expect(count() == 0)
        model.interfacesSeen([
            PodInterface(index: 5, name: "other", podUID: "uid-x-a"), PodInterface(index: 6, name: "sk10.244.0.11"),
        ])
        #expect(count() == 2)
        // The link goes, and one of the same name comes: it is another pod's that has not been heard of.
        model.interfacesSeen([
            PodInterface(index: 5, name: "other", podUID: "uid-x-a"), PodInterface(index: 9, name: "sk10.244.0.11"),
        ])
        #expect(count() == 1)
        model.podGone(name("x", "a"))
        #expect(count() == 0)
    }

    @Test func `what the kernel refuses cuts off its pods alone`() {
        let policy = Model.policy(["podSelector": ["matchLabels": ["pod": "a"]], "ingress": [[:], ["ports": [["port": 80]]]]])
        let narrow = Model.policy(
            ["podSelector": ["matchLabels": ["pod": "b"]], "ingress": [["ports": [["port": 80]]]]], named: "q")
        var model = PolicyModel(configuration, Model.world([policy, narrow]))
        model.sent = model.takeTransaction()
        let refused = model.sent.operations.firstIndex {
            if case .addRule(_, let chain, _) = $0 { !chain.hasSuffix("-denied") && !chain.hasPrefix("egress") } else { false }
        }
        let names = model.classes(behindOperation: refused ?? -1)
        #expect(names.count == 1)
        model.refuse(names)
        let chains = model.desired(.ipv4).sets["pod-ingress"]?.elements.values.filter {
            $0 == .verdict(.goto("ingress-undecided"))
        }
        #expect(chains?.count == 1)
    }
}
