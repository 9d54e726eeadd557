package import API
package import NetworkTypes

/// The two sides that policies look at a connection from.
package enum PolicyDirection: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Into the pod that a policy selects.
    case ingress
    /// Out of it.
    case egress

    package var other: PolicyDirection { self == .ingress ? .egress : .ingress }
    package static func < (left: PolicyDirection, right: PolicyDirection) -> Bool { left.rawValue < right.rawValue }
}

/// What a rule does with what it matches.
package enum PolicyAction: String, Hashable, Sendable {
    case accept = "Accept"
    case deny = "Deny"
    /// Leaves the tier of the rule.
    case pass = "Pass"
}

/// Which namespaces a peer's or subject's pods are in.
package enum NamespaceChoice: Hashable, Sendable {
    case named(String)
    case matching(LabelSelector)
}

/// Who is at the other end.
package enum Peer: Hashable, Sendable {
    /// Pods, never those in the host's network.
    case pods(NamespaceChoice, LabelSelector)
    /// Addresses of a prefix but not of those in `except`; pods' addresses too.
    case block(CIDR, except: [CIDR])
    /// Addresses of matching nodes.
    case nodes(LabelSelector)

    var choosesPods: Bool { if case .pods = self { true } else { false } }
}

/// Which destination ports a rule is about.
package enum PortMatch: Hashable, Sendable {
    case range(TransportProtocol, ClosedRange<UInt16>)
    /// The container port of this name, looked up in each destination pod; nil: whatever protocol it has there.
    case named(TransportProtocol?, String)

    package static func all(_ transport: TransportProtocol) -> PortMatch { .range(transport, 0...UInt16.max) }

    /// - Parameter names: The destination's named ports; empty for what is no pod.
    package func matches(_ transport: TransportProtocol, _ port: UInt16, names: [NamedPort]) -> Bool {
        switch self {
        case .range(let own, let range): own == transport && range.contains(port)
        case .named(let own, let name):
            (own == nil || own == transport)
                && names.contains { $0.name == name && $0.transport == transport && $0.number == port }
        }
    }
}

/// One rule of a policy, in one direction.
package struct PolicyRule: Hashable, Sendable {
    package var action: PolicyAction
    /// Of a ClusterNetworkPolicy's rule; else empty.
    package var name: String
    /// Nil: everybody, also what is no pod. Empty: nobody.
    package var peers: [Peer]?
    /// Nil: every port of every protocol. Empty: none.
    package var ports: [PortMatch]?

    package init(_ action: PolicyAction = .accept, name: String = "", peers: [Peer]? = nil, ports: [PortMatch]? = nil) {
        self.action = action
        self.name = name
        self.peers = peers
        self.ports = ports
    }
}
