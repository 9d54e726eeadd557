package import Netlink
package import NetworkTypes

/// What was seen of one node, before anybody judges it.
package struct NodeExamination: Sendable {
    /// A file of the runtime's network configuration.
    package struct ConfigurationFile: Hashable, Sendable {
        package var name: String
        /// Nil: no JSON.
        package var plugins: [String]?
        /// Of our plugin; empty without it.
        package var podCIDRs: [CIDR]
        package var mtu: UInt32?
    }

    /// The host's end of a pod.
    package struct PodLink: Hashable, Sendable {
        package var name: String
        package var index: InterfaceIndex
        package var isUp: Bool
        /// The runtime's name of the pod's sandbox; nil: not readable from the link.
        package var container: String?

        package init(name: String, index: InterfaceIndex, isUp: Bool, container: String?) {
            self.name = name
            self.index = index
            self.isUp = isUp
            self.container = container
        }
    }

    package enum Runtime: Hashable, Sendable {
        case unreachable(String)
        /// - networkProblem: Why it says that its network is not ready; nil: it is.
        case answers(version: String, sandboxes: Set<String>, networkProblem: String?)
    }

    /// A base chain that is not ours.
    package struct ForeignChain: Hashable, Sendable {
        package var table: String
        package var chain: String
        /// `NF_INET_*`: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.
        package var hook: UInt32
        package var acceptsByDefault: Bool

        package init(table: String, chain: String, hook: UInt32, acceptsByDefault: Bool) {
            self.table = table
            self.chain = chain
            self.hook = hook
            self.acceptsByDefault = acceptsByDefault
        }
    }

    /// An echo request of a certain size, which nobody on the way may split.
    package struct Echo: Hashable, Sendable {
        package var node: String
        package var address: IPAddress
        package var bytes: UInt32
        /// To the other end of a tunnel, through it.
        package var isTunnelled = false
        package var result: EchoProbe.Result
    }

    package var node: String
    /// Values by path below `/proc/sys`; what cannot be read is missing.
    package var sysctls: [String: String] = [:]
    package var table = LinkTable(links: [], addresses: [])
    package var routes: [RouteMessage] = []
    package var tunnels: [String: TunnelState] = [:]
    /// In the order in which the runtime takes them.
    package var configuration: [ConfigurationFile] = []
    package var configurationDirectory = ""
    /// Names of plugins that are called for and not there, with the directory.
    package var missingPlugins: [String] = []
    package var pods: [PodLink] = []
    /// Nil: the kernel has no nf_tables, or we may not ask.
    package var chains: [ForeignChain]?
    /// Tables that have base chains, ours too: `ip skiff-proxy`.
    package var tables: Set<String> = []
    /// Tables of the older iptables that are loaded.
    package var legacyTables: [String] = []
    package var connections: (count: Int, max: Int)?
    package var runtime: Runtime?
    /// Every Node of the cluster; nil: nobody could be asked, `clusterProblem` says why.
    package var nodes: [NodeView]?
    package var clusterProblem = ""
    package var echoes: [Echo] = []

    package init(node: String) { self.node = node }

    package var own: NodeView? { nodes?.first { $0.name == node } }
    package var podCIDRs: [CIDR] {
        own.map(\.podCIDRs) ?? configuration.first { !$0.podCIDRs.isEmpty }?.podCIDRs ?? []
    }
    package var families: [IPFamily] { Set(podCIDRs.map(\.family)).sorted() }
}
