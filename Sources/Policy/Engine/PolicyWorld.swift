package import API
package import JSON
package import NetworkTypes

/// Everything that decides who may reach whom.
package struct PolicyWorld: Hashable, Sendable {
    package var pods: [NamespacedName: PolicyPod] = [:]
    package var namespaces: [String: PolicyNamespace] = [:]
    package var policies: [NamespacedName: NetworkPolicy] = [:]
    package var clusterPolicies: [String: ClusterNetworkPolicy] = [:]
    package var nodes: [String: PolicyNode] = [:]

    package init() {}

    package init(
        pods: [PolicyPod], namespaces: [PolicyNamespace] = [], policies: [NetworkPolicy] = [],
        clusterPolicies: [ClusterNetworkPolicy] = [], nodes: [PolicyNode] = []
    ) {
        self.pods = Dictionary(pods.map { ($0.key, $0) }) { _, last in last }
        self.namespaces = Dictionary(namespaces.map { ($0.name, $0) }) { _, last in last }
        self.policies = Dictionary(policies.map { ($0.key, $0) }) { _, last in last }
        self.clusterPolicies = Dictionary(clusterPolicies.map { ($0.name, $0) }) { _, last in last }
        self.nodes = Dictionary(nodes.map { ($0.name, $0) }) { _, last in last }
    }

    /// Takes in an object of one of the five kinds.
    ///
    /// - Returns: False for another kind.
    @discardableResult
    package mutating func add(json object: JSONValue) -> Bool {
        switch object["kind"]?.string {
        case "Pod":
            let pod = PolicyPod(json: object)
            pods[pod.key] = pod
        case "Namespace":
            let namespace = PolicyNamespace(json: object)
            namespaces[namespace.name] = namespace
        case "NetworkPolicy":
            let policy = NetworkPolicy(json: object)
            policies[policy.key] = policy
        case ClusterNetworkPolicy.kind:
            let policy = ClusterNetworkPolicy(json: object)
            clusterPolicies[policy.name] = policy
        case "Node":
            let node = PolicyNode(json: object)
            nodes[node.name] = node
        default: return false
        }
        return true
    }

    /// Labels of a namespace; one without an object has its name alone.
    package func labels(ofNamespace name: String) -> [String: String] {
        namespaces[name]?.labels ?? [PolicyNamespace.nameLabel: name]
    }

    /// Whether a peer chooses a pod by its labels; false for `block` and `nodes`, which choose addresses.
    package func selects(_ peer: Peer, _ pod: PolicyPod) -> Bool {
        guard case .pods(let namespace, let selector) = peer, pod.isSelectable else { return false }
        return isIn(namespace, pod.key.namespace) && selector.matches(pod.labels)
    }

    /// Whether a peer chooses an address; false for `pods`.
    package func selects(_ peer: Peer, _ address: IPAddress) -> Bool {
        switch peer {
        case .pods: false
        case .block(let range, let except): range.contains(address) && !except.contains { $0.contains(address) }
        case .nodes(let selector):
            nodes.values.contains { $0.addresses.contains(address) && selector.matches($0.labels) }
        }
    }

    package func isIn(_ choice: NamespaceChoice, _ namespace: String) -> Bool {
        switch choice {
        case .named(let name): name == namespace
        case .matching(let selector): selector.matches(labels(ofNamespace: namespace))
        }
    }

    package func isSubject(_ pod: PolicyPod, of policy: NetworkPolicy) -> Bool {
        pod.isSelectable && policy.key.namespace == pod.key.namespace && policy.subject.matches(pod.labels)
    }

    package func isSubject(_ pod: PolicyPod, of policy: ClusterNetworkPolicy) -> Bool {
        pod.isSelectable && policy.subjectPods.matches(pod.labels)
            && policy.subjectNamespaces.matches(labels(ofNamespace: pod.key.namespace))
    }
}
