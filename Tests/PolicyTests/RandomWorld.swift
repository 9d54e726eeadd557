import API
import NetworkTypes
import Support

@testable import Policy

/// Makes worlds and changes of them from a seed.
struct RandomWorld {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { pick(100) < percent }
    mutating func one<Value>(of values: [Value]) -> Value { values[pick(values.count)] }

    mutating func labels(_ key: String) -> LabelSelector {
        switch pick(6) {
        case 0, 1: return .everything
        case 2: return LabelSelector([.init(key, .in, [one(of: ["a", "x"]), one(of: ["b", "y"])])])
        case 3: return LabelSelector([.init(key, .notIn, [one(of: ["a", "x", "c", "z"])])])
        case 4: return LabelSelector([.init("tier", one(of: [.exists, .doesNotExist]))])
        default: return LabelSelector(matchLabels: [key: one(of: key == "pod" ? Model.names : Model.namespaces)])
        }
    }

    mutating func peer(of namespace: String) -> Peer {
        switch pick(5) {
        case 0:
            let except = chance(50) ? [cidr()].filter { $0.prefixLength > 20 } : []
            return .block(one(of: [cidr(), wide()]), except: except)
        case 1: return .pods(.named(namespace), labels("pod"))
        case 2: return .pods(.matching(labels("ns")), .everything)
        default: return .pods(.matching(labels("ns")), labels("pod"))
        }
    }

    private mutating func cidr() -> CIDR {
        let address = IPAddress.v4(Model.address(one(of: Model.namespaces), one(of: Model.names)))
        return CIDR(address, prefixLength: one(of: [24, 30, 31, 32])) ?? CIDR(host: address)
    }

    private mutating func wide() -> CIDR {
        let texts = ["10.244.0.0/16", "0.0.0.0/0", "::/0", "fd00::/16", "10.244.1.0/24"]
        return CIDR(parsing: one(of: texts)) ?? CIDR(host: .v4(IPv4Address(0)))
    }

    mutating func port() -> PortMatch {
        let transport = one(of: TransportProtocol.allCases)
        switch pick(5) {
        case 0: return .all(transport)
        case 1: return .named(transport, "serve-\(one(of: [80, 81]))-\(one(of: TransportProtocol.allCases).name)")
        case 2: return .range(transport, one(of: [79...80, 80...81, 1...8000, 81...90, 70...200]))
        default: return .range(transport, one(of: [80...80, 81...81]))
        }
    }

    mutating func rule(_ action: PolicyAction, of namespace: String, isCluster: Bool = false) -> PolicyRule {
        let peers = chance(isCluster ? 0 : 20) ? nil : (0...pick(3)).map { _ in peer(of: namespace) }
        var ports = chance(40) ? nil : (0...pick(3)).map { _ in port() }
        if isCluster, chance(30) { ports = [.named(nil, "serve-80-tcp")] }
        return PolicyRule(action, peers: peers, ports: ports)
    }

    mutating func policy(_ number: Int) -> NetworkPolicy {
        let namespace = one(of: Model.namespaces)
        let directions: Set<PolicyDirection> = one(of: [[.ingress], [.egress], [.ingress, .egress]])
        return NetworkPolicy(
            name(namespace, "p\(number)"), subject: labels("pod"), directions: directions,
            ingress: (0..<pick(4)).map { _ in rule(.accept, of: namespace) },
            egress: (0..<pick(4)).map { _ in rule(.accept, of: namespace) })
    }

    mutating func clusterPolicy(_ number: Int) -> ClusterNetworkPolicy {
        func rules(_ self: inout RandomWorld) -> [PolicyRule] {
            (0..<self.pick(4)).map { _ in
                let action = self.one(of: [PolicyAction.accept, .deny, .pass])
                return self.rule(action, of: "x", isCluster: true)
            }
        }
        return ClusterNetworkPolicy(
            "c\(number)", tier: one(of: ClusterNetworkPolicy.Tier.allCases), priority: pick(10), subjectNamespaces: labels("ns"),
            subjectPods: labels("pod"), ingress: rules(&self), egress: rules(&self))
    }

    mutating func pod() -> PolicyPod {
        var labels: [String: String] = [:]
        if chance(40) { labels["tier"] = one(of: ["x", "y"]) }
        var pod = Model.pod(one(of: Model.namespaces), one(of: Model.names), node: one(of: ["node1", "node2"]), labels: labels)
        if chance(30) { pod.labels["pod"] = one(of: Model.names) }
        if chance(20) { pod.ports = [] }
        if chance(10) { pod.isFinished = true }
        if chance(10) { pod.addresses = [] }
        return pod
    }

    mutating func world() -> PolicyWorld {
        var world = Model.world()
        for _ in 0..<pick(6) {
            let pod = pod()
            world.pods[pod.key] = pod
        }
        for number in 0..<pick(8) {
            let policy = policy(number)
            world.policies[policy.key] = policy
        }
        for number in 0..<pick(3) {
            let policy = clusterPolicy(number)
            world.clusterPolicies[policy.name] = policy
        }
        return world
    }

    /// Changes one thing of a world and tells the model.
    mutating func change(_ model: inout PolicyModel) {
        switch pick(12) {
        case 0, 1, 2, 3: model.podSeen(pod())
        case 4: model.podGone(name(one(of: Model.namespaces), one(of: Model.names)))
        case 5, 6, 7: model.policySeen(policy(pick(6)))
        case 8: if let key = model.world.policies.keys.sorted().first { model.policyGone(key) }
        case 9: model.namespaceSeen(PolicyNamespace(one(of: Model.namespaces), labels: ["ns": one(of: Model.namespaces)]))
        case 10: model.clusterPolicySeen(clusterPolicy(pick(3)))
        default:
            if let key = model.world.clusterPolicies.keys.sorted().first {
                model.clusterPolicyGone(key)
            } else {
                model.nodeSeen(
                    PolicyNode("node2", labels: ["role": one(of: ["other", "worker"])], addresses: [.v4(IPv4Address(1))]))
            }
        }
    }
}

extension PolicyModel {
    /// A model that was told the same world at once.
    init(_ configuration: PolicyConfiguration, _ world: PolicyWorld) {
        self.init(configuration)
        for namespace in world.namespaces.values { namespaceSeen(namespace) }
        for node in world.nodes.values { nodeSeen(node) }
        for pod in world.pods.values { podSeen(pod) }
        for policy in world.policies.values { policySeen(policy) }
        for policy in world.clusterPolicies.values { clusterPolicySeen(policy) }
    }
}
