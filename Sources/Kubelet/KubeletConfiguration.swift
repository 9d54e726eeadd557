/// What one node's kubelet is told when it starts.
package struct KubeletConfiguration: Sendable {
    package var nodeName: String
    /// `InternalIP`; IPv4 first where there are two.
    package var nodeAddresses: [String]
    /// Labels beside those that every node has.
    package var nodeLabels: [String: String] = [:]
    /// Registered with the node, never changed later.
    package var taints: [(key: String, value: String, effect: String)] = []
    /// Port of the kubelet's own HTTPS server, told to the API server.
    package var port = 10250
    /// Where volumes, hosts files and termination messages lie.
    package var rootDirectory = "/var/lib/kubelet"
    package var podLogsDirectory = "/var/log/pods"
    package var cgroupRoot = "/sys/fs/cgroup"
    /// Name servers of pods with `ClusterFirst`; empty: they get the node's.
    package var clusterDNS: [String] = []
    package var clusterDomain = "cluster.local"
    package var resolvConfPath = "/etc/resolv.conf"
    package var podsMax = 110
    /// What `kubelet --version` would say, shown in `nodeInfo`.
    package var version = "v1.36.0"
    package var runtimeHandler = ""
    /// Kept back from pods: subtracted from capacity to give allocatable.
    package var reservedMilliCPU: Int64 = 0
    package var reservedMemoryBytes: Int64 = 0

    package var relistInterval: Duration = .seconds(1)
    package var nodeStatusInterval: Duration = .seconds(10)
    /// How long an unchanged node status may go unreported.
    package var nodeStatusReportInterval: Duration = .seconds(300)
    package var leaseDurationSeconds: Int64 = 40
    package var leaseRenewInterval: Duration = .seconds(10)
    /// How often a settled pod is looked at again: ConfigMaps, Secrets and tokens reach its volumes this late.
    package var resyncInterval: Duration = .seconds(60)
    /// Images pulled at once.
    package var parallelPullsMax = 5

    package init(nodeName: String, nodeAddresses: [String]) {
        self.nodeName = nodeName
        self.nodeAddresses = nodeAddresses
    }
}
