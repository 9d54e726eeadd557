package import NetworkTypes

/// What the proxy must know about its node and cluster.
///
/// The node needs `net.ipv4.ip_forward=1` (`net.ipv6.conf.all.forwarding=1`); the agent sets it, the proxy changes no sysctl.
package struct ProxyConfiguration: Hashable, Sendable {
    /// Endpoints with this `nodeName` are local.
    package var nodeName: String
    /// `topology.kubernetes.io/zone` of the node; nil: zone hints are not used.
    package var zone: String?
    /// Addresses of pods. Traffic to a cluster IP from elsewhere is masqueraded; as upstream, the first prefix of a family
    /// counts. Empty: such traffic keeps its source.
    package var clusterCIDRs: [CIDR]
    /// Ranges of cluster IPs; new connections to an address that no Service has are dropped.
    package var serviceCIDRs: [CIDR]
    /// Addresses of the node: a load balancer address whose source ranges hold one of them may be used by itself.
    package var nodeAddresses: [IPAddress]
    /// A table each.
    package var families: [IPFamily]
    /// The bit that says "masquerade" between two hooks.
    package var masqueradeMark: UInt32
    /// At least this long between the end of one sync and the next.
    package var syncInterval: Duration
    /// How long after a failed sync the next one follows.
    package var retryInterval: Duration
    /// How often the kernel is asked whether somebody else changed its rules.
    package var checkInterval: Duration

    /// - Parameter families: Nil: those of `clusterCIDRs`, IPv4 when there are none.
    package init(
        nodeName: String, zone: String? = nil, clusterCIDRs: [CIDR], serviceCIDRs: [CIDR] = [],
        nodeAddresses: [IPAddress] = [], families: [IPFamily]? = nil,
        masqueradeMark: UInt32 = 0x4000, syncInterval: Duration = .milliseconds(20), retryInterval: Duration = .seconds(1),
        checkInterval: Duration = .seconds(1)
    ) {
        self.nodeName = nodeName
        self.zone = zone
        self.clusterCIDRs = clusterCIDRs
        self.serviceCIDRs = serviceCIDRs
        self.nodeAddresses = nodeAddresses
        let known = Set(clusterCIDRs.map(\.family)).sorted()
        self.families = families ?? (known.isEmpty ? [.ipv4] : known)
        self.masqueradeMark = masqueradeMark
        self.syncInterval = syncInterval
        self.retryInterval = retryInterval
        self.checkInterval = checkInterval
    }

    package func clusterCIDR(_ family: IPFamily) -> CIDR? { clusterCIDRs.first { $0.family == family } }
}
