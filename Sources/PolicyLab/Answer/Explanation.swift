import API
import JSON
import NetworkTypes
package import Policy

/// Why a probe is allowed or denied, in words and with the lines that make it so.
package struct Explanation: Hashable, Sendable {
    /// One end's say.
    package struct Side: Hashable, Sendable {
        package var direction: PolicyDirection
        package var isAllowed: Bool
        /// `shop/db-0 is isolated by ...`.
        package var headline: String
        /// Rules that allow it, or that come closest, one line each and indented below the headline.
        package var details: [String]
    }

    package var title: String
    package var isAllowed: Bool
    package var mark: CellMark
    package var sides: [Side]
    /// What would turn a denial into an allowance: for each end that denies, alternatives. All of these ends must change.
    package var nearestChanges: [[String]]
    /// Policies that alone still deny it; empty when it is allowed.
    package var smallestDenial: [PolicyReference]
    /// Where the policies that decide stand, the most telling first.
    package var places: [SourcePlace]
}

/// Explains probes of one model.
package struct Explainer: Sendable {
    private let oracle: LabOracle
    private let policies: [PolicyReference: LabPolicy]

    package init(_ oracle: LabOracle) {
        self.oracle = oracle
        policies = Dictionary(oracle.model.policies.map { ($0.reference, $0) }) { first, _ in first }
    }

    package func explain(_ probe: Probe) -> Explanation {
        let title = oracle.name(probe)
        guard let verdict = oracle.verdict(probe) else {
            return Explanation(
                title: title, isAllowed: false, mark: .deniedByBoth, sides: [],
                nearestChanges: [["no address family that both ends have"]], smallestDenial: [], places: [])
        }
        let sides = [PolicyDirection.egress, .ingress].map { side($0, verdict.direction($0), probe) }
        return Explanation(
            title: title, isAllowed: verdict.isAllowed, mark: CellMark(verdict), sides: sides,
            nearestChanges: verdict.isAllowed ? [] : changes(verdict, probe),
            smallestDenial: verdict.isAllowed ? [] : smallestDenial(probe), places: places(verdict))
    }

    // MARK: - One end

    private func side(_ direction: PolicyDirection, _ verdict: DirectionVerdict, _ probe: Probe) -> Explanation.Side {
        let subject = oracle.name(direction == .egress ? probe.source : probe.destination)
        var details: [String] = verdict.passedBy.map { "passed on by \(describe($0))" }
        let headline: String
        switch verdict.reason {
        case .notSubject: headline = "\(subject) is no pod: policies do not apply to it"
        case .own: headline = "a pod always reaches itself"
        case .ownNode: headline = "\(subject) and its own node always reach each other"
        case .notIsolated: headline = "\(subject) is not isolated: no policy selects it for \(direction.rawValue)"
        case .fault(let policy, let why): headline = "\(name(policy)) cannot be applied and cuts \(subject) off: \(why)"
        case .isolated:
            headline = "\(subject) is isolated by \(isolation(verdict.isolatedBy, &details)), and no rule allows this"
            details += verdict.nearest.filter { $0.lack != .both }.flatMap { nearMiss($0, direction, probe) }
            let others = verdict.nearest.count { $0.lack == .both }
            if others > 0 {
                details.append("\(others) more \(others == 1 ? "rule matches" : "rules match") neither peer nor port")
            }
        case .rule(let rule):
            if verdict.isolatedBy.isEmpty {
                headline = "\(verdict.isAllowed ? "accepted" : "denied") by \(describe(rule))"
            } else {
                headline = "\(subject) is isolated by \(isolation(verdict.isolatedBy, &details))"
                details += verdict.allowedBy.map { "allowed by \(describe($0))" }
            }
        }
        return Explanation.Side(direction: direction, isAllowed: verdict.isAllowed, headline: headline, details: details)
    }

    /// The one policy that isolates, or their number, and then a line for each.
    private func isolation(_ policies: [PolicyReference], _ details: inout [String]) -> String {
        if let only = policies.first, policies.count == 1 { return name(only) }
        details += policies.map { "isolated by \(name($0))" }
        return "\(policies.count) policies"
    }

    private func nearMiss(_ miss: NearMiss, _ direction: PolicyDirection, _ probe: Probe) -> [String] {
        let remote = direction == .egress ? probe.destination : probe.source
        let json = rule(miss.rule)
        let peerKey = direction == .egress ? "to" : "from"
        if miss.lack == .port {
            let ports = PolicyWords.ports(json).joined(separator: ", ")
            return ["\(describe(miss.rule)): \(oracle.name(remote)) matches, the port does not: it allows \(ports)"]
        }
        var lines = ["\(describe(miss.rule)): the port matches, \(oracle.name(remote)) does not"]
        let peers = json[peerKey]?.array ?? []
        for (index, peer) in peers.enumerated().prefix(4) {
            let place = place(miss.rule, ".\(peerKey)[\(index)]")
            lines.append("    \(peerKey)[\(index)] (\(place)) \(PolicyWords.peer(peer, miss.rule.policy)); \(has(remote, peer))")
        }
        if peers.count > 4 { lines.append("    and \(peers.count - 4) more") }
        return lines
    }

    /// What the other end has in the place of what a peer asks for.
    private func has(_ host: LabHost, _ peer: JSONValue) -> String {
        guard case .pod(let index) = host else { return "it is \(oracle.name(host)), no pod" }
        let pod = oracle.model.pods[index]
        if peer["ipBlock"] != nil { return "its address is \(pod.addresses.map(\.description).joined(separator: ", "))" }
        let namespace = oracle.model.namespaces[pod.namespace]?.labels ?? [:]
        var parts: [String] = []
        if peer["podSelector"] != nil { parts.append("its labels are \(PolicyWords.labels(pod.labels))") }
        if peer["namespaceSelector"] != nil {
            parts.append("its namespace \(pod.namespace) has \(PolicyWords.labels(namespace))")
        } else if peer["podSelector"] != nil {
            parts.append("it is in namespace \(pod.namespace)")
        }
        return parts.joined(separator: "; ")
    }

    // MARK: - What would help

    private func changes(_ verdict: ConnectionVerdict, _ probe: Probe) -> [[String]] {
        var result: [[String]] = []
        for direction in [PolicyDirection.egress, .ingress] where !verdict.direction(direction).isAllowed {
            let side = verdict.direction(direction)
            switch side.reason {
            case .rule(let rule): result.append(["change or precede \(describe(rule)), which denies it"])
            case .isolated: result.append(additions(side, direction, probe))
            default: break
            }
        }
        return result
    }

    private func additions(_ side: DirectionVerdict, _ direction: PolicyDirection, _ probe: Probe) -> [String] {
        let remote = direction == .egress ? probe.destination : probe.source
        var result: [String] = []
        for miss in side.nearest where miss.lack == .peer {
            let key = direction == .egress ? "to" : "from"
            result.append(
                "\(direction.rawValue): add to \(key) of \(describe(miss.rule)): \(item(for: remote, miss.rule.policy))")
        }
        for miss in side.nearest where miss.lack == .port {
            result.append(
                "\(direction.rawValue): add to ports of \(describe(miss.rule)): "
                    + "{protocol: \(probe.port.transport.kubernetesName), port: \(probe.port.number)}")
        }
        // A policy for some pods is a better place than one for all.
        let specific = side.isolatedBy.first { policies[$0]?.value["spec"]?["podSelector"]?.object?.isEmpty == false }
        if result.isEmpty, let policy = specific ?? side.isolatedBy.first {
            let key = direction == .egress ? "to" : "from"
            result.append(
                "\(direction.rawValue): add a rule to \(name(policy)): {\(key): [\(item(for: remote, policy))], "
                    + "ports: [{protocol: \(probe.port.transport.kubernetesName), port: \(probe.port.number)}]}")
        }
        return Array(result.prefix(2))
    }

    /// A peer that would match the other end.
    private func item(for host: LabHost, _ policy: PolicyReference) -> String {
        guard case .pod(let index) = host else {
            guard let address = oracle.address(host, .ipv4) ?? oracle.address(host, .ipv6) else { return "{}" }
            return "{ipBlock: {cidr: \(CIDR(host: address))}}"
        }
        let pod = oracle.model.pods[index]
        let label = pod.labels.sorted { ($0.key.count, $0.key) < ($1.key.count, $1.key) }.first
        let pods = label.map { "podSelector: {matchLabels: {\($0.key): \($0.value)}}" } ?? "podSelector: {}"
        if case .network(let key) = policy, key.namespace == pod.namespace { return "{\(pods)}" }
        return "{namespaceSelector: {matchLabels: {\(LabNamespace.nameLabel): \(pod.namespace)}}, \(pods)}"
    }

    /// Leaves out policies one by one while the connection stays denied.
    private func smallestDenial(_ probe: Probe) -> [PolicyReference] {
        guard let verdict = oracle.verdict(probe) else { return [] }
        var needed = Set<PolicyReference>()
        for side in [verdict.egress, verdict.ingress] where !side.isAllowed {
            needed.formUnion(side.isolatedBy)
            if case .rule(let rule) = side.reason { needed.insert(rule.policy) }
            if case .fault(let policy, _) = side.reason { needed.insert(policy) }
        }
        var kept = oracle.model.policies.filter { needed.contains($0.reference) }
        for policy in kept {
            let fewer = kept.filter { $0.reference != policy.reference }
            if !LabOracle(oracle.model, policies: fewer, options: oracle.engine.options).allows(probe) { kept = fewer }
        }
        return kept.map(\.reference)
    }

    // MARK: - Names and places

    private func places(_ verdict: ConnectionVerdict) -> [SourcePlace] {
        var result: [SourcePlace] = []
        for side in [verdict.ingress, verdict.egress] where side.isAllowed == verdict.isAllowed {
            if case .rule(let rule) = side.reason { result.append(place(rule, "")) }
            result += side.nearest.filter { $0.lack != .both }.map { place($0.rule, "") }
            result += side.isolatedBy.compactMap { policies[$0]?.place }
        }
        return result
    }

    private func name(_ policy: PolicyReference) -> String {
        let name =
            switch policy {
            case .network(let key): key.description
            case .cluster(let name): "ClusterNetworkPolicy \(name)"
            }
        return policies[policy].map { "\(name) (\($0.place))" } ?? name
    }

    /// `shop/allow-web ingress[0] (np.yaml:21)`.
    package func describe(_ rule: RuleReference) -> String {
        let policy =
            switch rule.policy {
            case .network(let key): key.description
            case .cluster(let name): "ClusterNetworkPolicy \(name)"
            }
        return "\(policy) \(rule.direction.rawValue)[\(rule.index)] (\(place(rule, "")))"
    }

    package func place(_ rule: RuleReference, _ below: String) -> SourcePlace {
        policies[rule.policy]?.object.place(of: "spec.\(rule.direction.rawValue)[\(rule.index)]\(below)")
            ?? SourcePlace(file: "?", line: 1)
    }

    private func rule(_ reference: RuleReference) -> JSONValue {
        policies[reference.policy]?.value["spec"]?[reference.direction.rawValue]?[reference.index] ?? [:]
    }
}

extension LabPolicy {
    package var reference: PolicyReference { isClusterWide ? .cluster(name) : .network(key) }
}
