package import NetworkTypes

/// What the proxy must know about its node and cluster.
///
/// The node needs `net.ipv4.ip_forward=1` (`net.ipv6.conf.all.forwarding=1`); the agent sets it, the proxy itself does not.
package struct ProxyConfiguration: Hashable, Sendable {
    /// Endpoints with this `nodeName` are local.
    package var nodeName: String
    /// `topology.kubernetes.io/zone` of the node; nil: zone hints are not used. The watched Node's label comes first.
    package var zone: String?
    /// Addresses of pods, for `LocalTraffic.clusterCIDR`.
    package var clusterCIDRs: [CIDR]
    /// Addresses of this node's pods, for `LocalTraffic.nodeCIDR`; from the watched Node.
    package var podCIDRs: [CIDR]
    /// Ranges of cluster IPs; new connections to an address that no Service has are dropped. The cluster's ServiceCIDRs come on top.
    package var serviceCIDRs: [CIDR]
    /// Addresses of the node, the primary one of each family first. A load balancer address whose source ranges hold one of them
    /// may be used by itself. The watched Node's come first.
    package var nodeAddresses: [IPAddress]
    /// A table each.
    package var families: [IPFamily]
    /// How traffic of this node's pods is told from the rest.
    package var localTraffic: LocalTraffic
    /// Masquerade everything that goes to a cluster IP.
    package var masqueradesAll: Bool
    /// Where node ports answer.
    package var nodePortAddresses: NodePortAddresses
    /// The bit that says "masquerade" between two hooks.
    package var masqueradeMark: UInt32
    /// The tables belong to this process, where the kernel knows that (Linux 6.9): nobody else changes or flushes them, and they
    /// outlive the process.
    package var ownsTables: Bool
    /// The kernel counts the new connections of each frontend.
    package var countsConnections: Bool
    /// At least this long between the end of one sync and the next.
    package var syncInterval: Duration
    /// How long after a failed sync the next one follows.
    package var retryInterval: Duration
    /// How often the kernel is asked whether somebody else changed its rules.
    package var checkInterval: Duration
    /// How often the tables are read back and compared in any case.
    package var auditInterval: Duration
    /// How long the first sync waits for the Node object.
    package var nodeWaitMax: Duration

    /// - Parameter families: Nil: those of `clusterCIDRs`, IPv4 when there are none.
    package init(
        nodeName: String, zone: String? = nil, clusterCIDRs: [CIDR], serviceCIDRs: [CIDR] = [],
        nodeAddresses: [IPAddress] = [], families: [IPFamily]? = nil, localTraffic: LocalTraffic = .clusterCIDR,
        masqueradesAll: Bool = false, nodePortAddresses: NodePortAddresses = .primary, masqueradeMark: UInt32 = 0x4000,
        ownsTables: Bool = false, countsConnections: Bool = true, syncInterval: Duration = .milliseconds(5),
        retryInterval: Duration = .seconds(1),
        checkInterval: Duration = .seconds(1), auditInterval: Duration = .seconds(600), nodeWaitMax: Duration = .seconds(30)
    ) {
        self.nodeName = nodeName
        self.zone = zone
        self.clusterCIDRs = clusterCIDRs
        podCIDRs = []
        self.serviceCIDRs = serviceCIDRs
        self.nodeAddresses = nodeAddresses
        let known = Set(clusterCIDRs.map(\.family)).sorted()
        self.families = families ?? (known.isEmpty ? [.ipv4] : known)
        self.localTraffic = localTraffic
        self.masqueradesAll = masqueradesAll
        self.nodePortAddresses = nodePortAddresses
        self.masqueradeMark = masqueradeMark
        self.ownsTables = ownsTables
        self.countsConnections = countsConnections
        self.syncInterval = syncInterval
        self.retryInterval = retryInterval
        self.checkInterval = checkInterval
        self.auditInterval = auditInterval
        self.nodeWaitMax = nodeWaitMax
    }

    /// With what the cluster says about this node and itself.
    package func with(_ facts: ClusterFacts) -> ProxyConfiguration {
        var result = self
        if let node = facts.node {
            result.zone = node.zone ?? zone
            result.podCIDRs = node.podCIDRs
            result.nodeAddresses = node.addresses + nodeAddresses.filter { !node.addresses.contains($0) }
        }
        result.serviceCIDRs += facts.serviceCIDRs.filter { new in !serviceCIDRs.contains { $0.contains(new) } }
        return result
    }
}
