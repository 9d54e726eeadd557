package import API
package import NFTables
package import NetworkTypes

/// What a node's tables should hold, kept up to date object by object.
///
/// Tell it what changed, then take the transaction. A pod that appears, moves or changes labels costs elements of the groups that
/// it joins or leaves; a policy costs the classes of local pods that it selects.
package struct PolicyModel: Sendable {
    struct ClassState: Sendable {
        var compiled: [(table: TableIdentifier, compiled: CompiledClass)]
        var users = 0
    }

    struct GroupState: Sendable {
        var members: Set<NamespacedName> = []
        /// How many classes want each feed.
        var feeds: [GroupFeed: Int] = [:]
    }

    struct GroupFeed: Hashable, Sendable {
        var table: TableIdentifier
        var set: String
        var ports: [PortMatch]?
    }

    struct OwnElement: Hashable, Sendable {
        var place: ElementCounts.Place
        var key: ElementKey
    }

    struct LocalPod: Sendable {
        var places: [PodDispatch.Place] = []
        /// Elements of the set of pairs by which a pod reaches itself through a Service.
        var own: [OwnElement] = []
        var classes: [PolicyDirection: String] = [:]
    }

    struct ClassKey: Hashable {
        var direction: PolicyDirection
        var policies: [PolicyReference]
        var staged: [PolicyReference]
        var names: [NamedPort]
    }

    package private(set) var configuration: PolicyConfiguration
    package internal(set) var world = PolicyWorld()
    var index: PolicyIndex
    /// With staged policies as if they were in force; nil when there are none.
    var stagedIndex: PolicyIndex?
    /// Addresses of nodes as the groups hold them.
    var nodeMembers: [NamespacedName: [IPAddress]] = [:]
    var podsByNamespace: [String: Set<NamespacedName>] = [:]
    var localPods: [NamespacedName: LocalPod] = [:]
    var bindings = InterfaceBindings()
    var classes: [String: ClassState] = [:]
    var classNames: [ClassKey: String] = [:]
    var groups: [Peer: GroupState] = [:]
    /// Groups of pods of one namespace, by that namespace.
    var namespaceGroups: [String: Set<Peer>] = [:]
    /// Other groups.
    var wideGroups: Set<Peer> = []
    var elements = ElementCounts()
    var dispatch = PodDispatch()
    var structure = TableStructure()
    /// Classes that the kernel refused.
    var refused: Set<String> = []
    /// The last transaction handed to the kernel, for finding what a refusal is about.
    var sent = Transaction()
    /// Local pods to look at again before the next transaction.
    var dirty: Set<NamespacedName> = []

    package init(_ configuration: PolicyConfiguration) {
        self.configuration = configuration
        index = PolicyIndex(PolicyWorld(), configuration.options)
        for family in configuration.families { structure.tables[PolicyTable.identifier(family)] = family }
        for direction in PolicyDirection.allCases { use(Self.undecided(direction), .cutOff(direction), staged: nil) }
        structure.forgetChanges()
    }

    /// The class of pods that nothing is known to allow anything for; it always stands.
    static func undecided(_ direction: PolicyDirection) -> String { "\(direction.rawValue)-undecided" }

    package var classCount: Int { classes.count }
    package var groupCount: Int { groups.count }
    package var elementCount: Int { elements.count + dispatch.count }
    package var localPodCount: Int { localPods.count }

    // MARK: - What changed

    package mutating func podSeen(_ pod: PolicyPod) {
        let old = world.pods.updateValue(pod, forKey: pod.key)
        if old == pod { return }
        podsByNamespace[pod.key.namespace, default: []].insert(pod.key)
        if let old, old.uid != pod.uid { bindings.forget(old.uid) }
        moveMembership(pod.key, from: old, to: pod)
        if isLocal(pod) || localPods[pod.key] != nil { dirty.insert(pod.key) }
    }

    package mutating func podGone(_ key: NamespacedName) {
        guard let old = world.pods.removeValue(forKey: key) else { return }
        podsByNamespace[key.namespace]?.remove(key)
        if podsByNamespace[key.namespace]?.isEmpty == true { podsByNamespace[key.namespace] = nil }
        moveMembership(key, from: old, to: nil)
        bindings.forget(old.uid)
        if localPods[key] != nil { dirty.insert(key) }
    }

    package mutating func namespaceSeen(_ namespace: PolicyNamespace) {
        guard world.namespaces.updateValue(namespace, forKey: namespace.name) != namespace else { return }
        labelsChanged(ofNamespace: namespace.name)
    }

    package mutating func namespaceGone(_ name: String) {
        guard world.namespaces.removeValue(forKey: name) != nil else { return }
        labelsChanged(ofNamespace: name)
    }

    package mutating func policySeen(_ policy: NetworkPolicy) {
        guard world.policies.updateValue(policy, forKey: policy.key) != policy else { return }
        policiesChanged(inNamespace: policy.key.namespace)
    }

    package mutating func policyGone(_ key: NamespacedName) {
        guard world.policies.removeValue(forKey: key) != nil else { return }
        policiesChanged(inNamespace: key.namespace)
    }

    package mutating func clusterPolicySeen(_ policy: ClusterNetworkPolicy) {
        guard world.clusterPolicies.updateValue(policy, forKey: policy.name) != policy else { return }
        clusterPoliciesChanged()
    }

    package mutating func clusterPolicyGone(_ name: String) {
        guard world.clusterPolicies.removeValue(forKey: name) != nil else { return }
        clusterPoliciesChanged()
    }

    package mutating func nodeSeen(_ node: PolicyNode) {
        guard world.nodes.updateValue(node, forKey: node.name) != node else { return }
        nodesChanged()
    }

    package mutating func nodeGone(_ name: String) {
        guard world.nodes.removeValue(forKey: name) != nil else { return }
        nodesChanged()
    }

    package mutating func interfacesSeen(_ interfaces: [PodInterface]) {
        let changed = bindings.replace(with: interfaces)
        let uids = Set(changed.compactMap(\.podUID))
        let names = Set(changed.compactMap(\.podName))
        let links = Set(changed.lazy.filter { $0.podUID == nil && $0.podName == nil }.map(\.name))
        for key in localPods.keys {
            guard let pod = world.pods[key] else { continue }
            let link = links.isEmpty || pod.addresses.isEmpty ? nil : configuration.interfaceName(pod.addresses)
            if uids.contains(pod.uid) || names.contains(key) || link.map(links.contains) == true { dirty.insert(key) }
        }
    }

    /// The kernel knows no persistent owner of a table.
    mutating func giveUpOwnership() { configuration.ownsTables = false }

    /// Classes that a refused operation belonged to: their pods are cut off until their policies change.
    package mutating func refuse(_ names: some Sequence<String>) {
        for name in names where classes[name] != nil && !name.hasSuffix("-undecided") { refused.insert(name) }
        for (key, pod) in localPods where pod.classes.values.contains(where: refused.contains) { dirty.insert(key) }
    }

    // MARK: - What to write

    /// The change of all tables since the last call.
    package mutating func takeTransaction() -> Transaction {
        settle()
        return structure.takeTransaction(elements: &elements, dispatch: &dispatch)
    }

    /// One family's table as a whole; what changed before is forgotten with the last family.
    package mutating func desired(_ family: IPFamily) -> Table {
        settle()
        var table = PolicyTable.base(family, configuration)
        for state in classes.values {
            for (identifier, compiled) in state.compiled where identifier == table.identifier {
                for chain in compiled.chains { table.chains[chain.name] = chain }
                for set in compiled.sets { table.sets[set.name] = set }
            }
        }
        for (name, set) in table.sets where !set.isMap {
            table.sets[name]?.elements.merge(elements.elements(at: .init(table: table.identifier, set: name))) { own, _ in own }
        }
        for direction in PolicyDirection.allCases {
            table.sets[PolicyTable.map(direction)]?.elements = dispatch.elements(table.identifier, direction)
        }
        return table
    }

    package mutating func forgetChanges() {
        settle()
        _ = structure.takeTransaction(elements: &elements, dispatch: &dispatch)
    }

    /// Policies that cannot be applied, with the reason.
    package var faults: [(policy: PolicyReference, why: String)] {
        let cluster = world.clusterPolicies.values.compactMap { policy in
            policy.fault.map { (policy: PolicyReference.cluster(policy.name), why: $0) }
        }
        let network = world.policies.values.compactMap { policy in
            policy.fault.map { (policy: PolicyReference.network(policy.key), why: $0) }
        }
        return (network + cluster).sorted { $0.policy < $1.policy }
    }

    func isLocal(_ pod: PolicyPod) -> Bool { pod.nodeName == configuration.nodeName && pod.isSelectable }
}
