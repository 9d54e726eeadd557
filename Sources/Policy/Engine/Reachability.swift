package import API
package import NetworkTypes

/// All pairs at once: the same answers as `PolicyEngine.verdict`, without reasons.
///
/// Pods with the same policies share one computation; a set of pods is a row of bits.
package struct Reachability: Sendable {
    /// The order of rows and columns: by name. Finished pods are left out.
    package let pods: [PolicyPod]
    package let family: IPFamily
    private let engine: PolicyEngine
    /// For each direction the class of each pod; nil for a pod that policies do not apply to.
    private var classOfPod: [PolicyDirection: [Int?]] = [:]
    private var classes: [PolicyDirection: [Subject]] = [:]
    private var members: [Peer: PodBits] = [:]
    /// Pods in the network of each node, and pods that live there.
    private var hostPods: [(own: Int, neighbors: [Int])] = []

    /// The policies of one or many pods, and the ports that names mean for it.
    private struct Subject: Hashable {
        var policies: ApplicablePolicies
        /// Of ingress subjects only, where a rule names a port.
        var names: [NamedPort]
    }

    package init(_ engine: PolicyEngine, family: IPFamily = .ipv4) {
        self.engine = engine
        self.family = family
        pods = engine.world.pods.values.filter { !$0.isFinished }.sorted { $0.key < $1.key }
        for direction in PolicyDirection.allCases {
            var known: [Subject: Int] = [:]
            var found: [Int?] = []
            for pod in pods {
                guard pod.isSelectable else {
                    found.append(nil)
                    continue
                }
                let policies = engine.applicable(to: pod, direction)
                let asksNames = direction == .ingress && policies.usesNames(direction)
                let subject = Subject(policies: policies, names: asksNames ? pod.ports : [])
                let index = known[subject] ?? known.count
                known[subject] = index
                found.append(index)
            }
            classOfPod[direction] = found
            classes[direction] = known.sorted { $0.value < $1.value }.map(\.key)
        }
        addMembers()
        for (index, pod) in pods.enumerated() where pod.usesHostNetwork && !pod.nodeName.isEmpty {
            hostPods.append((index, pods.indices.filter { pods[$0].nodeName == pod.nodeName }))
        }
    }

    package func index(of pod: NamespacedName) -> Int? {
        var range = 0..<pods.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if pods[middle].key == pod { return middle }
            range = pods[middle].key < pod ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    package func matrix(_ transport: TransportProtocol, _ port: UInt16) -> ReachabilityMatrix {
        let named = namedPods(transport, port)
        let outgoing = (classes[.egress] ?? []).map { allowed($0, .egress, transport, port, named) }
        let incoming = (classes[.ingress] ?? []).map { allowed($0, .ingress, transport, port, named) }
        let everybody = PodBits(count: pods.count, filled: true)
        func rows(_ direction: PolicyDirection, _ allowed: [PodBits]) -> [PodBits] {
            (classOfPod[direction] ?? []).map { $0.map { allowed[$0] } ?? everybody }
        }
        var egress = rows(.egress, outgoing)
        var ingress = rows(.ingress, incoming)
        for (own, neighbors) in hostPods {
            for neighbor in neighbors {
                egress[neighbor][own] = true
                ingress[neighbor][own] = true
            }
        }
        let fromSources = ReachabilityMatrix(rows: ingress).transposed
        for source in pods.indices {
            egress[source].formIntersection(fromSources.rows[source])
            egress[source][source] = true
        }
        return ReachabilityMatrix(rows: egress)
    }

    /// For each port name the pods in which it is this port.
    private func namedPods(_ transport: TransportProtocol, _ port: UInt16) -> [String: PodBits] {
        var result: [String: PodBits] = [:]
        for (index, pod) in pods.enumerated() where !pod.usesHostNetwork {
            for entry in pod.ports where entry.transport == transport && entry.number == port {
                result[entry.name, default: PodBits(count: pods.count)][index] = true
            }
        }
        return result
    }

    /// The other ends that a subject's policies allow.
    private func allowed(
        _ subject: Subject, _ direction: PolicyDirection, _ transport: TransportProtocol, _ port: UInt16,
        _ named: [String: PodBits]
    ) -> PodBits {
        var accepted = PodBits(count: pods.count)
        if subject.policies.fault != nil { return accepted }
        var rest = PodBits(count: pods.count, filled: true)
        var passed = PodBits(count: pods.count)
        func matched(_ rule: PolicyRule) -> PodBits {
            let ends = ends(rule.ports, direction, transport, port, subject.names, named)
            guard let peers = rule.peers else { return ends }
            let byNumber = direction == .egress ? self.ends(rule.ports, direction, transport, port, [], [:]) : ends
            var result = PodBits(count: pods.count)
            for peer in peers {
                guard let bits = members[peer] else { continue }
                result.formUnion(bits.intersection(peer.choosesPods ? ends : byNumber))
            }
            return result
        }
        func walk(_ tier: [ClusterNetworkPolicy]) {
            for policy in tier {
                for rule in policy.rules(direction) {
                    if rest.isEmpty { return }
                    let hit = matched(rule).intersection(rest)
                    rest.subtract(hit)
                    switch rule.action {
                    case .accept: accepted.formUnion(hit)
                    case .deny: break
                    case .pass: passed.formUnion(hit)
                    }
                }
            }
        }
        walk(subject.policies.admin)
        rest.formUnion(passed)
        if subject.policies.isIsolated {
            var union = PodBits(count: pods.count)
            for policy in subject.policies.network {
                for rule in policy.rules(direction) { union.formUnion(matched(rule)) }
            }
            union.formIntersection(rest)
            accepted.formUnion(union)
            return accepted
        }
        passed = PodBits(count: pods.count)
        walk(subject.policies.baseline)
        accepted.formUnion(rest)
        accepted.formUnion(passed)
        return accepted
    }

    /// The other ends for which a rule's ports hold the port: all or none, but for names that each destination resolves.
    private func ends(
        _ ports: [PortMatch]?, _ direction: PolicyDirection, _ transport: TransportProtocol, _ port: UInt16, _ names: [NamedPort],
        _ named: [String: PodBits]
    ) -> PodBits {
        guard let ports else { return PodBits(count: pods.count, filled: true) }
        if ports.contains(where: { $0.matches(transport, port, names: direction == .ingress ? names : []) }) {
            return PodBits(count: pods.count, filled: true)
        }
        var result = PodBits(count: pods.count)
        guard direction == .egress else { return result }
        for case .named(let own, let name) in ports where own == nil || own == transport {
            if let bits = named[name] { result.formUnion(bits) }
        }
        return result
    }

    private mutating func addMembers() {
        var peers: Set<Peer> = []
        for direction in PolicyDirection.allCases {
            for subject in classes[direction] ?? [] {
                let clusterRules = (subject.policies.admin + subject.policies.baseline).flatMap { $0.rules(direction) }
                for rule in clusterRules + subject.policies.network.flatMap({ $0.rules(direction) }) {
                    peers.formUnion(rule.peers ?? [])
                }
            }
        }
        let places = Dictionary(grouping: pods.indices) { pods[$0].key.namespace }
        for peer in peers { members[peer] = bits(of: peer, places) }
    }

    private func bits(of peer: Peer, _ places: [String: [Int]]) -> PodBits {
        var result = PodBits(count: pods.count)
        switch peer {
        case .pods(let choice, let selector):
            for (namespace, indices) in places where engine.world.isIn(choice, namespace) {
                for index in indices where pods[index].isSelectable && selector.matches(pods[index].labels) {
                    result[index] = true
                }
            }
        case .block, .nodes:
            for (index, pod) in pods.enumerated() {
                if let address = pod.address(family), engine.world.selects(peer, address) { result[index] = true }
            }
        }
        return result
    }
}

extension ApplicablePolicies {
    /// Whether a rule of the direction names a port.
    package func usesNames(_ direction: PolicyDirection) -> Bool {
        func names(_ rules: [PolicyRule]) -> Bool {
            rules.contains { rule in
                rule.ports?.contains { if case .named = $0 { true } else { false } } ?? false
            }
        }
        return network.contains { names($0.rules(direction)) } || (admin + baseline).contains { names($0.rules(direction)) }
    }
}
