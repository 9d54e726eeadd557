import JSON

/// What an object may hold: enough to find a misspelled field, or a list where an object belongs.
///
/// Only policies are checked; a table of all kinds would take longer to read than a small run takes.
indirect enum FieldShape: Sendable {
    case text, number, numberOrText, flag
    /// Labels and other free members.
    case texts
    case anything
    case list(FieldShape)
    case object([String: FieldShape])

    /// Findings as upstream's strict decoding words them, with the field.
    func problems(in value: JSONValue, _ field: String = "") -> [(field: String, message: String)] {
        switch (self, value) {
        case (_, .null), (.anything, _), (.text, .string), (.number, .int), (.flag, .bool), (.numberOrText, .int),
            (.numberOrText, .string):
            return []
        case (.texts, .object(let object)):
            return object.members.filter { $0.value.string == nil && !$0.value.isNull }.map {
                (field, "\(field).\($0.key): must be a string: quote the value")
            }
        case (.list(let element), .array(let values)):
            return values.enumerated().flatMap { element.problems(in: $1, "\(field)[\($0)]") }
        case (.object(let members), .object(let object)):
            return object.members.flatMap { member in
                let path = field.isEmpty ? member.key : "\(field).\(member.key)"
                guard let shape = members[member.key] else { return [(path, "unknown field \"\(path)\"")] }
                return shape.problems(in: member.value, path)
            }
        default: return [(field, "\(field): must be \(expected)")]
        }
    }

    private var expected: String {
        switch self {
        case .text: "a string"
        case .number: "a whole number"
        case .numberOrText: "a number or a name"
        case .flag: "true or false"
        case .texts, .object: "an object"
        case .list: "a list"
        case .anything: "anything"
        }
    }
}

extension FieldShape {
    private static let selector = FieldShape.object([
        "matchLabels": .texts,
        "matchExpressions": .list(.object(["key": .text, "operator": .text, "values": .list(.text)])),
    ])

    private static func top(_ spec: FieldShape) -> FieldShape {
        .object(["apiVersion": .text, "kind": .text, "metadata": .anything, "status": .anything, "spec": spec])
    }

    /// - SeeAlso: Kubernetes 1.36 `api/networking/v1/types.go`.
    static let networkPolicy: FieldShape = {
        let peer = FieldShape.object([
            "podSelector": selector, "namespaceSelector": selector,
            "ipBlock": .object(["cidr": .text, "except": .list(.text)]),
        ])
        let ports = FieldShape.list(.object(["protocol": .text, "port": .numberOrText, "endPort": .number]))
        return top(
            .object([
                "podSelector": selector, "policyTypes": .list(.text),
                "ingress": .list(.object(["from": .list(peer), "ports": ports])),
                "egress": .list(.object(["to": .list(peer), "ports": ports])),
            ]))
    }()

    /// Peers stay open: one of a kind unknown here fails closed.
    ///
    /// - SeeAlso: network-policy-api 0.2.0 `apis/v1alpha2/clusternetworkpolicy_types.go`.
    static let clusterNetworkPolicy: FieldShape = {
        let pods = FieldShape.object(["namespaceSelector": selector, "podSelector": selector])
        let port = FieldShape.object([
            "destinationPort": .object(["number": .number, "range": .object(["start": .number, "end": .number])])
        ])
        let protocols = FieldShape.list(
            .object(["tcp": port, "udp": port, "sctp": port, "destinationNamedPort": .text]))
        func rules(_ peers: String) -> FieldShape {
            .list(.object(["name": .text, "action": .text, "protocols": protocols, peers: .list(.anything)]))
        }
        return top(
            .object([
                "tier": .text, "priority": .number, "subject": .object(["namespaces": selector, "pods": pods]),
                "ingress": rules("from"), "egress": rules("to"),
            ]))
    }()
}
