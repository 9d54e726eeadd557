import API
import NetworkTypes

/// Choices where Kubernetes leaves one.
package struct PolicyOptions: Hashable, Sendable {
    /// Staged policies count as if they were in force.
    package var enforcesStaged = false
    /// True: a pod that NetworkPolicies select in one direction only still meets the Baseline tier in the other one. False is the
    /// literal reading of "NetworkPolicy always makes a final decision for selected pods", and what upstream's implementation does.
    package var baselinePerDirection = false

    package init(enforcesStaged: Bool = false, baselinePerDirection: Bool = false) {
        self.enforcesStaged = enforcesStaged
        self.baselinePerDirection = baselinePerDirection
    }
}

/// Answers "may A reach B, and why" for one state of the cluster.
///
/// - SeeAlso: Kubernetes 1.36 `staging/src/k8s.io/api/networking/v1/types.go`; network-policy-api 0.2.0 `apis/v1alpha2`.
package struct PolicyEngine: Sendable {
    package let world: PolicyWorld
    package let options: PolicyOptions
    private let index: PolicyIndex

    package init(_ world: PolicyWorld, _ options: PolicyOptions = PolicyOptions()) {
        self.world = world
        self.options = options
        index = PolicyIndex(world, options)
    }

    /// With an index that is at hand.
    init(_ world: PolicyWorld, _ options: PolicyOptions, index: PolicyIndex) {
        self.world = world
        self.options = options
        self.index = index
    }

    package func applicable(to pod: PolicyPod, _ direction: PolicyDirection) -> ApplicablePolicies {
        index.applicable(to: pod, in: world, direction)
    }

    /// Nil for a pod that the world does not know, and when both ends have no family in common.
    package func verdict(_ connection: Connection) -> ConnectionVerdict? {
        guard let source = end(connection.source), let destination = end(connection.destination),
            let family = connection.family ?? common(source, destination)
        else { return nil }
        if let pod = source.pod, pod.key == destination.pod?.key {
            let own = DirectionVerdict(isAllowed: true, .own)
            return ConnectionVerdict(egress: own, ingress: own)
        }
        return ConnectionVerdict(
            egress: verdict(.egress, of: source, with: destination, connection, family),
            ingress: verdict(.ingress, of: destination, with: source, connection, family))
    }

    package func allows(_ connection: Connection) -> Bool { verdict(connection)?.isAllowed ?? false }

    // MARK: - One direction

    private struct End {
        /// A pod that policies apply to; a pod in the host's network is its node.
        var pod: PolicyPod?
        var nodeName: String?
        var addresses: [IPAddress]
    }

    private func end(_ party: Party) -> End? {
        switch party {
        case .pod(let key):
            guard let pod = world.pods[key] else { return nil }
            let nodeName = pod.usesHostNetwork ? pod.nodeName : nil
            return End(pod: pod.isSelectable ? pod : nil, nodeName: nodeName, addresses: pod.addresses)
        case .node(let name): return End(nodeName: name, addresses: world.nodes[name]?.addresses ?? [])
        case .address(let address):
            // Addresses move from pod to pod; a live pod's comes first.
            let holder = world.pods.values.first { $0.isSelectable && $0.addresses.contains(address) }
            let node = world.nodes.values.first { $0.addresses.contains(address) }
            return End(pod: holder, nodeName: node?.name, addresses: [address])
        }
    }

    private func common(_ first: End, _ second: End) -> IPFamily? {
        func has(_ end: End, _ family: IPFamily) -> Bool {
            end.addresses.isEmpty || end.addresses.contains { $0.family == family }
        }
        return IPFamily.allCases.first { has(first, $0) && has(second, $0) }
    }

    private func verdict(
        _ direction: PolicyDirection, of subject: End, with remote: End, _ connection: Connection, _ family: IPFamily
    ) -> DirectionVerdict {
        guard let pod = subject.pod else { return DirectionVerdict(isAllowed: true, .notSubject) }
        if remote.pod == nil, let node = remote.nodeName, !node.isEmpty, node == pod.nodeName {
            return DirectionVerdict(isAllowed: true, .ownNode)
        }
        let applicable = applicable(to: pod, direction)
        if let (policy, why) = applicable.fault { return DirectionVerdict(isAllowed: false, .fault(policy, why)) }
        let question = Question(
            direction: direction, remote: remote.pod, address: remote.addresses.first { $0.family == family },
            names: (direction == .ingress ? pod.ports : remote.pod?.ports) ?? [], transport: connection.transport,
            port: connection.port)
        var passed: [RuleReference] = []
        if var found = decide(applicable.admin, question, &passed) {
            found.passedBy = passed
            return found
        }
        var result: DirectionVerdict
        if applicable.isIsolated {
            result = decide(applicable.network, question)
        } else {
            result = decide(applicable.baseline, question, &passed) ?? DirectionVerdict(isAllowed: true, .notIsolated)
        }
        result.passedBy = passed
        return result
    }

    private struct Question {
        var direction: PolicyDirection
        var remote: PolicyPod?
        var address: IPAddress?
        /// Of the destination.
        var names: [NamedPort]
        var transport: TransportProtocol
        var port: UInt16
    }

    /// The first rule of a tier that matches decides; nil when none does or one passes.
    private func decide(
        _ policies: [ClusterNetworkPolicy], _ question: Question, _ passed: inout [RuleReference]
    ) -> DirectionVerdict? {
        for policy in policies {
            for (index, rule) in policy.rules(question.direction).enumerated() {
                let match = match(rule, question)
                guard let peer = match.peer, let port = match.port else { continue }
                let reference = RuleReference(
                    .cluster(policy.name), question.direction, index, peer: peer.index, port: port.index)
                switch rule.action {
                case .accept: return DirectionVerdict(isAllowed: true, .rule(reference))
                case .deny: return DirectionVerdict(isAllowed: false, .rule(reference))
                case .pass:
                    passed.append(reference)
                    return nil
                }
            }
        }
        return nil
    }

    private func decide(_ policies: [NetworkPolicy], _ question: Question) -> DirectionVerdict {
        var result = DirectionVerdict(isAllowed: false, .isolated)
        for policy in policies {
            let name = PolicyReference.network(policy.key)
            result.isolatedBy.append(name)
            for (index, rule) in policy.rules(question.direction).enumerated() {
                let match = match(rule, question)
                let reference = RuleReference(
                    name, question.direction, index, peer: match.peer?.index, port: match.port?.index)
                switch (match.peer, match.port) {
                case (.some, .some): result.allowedBy.append(reference)
                case (.some, nil): result.nearest.append(NearMiss(rule: reference, lack: .port))
                case (nil, .some): result.nearest.append(NearMiss(rule: reference, lack: .peer))
                case (nil, nil): result.nearest.append(NearMiss(rule: reference, lack: .both))
                }
            }
        }
        if let first = result.allowedBy.first {
            result.isAllowed = true
            result.reason = .rule(first)
            result.nearest = []
        }
        result.nearest.sort { ($0.lack == .both ? 1 : 0) < ($1.lack == .both ? 1 : 0) }
        return result
    }

    /// Which item of a list matched; `index` is nil when the rule has no list and so matches everything.
    private struct Hit { var index: Int? }

    /// On the way out a port's name means something for pods that were chosen as such, and nothing for addresses.
    private func match(_ rule: PolicyRule, _ question: Question) -> (peer: Hit?, port: Hit?) {
        func port(names: [NamedPort]) -> Hit? {
            guard let ports = rule.ports else { return Hit() }
            return ports.firstIndex { $0.matches(question.transport, question.port, names: names) }.map { Hit(index: $0) }
        }
        let any = port(names: question.names)
        guard let peers = rule.peers else { return (Hit(), any) }
        var first: Hit?
        for (index, peer) in peers.enumerated() where selects(peer, question) {
            let own = question.direction == .egress && !peer.choosesPods ? port(names: []) : any
            if own != nil { return (Hit(index: index), own) }
            first = first ?? Hit(index: index)
        }
        return (first, first == nil ? any : nil)
    }

    private func selects(_ peer: Peer, _ question: Question) -> Bool {
        if let pod = question.remote, world.selects(peer, pod) { return true }
        return question.address.map { world.selects(peer, $0) } ?? false
    }
}
