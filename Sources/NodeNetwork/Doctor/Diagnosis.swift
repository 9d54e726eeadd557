import Netlink
import NetworkTypes

/// Judges what was seen of a node. Pure; in the order in which a packet would meet the trouble.
package struct Diagnosis: Sendable {
    let facts: NodeExamination
    let tunnels: TunnelSettings

    package init(_ facts: NodeExamination, tunnels: TunnelSettings = TunnelSettings()) {
        self.facts = facts
        self.tunnels = Self.limited(tunnels, facts)
    }

    /// An agent with `--pod-mtu` made tunnels that take no more: what pods get tells.
    private static func limited(_ tunnels: TunnelSettings, _ facts: NodeExamination) -> TunnelSettings {
        guard tunnels.mtuMax == nil, let nodes = facts.nodes,
            let given = facts.configuration.first(where: { !$0.podCIDRs.isEmpty })?.mtu,
            let possible = RoutePlan.compute(
                nodes: nodes, nodeName: facts.node, underlay: facts.table.underlay, settings: tunnels
            ).podMTU, given < possible
        else { return tunnels }
        var result = tunnels
        result.mtuMax = given
        return result
    }

    package var findings: [Finding] {
        [cluster] + runtime + configuration + forwarding + reversePath + routerAdvertisements + links + pods + routing + paths
            + rules + connections
    }

    private var cluster: Finding {
        guard facts.nodes != nil else {
            return Finding("cluster", .skipped, "the cluster was not asked: \(facts.clusterProblem)")
        }
        guard let own = facts.own else {
            return Finding(
                "cluster", .error, "the cluster has no Node \(facts.node)",
                remedy: "start the agent (or kubelet) of this node, or name the right one: --node-name")
        }
        guard !own.podCIDRs.isEmpty else {
            return Finding(
                "cluster", .error, "Node \(facts.node) has no podCIDRs",
                remedy: "look for CIDRNotAvailable in 'kubectl get events', and widen --cluster-cidr of the server")
        }
        let list = own.podCIDRs.map(\.description).joined(separator: ", ")
        return Finding("cluster", .ok, "Node \(facts.node) has the pods of \(list)")
    }

    private var runtime: [Finding] {
        switch facts.runtime {
        case nil: return [Finding("runtime", .skipped, "no runtime was asked")]
        case .unreachable(let reason):
            return [
                Finding(
                    "runtime", .error, "the container runtime does not answer: \(reason)",
                    remedy: "start containerd, or name its socket: --runtime-socket")
            ]
        case .answers(let version, _, let problem):
            guard let problem else { return [Finding("runtime", .ok, "\(version) answers and its network is ready")] }
            return [
                Finding(
                    "runtime", .error, "\(version) says that its network is not ready: \(problem)",
                    remedy: "see the findings on the configuration and the plugin below; then restart containerd")
            ]
        }
    }

    private var configuration: [Finding] {
        let directory = facts.configurationDirectory
        guard let first = facts.configuration.first else {
            return [
                Finding(
                    "configuration", .error, "\(directory) holds no network configuration: no pod can start",
                    remedy: "start skiff agent (or skiff routes --cni-conf-dir \(directory)), which writes it")
            ]
        }
        var findings: [Finding] = []
        if first.plugins == nil {
            findings.append(
                Finding(
                    "configuration", .error, "\(directory)/\(first.name) is not readable as JSON, and the runtime takes it first",
                    remedy: "repair or remove \(directory)/\(first.name)"))
        } else if first.podCIDRs.isEmpty {
            findings.append(
                Finding(
                    "configuration", .warning, "the runtime takes \(first.name), which is not Skiff's",
                    remedy: "remove \(directory)/\(first.name) if Skiff is to wire pods"))
        } else if let own = facts.own, Set(own.podCIDRs) != Set(first.podCIDRs) {
            findings.append(
                Finding(
                    "configuration", .error,
                    "\(first.name) gives out \(first.podCIDRs.map(\.description).joined(separator: ", ")), but the Node has "
                        + own.podCIDRs.map(\.description).joined(separator: ", "),
                    remedy: "restart skiff agent, then the pods that have addresses of the old range"))
        } else {
            findings.append(Finding("configuration", .ok, "the runtime takes \(first.name)"))
        }
        for plugin in facts.missingPlugins {
            findings.append(
                Finding(
                    "plugin", .error, "\(plugin) is not there or not executable", remedy: "install it: cp skiff-cni \(plugin)"))
        }
        if facts.missingPlugins.isEmpty { findings.append(Finding("plugin", .ok, "every plugin that is called for is there")) }
        return findings
    }

    private var forwarding: [Finding] {
        facts.families.flatMap { family -> [Finding] in
            let key = family == .ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding"
            var findings: [Finding] = []
            if family == .ipv6, facts.sysctls["net/ipv6/conf/all/disable_ipv6"] == "1" {
                findings.append(
                    Finding(
                        "forwarding", .error, "IPv6 is switched off, and pods have addresses of it",
                        remedy: "sysctl -w net.ipv6.conf.all.disable_ipv6=0"))
            }
            guard let value = facts.sysctls[key] else {
                return findings + [Finding("forwarding", .skipped, "\(key) cannot be read")]
            }
            let name = key.split(separator: "/").joined(separator: ".")
            findings.append(
                value == "1"
                    ? Finding("forwarding", .ok, "\(family.kubernetesName) is forwarded")
                    : Finding(
                        "forwarding", .error, "\(name) is \(value): nothing gets to pods or leaves them",
                        remedy: "sysctl -w \(name)=1, and remove what sets it from /etc/sysctl.d"))
            return findings
        }
    }

    /// The kernel uses the greater of `all` and the link's own value.
    private var reversePath: [Finding] {
        guard facts.families.contains(.ipv4), let all = facts.sysctls["net/ipv4/conf/all/rp_filter"] else { return [] }
        var findings: [Finding] = []
        let names = facts.table.underlay.links.map(\.name) + facts.tunnels.keys.sorted()
        for name in names where max(all, facts.sysctls["net/ipv4/conf/\(name)/rp_filter"] ?? "0") == "1" {
            findings.append(
                Finding(
                    "rp_filter", .warning, "\(name) drops packets whose answer would leave by another link (strict rp_filter)",
                    remedy: "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.\(name).rp_filter=2"))
        }
        if all == "2" {
            findings.append(
                Finding(
                    "rp_filter", .warning, "net.ipv4.conf.all.rp_filter is 2: pods can send with addresses of others",
                    remedy: "sysctl -w net.ipv4.conf.all.rp_filter=0; pods' own links are strict"))
        }
        return findings.isEmpty ? [Finding("rp_filter", .ok, "links between nodes take packets from every way")] : findings
    }

    /// A link that forwards ignores router advertisements unless told otherwise.
    private var routerAdvertisements: [Finding] {
        guard facts.families.contains(.ipv6) else { return [] }
        let advertised = facts.routes.filter { $0.origin.rawValue == 9 && $0.destination.prefixLength == 0 }
        return advertised.compactMap { route in
            guard let name = facts.table.links.first(where: { $0.index == route.index })?.name,
                facts.sysctls["net/ipv6/conf/\(name)/accept_ra"] != "2"
            else { return nil }
            return Finding(
                "router", .warning, "the default route of \(name) came by a router advertisement and will run out",
                remedy: "sysctl -w net.ipv6.conf.\(name).accept_ra=2")
        }
    }

    private var connections: [Finding] {
        guard let (count, max) = facts.connections, max > 0 else {
            return [Finding("conntrack", .skipped, "connections are not tracked here")]
        }
        let percent = count * 100 / max
        let text = "\(count) of \(max) connections are tracked (\(percent) %)"
        guard percent >= 70 else { return [Finding("conntrack", .ok, text)] }
        return [
            Finding(
                "conntrack", percent >= 90 ? .error : .warning, "\(text): when it is full, new ones are dropped",
                remedy: "sysctl -w net.netfilter.nf_conntrack_max=\(max * 2) in the host's own namespace")
        ]
    }
}
