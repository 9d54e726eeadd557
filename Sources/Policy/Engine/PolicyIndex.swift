import API

/// The policies that apply to one pod in one direction, in the order in which they decide.
package struct ApplicablePolicies: Hashable, Sendable {
    package var admin: [ClusterNetworkPolicy] = []
    /// Those that isolate the pod in this direction, by name.
    package var network: [NetworkPolicy] = []
    /// Empty when NetworkPolicies decide.
    package var baseline: [ClusterNetworkPolicy] = []

    package init() {}

    package var isEmpty: Bool { admin.isEmpty && network.isEmpty && baseline.isEmpty }
    package var isIsolated: Bool { !network.isEmpty }
    /// The first policy that cannot be applied.
    package var fault: (policy: PolicyReference, why: String)? {
        for policy in admin + baseline { if let why = policy.fault { return (.cluster(policy.name), why) } }
        for policy in network { if let why = policy.fault { return (.network(policy.key), why) } }
        return nil
    }
}

/// Policies in the order in which they are asked, by the pods that they may select.
package struct PolicyIndex: Sendable {
    private let options: PolicyOptions
    private var policies: [String: [NetworkPolicy]] = [:]
    private var admin: [ClusterNetworkPolicy] = []
    private var baseline: [ClusterNetworkPolicy] = []

    package init(_ world: PolicyWorld, _ options: PolicyOptions = PolicyOptions()) {
        self.options = options
        policies = Dictionary(grouping: world.policies.values.filter(isInForce).sorted { $0.key < $1.key }, by: \.key.namespace)
        readClusterPolicies(of: world)
    }

    /// Reads one namespace's policies anew.
    package mutating func readPolicies(ofNamespace namespace: String, in world: PolicyWorld) {
        policies[namespace] = world.policies.values.filter { $0.key.namespace == namespace && isInForce($0) }
            .sorted { $0.key < $1.key }
    }

    package mutating func readClusterPolicies(of world: PolicyWorld) {
        let cluster = world.clusterPolicies.values.filter { options.enforcesStaged || !$0.isStaged }
            .sorted { $0.precedes($1) }
        admin = cluster.filter { $0.tier == .admin }
        baseline = cluster.filter { $0.tier == .baseline }
    }

    private func isInForce(_ policy: NetworkPolicy) -> Bool { options.enforcesStaged || !policy.isStaged }

    package func applicable(to pod: PolicyPod, in world: PolicyWorld, _ direction: PolicyDirection) -> ApplicablePolicies {
        var result = ApplicablePolicies()
        guard pod.isSelectable else { return result }
        let selecting = (policies[pod.key.namespace] ?? []).filter { world.isSubject(pod, of: $0) }
        result.network = selecting.filter { $0.directions.contains(direction) }
        func applies(_ policy: ClusterNetworkPolicy) -> Bool {
            (!policy.rules(direction).isEmpty || policy.fault != nil) && world.isSubject(pod, of: policy)
        }
        result.admin = admin.filter(applies)
        let isDecided = options.baselinePerDirection ? !result.network.isEmpty : !selecting.isEmpty
        if !isDecided { result.baseline = baseline.filter(applies) }
        return result
    }
}
