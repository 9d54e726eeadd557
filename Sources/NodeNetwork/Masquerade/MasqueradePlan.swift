package import NetworkTypes

/// What of this node's traffic gets another source address.
package struct MasqueradePlan: Hashable, Sendable {
    /// This node's ranges of pods.
    package var own: [CIDR]
    /// Where pods are known by their own addresses: pods and Services of the cluster, nodes on links of ours, and what the user
    /// adds. Nil: pods keep their addresses everywhere.
    package var inside: [CIDR]?
    /// Names of the devices.
    package var tunnels: [String]

    /// Nothing is translated.
    package static let none = MasqueradePlan(own: [], inside: nil)

    package init(own: [CIDR], inside: [CIDR]?, tunnels: [String] = []) {
        self.own = own
        self.inside = inside
        self.tunnels = tunnels
    }

    /// - Parameter except: What the user names; nil: pods are not masqueraded.
    package init(_ routes: RoutePlan, nodes: [NodeView], except: [CIDR]?) {
        self.init(
            own: routes.ownPodCIDRs,
            inside: except.map { given in
                given + routes.ownPodCIDRs + nodes.flatMap(\.podCIDRs) + routes.directNodeAddresses.map { CIDR(host: $0) }
            },
            tunnels: routes.tunnels.map(\.name))
    }
}
