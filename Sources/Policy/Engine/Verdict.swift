package import API
package import NetworkTypes

/// One end of a connection.
package enum Party: Hashable, Sendable, CustomStringConvertible {
    case pod(NamespacedName)
    /// A node itself: the kubelet, a process on the host.
    case node(String)
    /// Something outside the cluster, or any address.
    case address(IPAddress)

    package var description: String {
        switch self {
        case .pod(let key): key.description
        case .node(let name): "node/\(name)"
        case .address(let address): address.description
        }
    }
}

/// A connection that somebody wants to open; the port is the one that the destination sees, behind any Service.
package struct Connection: Hashable, Sendable, CustomStringConvertible {
    package var source: Party
    package var destination: Party
    package var transport: TransportProtocol
    package var port: UInt16
    /// Nil: the first family that both ends have an address of, IPv4 before IPv6.
    package var family: IPFamily?

    package init(
        from source: Party, to destination: Party, _ transport: TransportProtocol = .tcp, _ port: UInt16,
        family: IPFamily? = nil
    ) {
        self.source = source
        self.destination = destination
        self.transport = transport
        self.port = port
        self.family = family
    }

    package var description: String { "\(source) -> \(destination):\(port)/\(transport.name)" }
}

/// A policy by name.
package enum PolicyReference: Hashable, Sendable, Comparable, CustomStringConvertible {
    case network(NamespacedName)
    case cluster(String)

    package var description: String {
        switch self {
        case .network(let key): "NetworkPolicy \(key)"
        case .cluster(let name): "ClusterNetworkPolicy \(name)"
        }
    }

    package static func < (left: PolicyReference, right: PolicyReference) -> Bool {
        switch (left, right) {
        case (.network(let left), .network(let right)): left < right
        case (.cluster(let left), .cluster(let right)): left < right
        case (.network, .cluster): true
        case (.cluster, .network): false
        }
    }
}

/// A rule by its place: `shop/allow-web ingress[0]`.
package struct RuleReference: Hashable, Sendable, CustomStringConvertible {
    package var policy: PolicyReference
    package var direction: PolicyDirection
    package var index: Int
    /// The peer of the rule that matched; nil: the rule names none, or none matched.
    package var peer: Int?
    /// The same for ports.
    package var port: Int?

    package init(_ policy: PolicyReference, _ direction: PolicyDirection, _ index: Int, peer: Int? = nil, port: Int? = nil) {
        self.policy = policy
        self.direction = direction
        self.index = index
        self.peer = peer
        self.port = port
    }

    package var description: String { "\(policy) \(direction.rawValue)[\(index)]" }
}

/// A rule that would have allowed the connection if one thing were different.
package struct NearMiss: Hashable, Sendable {
    package enum Lack: Hashable, Sendable {
        /// The ports match, who it is does not.
        case peer
        /// Who it is matches, the port does not.
        case port
        case both
    }

    package var rule: RuleReference
    package var lack: Lack
}

/// What policies say about one direction of a connection.
package struct DirectionVerdict: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// This end is no pod that policies apply to.
        case notSubject
        /// A pod always reaches itself.
        case own
        /// The pod's own node and the pod always reach each other.
        case ownNode
        /// No policy applies.
        case notIsolated
        /// A rule decided: of a NetworkPolicy (allowed), or of a ClusterNetworkPolicy.
        case rule(RuleReference)
        /// NetworkPolicies isolate the pod, and no rule allows the connection.
        case isolated
        /// A policy that cannot be applied cuts the pod off.
        case fault(PolicyReference, String)
    }

    package var isAllowed: Bool
    package var reason: Reason
    /// The NetworkPolicies that isolate the pod in this direction, in order of name.
    package var isolatedBy: [PolicyReference] = []
    /// Every NetworkPolicy rule that allows the connection.
    package var allowedBy: [RuleReference] = []
    /// ClusterNetworkPolicy rules that passed it on.
    package var passedBy: [RuleReference] = []
    /// When isolated: rules that come closest, those that lack one thing first.
    package var nearest: [NearMiss] = []

    package init(isAllowed: Bool, _ reason: Reason) {
        self.isAllowed = isAllowed
        self.reason = reason
    }
}

/// What policies say about a connection: both directions must allow it.
package struct ConnectionVerdict: Hashable, Sendable {
    package var egress: DirectionVerdict
    package var ingress: DirectionVerdict

    package init(egress: DirectionVerdict, ingress: DirectionVerdict) {
        self.egress = egress
        self.ingress = ingress
    }

    package var isAllowed: Bool { egress.isAllowed && ingress.isAllowed }
    package func direction(_ direction: PolicyDirection) -> DirectionVerdict { direction == .ingress ? ingress : egress }
}
