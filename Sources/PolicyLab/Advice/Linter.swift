import API
import JSON
package import NetworkTypes
import Policy

/// Finds policies that do not do what they look like.
package struct Linter {
    /// Where most clusters have their virtual addresses.
    private static let usualServiceNetworks = ["10.96.0.0/12", "fd00:10:96::/112"].compactMap { CIDR(parsing: $0) }

    private let oracle: LabOracle
    private let podNetworks: [CIDR]
    private let families: [IPFamily]
    private var findings: [LintFinding] = []
    private var model: LabModel { oracle.model }

    /// - Returns: By place.
    package static func findings(_ oracle: LabOracle, podNetworks: [CIDR], options: ProbeOptions) -> [LintFinding] {
        var linter = Linter(oracle: oracle, podNetworks: podNetworks, families: options.families)
        for policy in oracle.model.policies { linter.look(at: policy) }
        linter.lookAtWorkloads()
        linter.findings += Redundancy.findings(oracle, options)
        return linter.findings.sorted { ($0.place, $0.rule.rawValue, $0.message) < ($1.place, $1.rule.rawValue, $1.message) }
    }

    private init(oracle: LabOracle, podNetworks: [CIDR], families: [IPFamily]) {
        self.oracle = oracle
        self.podNetworks = podNetworks
        self.families = families
    }

    private mutating func find(_ rule: LintRule, _ message: String, _ policy: LabPolicy, _ field: String) {
        findings.append(LintFinding(rule: rule, message: message, place: policy.object.place(of: field)))
    }

    // MARK: - One policy

    private mutating func look(at policy: LabPolicy) {
        let spec = policy.value["spec"] ?? [:]
        if spec["egress"]?.array?.isEmpty == true, !policy.object.isWritten("spec.policyTypes"), !policy.isClusterWide {
            find(
                .egressNotIsolated,
                "\(policy.key): 'egress' is empty and policyTypes is missing, so egress stays open; "
                    + "write policyTypes: [Egress]", policy, "spec.egress")
        }
        lookAtSubject(policy)
        for (direction, key) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in (spec[direction]?.array ?? []).enumerated() {
                look(at: rule, policy, "spec.\(direction)[\(index)]", key)
            }
        }
    }

    private func subjects(_ policy: LabPolicy, hostNetwork: Bool = false) -> [LabPod] {
        model.pods.filter { pod in
            guard pod.isOnHostNetwork == hostNetwork else { return false }
            var seen = PolicyPod(pod)
            seen.usesHostNetwork = false
            return policy.isClusterWide
                ? oracle.engine.world.isSubject(seen, of: ClusterNetworkPolicy(json: policy.value))
                : oracle.engine.world.isSubject(seen, of: NetworkPolicy(json: policy.value))
        }
    }

    private mutating func lookAtSubject(_ policy: LabPolicy) {
        let onHost = subjects(policy, hostNetwork: true)
        if let pod = onHost.first, !(policy.value["spec"]?["podSelector"]?.object?.isEmpty ?? true) {
            find(
                .selectsHostNetwork, "\(policy.key) selects \(pod.workload), which is in the host's network and stays open",
                policy, "spec.podSelector")
        }
        // A selector for everything in an empty namespace is a default, made before the pods.
        let isDefault = LabelSelector(json: policy.value["spec"]?["podSelector"] ?? [:]).isEverything
        if !policy.isClusterWide, onHost.isEmpty, !isDefault, subjects(policy).isEmpty {
            let selector = PolicyWords.selector(policy.value["spec"]?["podSelector"] ?? [:])
            find(
                .selectsNoPod, "\(policy.key) selects no pod: namespace \(policy.namespace) has none with \(selector)", policy,
                "spec.podSelector")
        }
    }

    private mutating func look(at rule: JSONValue, _ policy: LabPolicy, _ field: String, _ key: String) {
        let peers = rule[key]?.array ?? []
        for (index, peer) in peers.enumerated() {
            look(at: peer, policy, "\(field).\(key)[\(index)]", isIngress: key == "from")
            guard index + 1 < peers.count else { continue }
            let next = peers[index + 1]
            let isSplit =
                peer["namespaceSelector"] != nil && peer["podSelector"] == nil && next["podSelector"] != nil
                && next["namespaceSelector"] == nil
            if isSplit {
                find(
                    .splitPeer,
                    "\(policy.key): these are two alternatives: every pod of \(PolicyWords.selector(peer["namespaceSelector"] ?? [:])), "
                        + "or \(PolicyWords.selector(next["podSelector"] ?? [:])) in namespace \(policy.namespace); without the second "
                        + "dash both selectors would have to match", policy, "\(field).\(key)[\(index + 1)]")
            }
        }
        lookAtFamilies(peers, policy, "\(field).\(key)")
        for (index, port) in (rule["ports"]?.array ?? []).enumerated() {
            look(at: port, policy, "\(field).ports[\(index)]", peers, isIngress: key == "from")
        }
    }

    private mutating func look(at peer: JSONValue, _ policy: LabPolicy, _ field: String, isIngress: Bool) {
        if let text = peer["ipBlock"]?["cidr"]?.string, let prefix = CIDR(parsing: text) {
            if let service = model.services.first(where: {
                $0.addresses.contains { prefix.contains($0) && prefix.prefixLength > 8 }
            }),
                prefix.isSingleAddress || Self.usualServiceNetworks.contains(where: { $0.contains(prefix) })
            {
                find(
                    .blockOfService,
                    "\(policy.key): \(prefix) holds the virtual address of Service \(service.key), which no "
                        + "policy ever sees; select the pods behind it", policy, "\(field).ipBlock.cidr")
            } else if Self.usualServiceNetworks.contains(where: { $0.contains(prefix) }) {
                find(
                    .blockOfService,
                    "\(policy.key): \(prefix) looks like virtual addresses of Services, which no policy ever sees",
                    policy, "\(field).ipBlock.cidr")
            } else if podNetworks.contains(where: { $0.contains(prefix) }) {
                find(.blockOfPods, "\(policy.key): \(prefix) covers pod addresses", policy, "\(field).ipBlock.cidr")
            }
            return
        }
        if isIngress, let namespaces = peer["namespaceSelector"], LabelSelector(json: namespaces).isEverything {
            let isAll = peer["podSelector"].map { LabelSelector(json: $0).isEverything } ?? true
            if isAll { find(.everyNamespace, "\(policy.key) lets in pods of every namespace", policy, field) }
        }
        guard !policy.isClusterWide, peer["ipBlock"] == nil, pods(of: peer, policy).isEmpty else { return }
        find(
            .peerMatchesNothing, "\(policy.key): no pod of the input matches \(PolicyWords.peer(peer, policy.reference))", policy,
            field)
    }

    private func pods(of peer: JSONValue, _ policy: LabPolicy) -> [LabPod] {
        let pods = LabelSelector(json: peer["podSelector"] ?? [:])
        return model.networkedPods.filter { pod in
            guard pods.matches(pod.labels) else { return false }
            guard let namespaces = peer["namespaceSelector"] else { return pod.namespace == policy.namespace }
            return LabelSelector(json: namespaces).matches(oracle.engine.world.labels(ofNamespace: pod.namespace))
        }
    }

    private mutating func lookAtFamilies(_ peers: [JSONValue], _ policy: LabPolicy, _ field: String) {
        guard families.contains(.ipv4), families.contains(.ipv6) else { return }
        let prefixes = peers.compactMap { $0["ipBlock"]?["cidr"]?.string }.compactMap { CIDR(parsing: $0) }
        let all = prefixes.filter { $0.prefixLength == 0 }
        if all.contains(where: { $0.family == .ipv4 }), !prefixes.contains(where: { $0.family == .ipv6 }) {
            find(.ipv4Only, "\(policy.key): 0.0.0.0/0 opens nothing for IPv6; add ::/0", policy, field)
        }
    }

    private mutating func look(
        at port: JSONValue, _ policy: LabPolicy, _ field: String, _ peers: [JSONValue], isIngress: Bool
    ) {
        if port["port"]?.int == 53, port["protocol"]?.string == "TCP", !policy.object.isWritten("\(field).protocol") {
            find(.dnsOverTCPOnly, "\(policy.key): port 53 without a protocol opens TCP only; add protocol: UDP", policy, field)
        }
        guard let name = port["port"]?.string, !policy.isClusterWide,
            let transport = TransportProtocol(kubernetesName: port["protocol"]?.string ?? "TCP")
        else { return }
        let targets = isIngress ? subjects(policy) : peers.isEmpty ? model.networkedPods : peers.flatMap { pods(of: $0, policy) }
        let hasName = targets.contains { pod in pod.ports.contains { $0.name == name && $0.transport == transport } }
        if !hasName, !targets.isEmpty {
            find(
                .namedPortMissing,
                "\(policy.key): none of the pods that the rule is about has a \(transport.kubernetesName) port "
                    + "named '\(name)'", policy, field)
        }
    }

    // MARK: - Workloads

    private mutating func lookAtWorkloads() {
        guard !model.policies.isEmpty else { return }
        var seen: Set<LabPod.Workload> = []
        for pod in model.networkedPods where seen.insert(pod.workload).inserted {
            let policyPod = PolicyPod(pod)
            let ingress = oracle.engine.applicable(to: policyPod, .ingress)
            if ingress.isEmpty {
                findings.append(
                    LintFinding(
                        rule: .openPod, message: "\(pod.workload): no policy isolates it for ingress, everybody reaches it",
                        place: pod.place))
            }
            lookForNames(pod, oracle.engine.applicable(to: policyPod, .egress))
        }
    }

    /// Pods that may connect out, but to nobody's port 53 over UDP.
    private mutating func lookForNames(_ pod: LabPod, _ policies: ApplicablePolicies) {
        guard policies.isIsolated else { return }
        let rules = policies.network.flatMap(\.egress)
        guard !rules.isEmpty else { return }
        let opens = rules.contains { rule in
            rule.ports?.contains { port in
                switch port {
                case .range(let transport, let range): transport == .udp && range.contains(53)
                case .named(_, let name): name.hasPrefix("dns")
                }
            } ?? true
        }
        guard !opens, let first = policies.network.first,
            let policy = model.policies.first(where: { $0.reference == .network(first.key) })
        else { return }
        find(
            .dnsBlocked, "\(pod.workload) may connect out, but no rule opens 53/udp to anybody: it cannot resolve names", policy,
            "spec.egress")
    }
}
