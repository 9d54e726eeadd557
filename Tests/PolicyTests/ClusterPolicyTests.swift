import API
import JSON
import NetworkTypes
import Testing

@testable import Policy

@Suite struct ClusterPolicyTests {
    /// Nothing, or a rule of the tier about traffic from namespace y.
    static let actions: [PolicyAction?] = [nil, .accept, .deny, .pass]

    static func tier(_ tier: ClusterNetworkPolicy.Tier, _ action: PolicyAction?) -> [ClusterNetworkPolicy] {
        guard let action else { return [] }
        let peer = Peer.pods(.matching(selector(["ns": "y"])), .everything)
        return [
            ClusterNetworkPolicy(
                tier.rawValue.lowercased(), tier: tier, subjectNamespaces: selector(["ns": "x"]),
                ingress: [PolicyRule(action, peers: [peer])])
        ]
    }

    /// Nil: no NetworkPolicy; else whether it allows.
    static let isolations: [Bool?] = [nil, true, false]

    @Test(arguments: actions, isolations)
    func `the first tier that decides wins`(admin: PolicyAction?, isolation: Bool?) {
        for baseline in Self.actions {
            let network = isolation.map { [NetworkPolicy(name("x", "p"), ingress: $0 ? [PolicyRule()] : [])] } ?? []
            let world = Model.world(network, Self.tier(.admin, admin) + Self.tier(.baseline, baseline))
            let expected =
                switch admin {
                case .accept: true
                case .deny: false
                default: isolation ?? (baseline != .deny)
                }
            let connection = Ask("y/a", "x/a", true).connection
            #expect(PolicyEngine(world).allows(connection) == expected, "\(String(describing: baseline))")
            #expect(PolicyEngine(world).allows(Ask("z/a", "x/a", true).connection) == (isolation ?? true))
        }
    }

    @Test func `priority and then the order of rules decide`() {
        let y = Peer.pods(.matching(selector(["ns": "y"])), .everything)
        func policy(_ name: String, _ priority: Int, _ actions: PolicyAction...) -> ClusterNetworkPolicy {
            ClusterNetworkPolicy(name, priority: priority, ingress: actions.map { PolicyRule($0, peers: [y]) })
        }
        func allows(_ policies: ClusterNetworkPolicy...) -> Bool {
            PolicyEngine(Model.world([], policies)).allows(Ask("y/a", "x/a", true).connection)
        }
        #expect(allows(policy("late", 9, .deny), policy("early", 1, .accept)))
        #expect(!allows(policy("a", 9, .accept), policy("b", 1, .deny)))
        #expect(!allows(policy("a", 1, .deny, .accept)))
        #expect(allows(policy("a", 1, .pass, .deny), policy("b", 2, .deny)))
    }

    @Test func `a pod that policies select in one direction skips the baseline in both, or in that one`() {
        let deny = ClusterNetworkPolicy(
            "base", tier: .baseline, egress: [PolicyRule(.deny, peers: [.pods(.matching(.everything), .everything)])])
        let world = Model.world([NetworkPolicy(name("x", "p"), directions: [.ingress], ingress: [PolicyRule()])], [deny])
        let connection = Ask("x/a", "y/a", true).connection
        #expect(PolicyEngine(world).allows(connection))
        #expect(!PolicyEngine(world, PolicyOptions(baselinePerDirection: true)).allows(connection))
    }

    @Test func `reads every part of a manifest`() {
        let policy = Model.cluster([
            "tier": "Baseline", "priority": 7,
            "subject": [
                "pods": ["namespaceSelector": ["matchLabels": ["ns": "x"]], "podSelector": ["matchLabels": ["pod": "a"]]]
            ],
            "ingress": [
                ["name": "from-y", "action": "Pass", "from": [["namespaces": ["matchLabels": ["ns": "y"]]]]]
            ],
            "egress": [
                [
                    "action": "Deny",
                    "to": [["networks": ["10.0.0.0/8", "fd00::/8"]], ["nodes": ["matchLabels": ["role": "worker"]]]],
                    "protocols": [
                        ["tcp": ["destinationPort": ["number": 80]]],
                        ["udp": ["destinationPort": ["range": ["start": 5, "end": 9]]]],
                        ["sctp": [:]],
                    ],
                ],
                ["action": "Accept", "to": [["pods": ["podSelector": [:]]]], "protocols": [["destinationNamedPort": "web"]]],
            ],
        ])
        #expect(policy.fault == nil)
        #expect((policy.tier, policy.priority) == (.baseline, 7))
        #expect(
            policy.ingress == [PolicyRule(.pass, name: "from-y", peers: [.pods(.matching(selector(["ns": "y"])), .everything)])])
        #expect(policy.egress[0].ports == [.range(.tcp, 80...80), .range(.udp, 5...9), .all(.sctp)])
        #expect(policy.egress[0].peers?.count == 3)
        #expect(
            policy.egress[1]
                == PolicyRule(.accept, peers: [.pods(.matching(.everything), .everything)], ports: [.named(nil, "web")]))
    }

    @Test func `a peer or a protocol of a later version fails closed`() {
        let policy = Model.cluster([
            "subject": ["namespaces": [:]], "tier": "Admin", "priority": 1,
            "egress": [
                ["action": "Accept", "to": [["martians": ["all": true]]]],
                ["action": "Pass", "to": [["domainNames": ["a.example"]]]],
                ["action": "Deny", "to": [["networks": ["10.0.0.0/8"]]], "protocols": [["quic": [:]]]],
            ],
        ])
        #expect(
            policy.egress == [
                PolicyRule(.accept, peers: [], ports: []), PolicyRule(.deny), PolicyRule(.deny),
            ])
    }
}
