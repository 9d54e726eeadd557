package import API
package import JSON
import NetworkTypes

/// `policy.networking.k8s.io/v1alpha2, ClusterNetworkPolicy`.
///
/// - SeeAlso: network-policy-api 0.2.0 `apis/v1alpha2/clusternetworkpolicy_types.go`.
package struct ClusterNetworkPolicy: Hashable, Sendable {
    package static let resource = GroupVersionResource(
        group: "policy.networking.k8s.io", version: "v1alpha2", resource: "clusternetworkpolicies")
    package static let kind = "ClusterNetworkPolicy"

    package enum Tier: String, Hashable, Sendable, CaseIterable {
        /// Before NetworkPolicies.
        case admin = "Admin"
        /// After them, for pods that none selects.
        case baseline = "Baseline"
    }

    package var name: String
    package var uid: String
    package var tier: Tier
    /// 0...1000, lower first.
    package var priority: Int
    package var subjectNamespaces: LabelSelector
    package var subjectPods: LabelSelector
    package var ingress: [PolicyRule]
    package var egress: [PolicyRule]
    package var isStaged: Bool
    /// Why it cannot be applied; its pods are cut off then.
    package var fault: String?

    package init(
        _ name: String, uid: String = "", tier: Tier = .admin, priority: Int = 0,
        subjectNamespaces: LabelSelector = .everything, subjectPods: LabelSelector = .everything, ingress: [PolicyRule] = [],
        egress: [PolicyRule] = [], isStaged: Bool = false, fault: String? = nil
    ) {
        self.name = name
        self.uid = uid
        self.tier = tier
        self.priority = priority
        self.subjectNamespaces = subjectNamespaces
        self.subjectPods = subjectPods
        self.ingress = ingress
        self.egress = egress
        self.isStaged = isStaged
        self.fault = fault
    }

    package func rules(_ direction: PolicyDirection) -> [PolicyRule] { direction == .ingress ? ingress : egress }

    /// The order of evaluation inside a tier. Which of two equal priorities goes first is ours to choose: by name.
    package func precedes(_ other: ClusterNetworkPolicy) -> Bool { (priority, name) < (other.priority, other.name) }

    package init(json: JSONValue) {
        let meta = ObjectMeta(json: json["metadata"] ?? [:])
        let spec = json["spec"] ?? [:]
        var reader = ClusterPolicyReader()
        let subject = reader.subject(spec["subject"] ?? [:])
        self.init(
            meta.name, uid: meta.uid, priority: Int(clamping: spec["priority"]?.int ?? 0), subjectNamespaces: subject.namespaces,
            subjectPods: subject.pods,
            ingress: (spec["ingress"]?.array ?? []).map { reader.rule($0, peers: "from") },
            egress: (spec["egress"]?.array ?? []).map { reader.rule($0, peers: "to") },
            isStaged: meta.annotations[NetworkPolicy.stagedAnnotation] == "true")
        if let tier = Tier(rawValue: spec["tier"]?.string ?? "Admin") {
            self.tier = tier
        } else {
            reader.fields.refuse("tier \"\(spec["tier"]?.string ?? "")\" is unknown")
        }
        fault = reader.fields.fault
    }
}

/// Reads the parts of a ClusterNetworkPolicy.
private struct ClusterPolicyReader {
    var fields = PolicyReader(namespace: "")

    mutating func subject(_ json: JSONValue) -> (namespaces: LabelSelector, pods: LabelSelector) {
        if let namespaces = json["namespaces"], !namespaces.isNull { return (readable(namespaces), .everything) }
        if let pods = json["pods"], !pods.isNull {
            return (readable(pods["namespaceSelector"] ?? [:]), readable(pods["podSelector"] ?? [:]))
        }
        fields.refuse("a subject without namespaces and pods")
        return (.everything, .everything)
    }

    /// A subject that cannot be read is everybody: nobody may slip out.
    private mutating func readable(_ json: JSONValue) -> LabelSelector {
        let selector = fields.selector(json)
        return selector.matchesNothing ? .everything : selector
    }

    /// A rule with a peer of a kind that we do not know fails closed: one that accepts matches nobody, another denies everybody.
    mutating func rule(_ json: JSONValue, peers member: String) -> PolicyRule {
        let name = json["name"]?.string ?? ""
        guard let action = PolicyAction(rawValue: json["action"]?.string ?? "") else {
            fields.refuse("action \"\(json["action"]?.string ?? "")\" is unknown")
            return PolicyRule(.deny, name: name)
        }
        var peers: [Peer] = []
        var isKnown = true
        for item in json[member]?.array ?? [] {
            if let read = peer(item) { peers += read } else { isKnown = false }
        }
        let ports = (json["protocols"]?.array).flatMap { $0.isEmpty ? nil : $0 }.map { $0.compactMap { self.port($0) } }
        let isComplete = isKnown && ports?.count ?? 0 == json["protocols"]?.array?.count ?? 0
        if isComplete { return PolicyRule(action, name: name, peers: peers, ports: ports) }
        return action == .accept ? PolicyRule(.accept, name: name, peers: [], ports: []) : PolicyRule(.deny, name: name)
    }

    /// Nil for a peer that we do not know, `domainNames` among them: nothing of ours watches names.
    private mutating func peer(_ json: JSONValue) -> [Peer]? {
        let given = (json.object?.map(\.key) ?? []).filter { !(json[$0]?.isNull ?? true) }
        guard given.count == 1, let kind = given.first, let value = json[kind] else { return nil }
        switch kind {
        case "namespaces": return [.pods(.matching(LabelSelector(json: value)), .everything)]
        case "pods":
            return [
                .pods(
                    .matching(LabelSelector(json: value["namespaceSelector"] ?? [:])),
                    LabelSelector(json: value["podSelector"] ?? [:]))
            ]
        case "nodes": return [.nodes(LabelSelector(json: value))]
        case "networks":
            let prefixes = (value.array ?? []).map { fields.prefix($0.string ?? "") }
            return prefixes.contains(nil) ? nil : prefixes.compactMap(\.self).map { .block($0, except: []) }
        default: return nil
        }
    }

    private mutating func port(_ json: JSONValue) -> PortMatch? {
        if let name = json["destinationNamedPort"]?.string { return .named(nil, name) }
        for transport in TransportProtocol.allCases {
            guard let entry = json[transport.name], !entry.isNull else { continue }
            guard let port = entry["destinationPort"], !port.isNull else { return .all(transport) }
            if let number = port["number"]?.int.flatMap({ UInt16(exactly: $0) }) { return .range(transport, number...number) }
            if let first = port["range"]?["start"]?.int.flatMap({ UInt16(exactly: $0) }),
                let last = port["range"]?["end"]?.int.flatMap({ UInt16(exactly: $0) }), first <= last
            {
                return .range(transport, first...last)
            }
            return nil
        }
        return nil
    }
}
