package import API
package import JSON
import NetworkTypes

/// `networking.k8s.io/v1, NetworkPolicy`.
package struct NetworkPolicy: Hashable, Sendable {
    package static let resource = GroupVersionResource(group: "networking.k8s.io", version: "v1", resource: "networkpolicies")
    /// An annotation; `"true"`: the policy isolates nobody, and what it would deny is reported.
    package static let stagedAnnotation = "policy.skiff.local/staged"

    package var key: NamespacedName
    package var uid: String
    package var subject: LabelSelector
    /// Directions in which it isolates.
    package var directions: Set<PolicyDirection>
    package var ingress: [PolicyRule]
    package var egress: [PolicyRule]
    package var isStaged: Bool
    /// Why it cannot be applied; its pods are cut off in the directions that it isolates then.
    package var fault: String?

    package init(
        _ key: NamespacedName, uid: String = "", subject: LabelSelector = .everything,
        directions: Set<PolicyDirection> = [.ingress], ingress: [PolicyRule] = [], egress: [PolicyRule] = [],
        isStaged: Bool = false, fault: String? = nil
    ) {
        self.key = key
        self.uid = uid
        self.subject = subject
        self.directions = directions
        self.ingress = ingress
        self.egress = egress
        self.isStaged = isStaged
        self.fault = fault
    }

    package func rules(_ direction: PolicyDirection) -> [PolicyRule] { direction == .ingress ? ingress : egress }

    /// Reads an object that a server accepted, or one of a file: the server's defaults are applied first.
    ///
    /// Prefixes are read as loosely as servers once did. What cannot be read becomes a `fault`.
    package init(json: JSONValue) {
        var object = json
        // Not through `definition`: reading the table of all kinds takes longer than a small run of the test tool.
        NetworkPolicyRules().applyDefaults(&object)
        let meta = ObjectMeta(json: object["metadata"] ?? [:])
        let spec = object["spec"] ?? [:]
        let types = (spec["policyTypes"]?.array ?? []).compactMap(\.string)
        var reader = PolicyReader(namespace: meta.namespace.isEmpty ? "default" : meta.namespace)
        let subject = spec["podSelector"].map { $0.isNull ? LabelSelector.everything : reader.selector($0) } ?? .everything
        self.init(
            NamespacedName(namespace: reader.namespace, name: meta.name), uid: meta.uid, subject: subject,
            directions: Set(types.compactMap { $0 == "Ingress" ? .ingress : $0 == "Egress" ? .egress : nil }),
            ingress: (spec["ingress"]?.array ?? []).map { reader.rule($0, peers: "from") },
            egress: (spec["egress"]?.array ?? []).map { reader.rule($0, peers: "to") },
            isStaged: meta.annotations[Self.stagedAnnotation] == "true")
        if subject.matchesNothing { self.subject = .everything }
        fault = reader.fault
    }

    /// What is wrong with an object, in upstream's words; nothing for one that a server would store.
    ///
    /// An object of a file may lack a namespace: it is judged as one of `default`.
    package static func validate(_ json: JSONValue) -> [FieldError] {
        var object = json
        if object["metadata"]?["namespace"] == nil { object[path: ["metadata", "namespace"]] = "default" }
        definition?.applyDefaults(&object)
        return definition?.validateCreate(object) ?? []
    }

    private static let definition = Catalog.kind(resource)
}

/// Reads the parts of a NetworkPolicy, remembering the first thing that it could not read.
struct PolicyReader {
    let namespace: String
    private(set) var fault: String?

    init(namespace: String) { self.namespace = namespace }

    mutating func rule(_ json: JSONValue, peers member: String) -> PolicyRule {
        let peers = json[member]?.array ?? []
        let ports = json["ports"]?.array ?? []
        return PolicyRule(
            peers: peers.isEmpty ? nil : peers.compactMap { peer($0) },
            ports: ports.isEmpty ? nil : ports.compactMap { port($0) })
    }

    /// A selector that is an object but cannot be read matches nothing.
    mutating func selector(_ json: JSONValue) -> LabelSelector {
        let selector = LabelSelector(json: json)
        if selector.matchesNothing { refuse("a label selector with an unknown operator") }
        return selector
    }

    private mutating func peer(_ json: JSONValue) -> Peer? {
        if let block = json["ipBlock"], !block.isNull { return self.block(block) }
        let namespaces = json["namespaceSelector"].flatMap { $0.isNull ? nil : selector($0) }
        let pods = json["podSelector"].flatMap { $0.isNull ? nil : selector($0) }
        if namespaces == nil, pods == nil {
            refuse("a peer without podSelector, namespaceSelector and ipBlock")
            return nil
        }
        return .pods(namespaces.map { .matching($0) } ?? .named(namespace), pods ?? .everything)
    }

    private mutating func block(_ json: JSONValue) -> Peer? {
        guard let range = prefix(json["cidr"]?.string ?? "") else { return nil }
        return .block(range, except: (json["except"]?.array ?? []).compactMap { prefix($0.string ?? "") })
    }

    mutating func prefix(_ text: String) -> CIDR? {
        if let prefix = CIDR(parsing: text) { return prefix }
        // Leading zeros were allowed once, and meant nothing.
        func plain(_ part: Substring) -> String { part.allSatisfy(\.isNumber) ? String(Int(part) ?? -1) : String(part) }
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2 {
            let address = halves[0].split(separator: ".", omittingEmptySubsequences: false).map(plain).joined(separator: ".")
            if let prefix = CIDR(parsing: "\(address)/\(plain(halves[1]))") { return prefix }
        }
        refuse("\"\(text)\" is no address prefix")
        return nil
    }

    private mutating func port(_ json: JSONValue) -> PortMatch? {
        let name = json["protocol"]?.string ?? "TCP"
        guard let transport = TransportProtocol(kubernetesName: name) else {
            refuse("protocol \"\(name)\" is unknown")
            return nil
        }
        switch IntOrString(json: json["port"]) {
        case nil: return .all(transport)
        case .string(let name): return .named(transport, name)
        case .int(let number):
            let last = json["endPort"]?.int ?? Int64(number)
            guard let first = UInt16(exactly: number), let last = UInt16(exactly: last), first <= last else {
                refuse("ports \(number)-\(last) are no range")
                return nil
            }
            return .range(transport, first...last)
        }
    }

    mutating func refuse(_ why: String) { fault = fault ?? why }
}
