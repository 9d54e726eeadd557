import Netlink
import NetworkTypes

/// Links, pods, routes and the ways to other nodes.
extension Diagnosis {
    var links: [Finding] {
        let underlay = facts.table.underlay
        guard !underlay.links.isEmpty else {
            return [Finding("links", .error, "no link has an address", remedy: "give the node's link its address")]
        }
        var findings = underlay.links.filter { !$0.isUp }.map {
            Finding("links", .warning, "\($0.name) has addresses and is down", remedy: "ip link set \($0.name) up")
        }
        if let own = facts.own {
            let local = Set(underlay.links.flatMap { $0.addresses.map(\.address) })
            for address in own.addresses where !local.contains(address) {
                findings.append(
                    Finding(
                        "links", .error, "the Node names \(address), which no link here has",
                        remedy: "correct --node-address of the agent, or the link's address"))
            }
        }
        return findings.isEmpty
            ? [Finding("links", .ok, "\(underlay.links.map { "\($0.name) (\($0.mtu))" }.joined(separator: ", "))")] : findings
    }

    var pods: [Finding] {
        var findings: [Finding] = []
        let routed = Set(facts.routes.filter { $0.origin == .pod }.compactMap(\.index))
        for pod in facts.pods {
            if !pod.isUp {
                findings.append(Finding("pods", .error, "\(pod.name) is down", remedy: "ip link set \(pod.name) up"))
            } else if !routed.contains(pod.index) {
                findings.append(
                    Finding(
                        "pods", .error, "no route leads to the pod of \(pod.name)",
                        remedy:
                            "delete the pod: its sandbox is made anew; find who deletes routes (networkd: ManageForeignRoutes=no)"
                    ))
            }
        }
        if case .answers(_, let sandboxes, _) = facts.runtime {
            for pod in facts.pods {
                guard let container = pod.container, !sandboxes.contains(container) else { continue }
                findings.append(
                    Finding(
                        "pods", .warning, "\(pod.name) and its address belong to sandbox \(container.prefix(13)), which is gone",
                        remedy: "ip link del \(pod.name)"))
            }
        }
        let pool = facts.podCIDRs.filter { $0.family == (facts.families.first ?? .ipv4) }.map(\.count).reduce(0, +)
        if pool > 0, UInt128(facts.pods.count) * 10 >= pool * 9 {
            findings.append(
                Finding(
                    "pods", .warning, "\(facts.pods.count) of \(pool) addresses are in use",
                    remedy: "add nodes, or give nodes larger ranges: --node-cidr-mask-size-ipv4"))
        }
        return findings.isEmpty ? [Finding("pods", .ok, "\(facts.pods.count) pods are linked and routed")] : findings
    }

    var routing: [Finding] {
        guard let nodes = facts.nodes else {
            return [Finding("routes", .skipped, "which routes there should be only the cluster knows")]
        }
        let plan = RoutePlan.compute(nodes: nodes, nodeName: facts.node, underlay: facts.table.underlay, settings: tunnels)
        var findings = plan.problems.map {
            Finding("routes", .error, "\($0)", remedy: Self.remedy($0))
        }
        var desired = plan.routes
        for tunnel in plan.tunnels {
            guard let state = facts.tunnels[tunnel.name], let index = state.link.index,
                TunnelDifference.device(state.link, tunnel) == .keep
            else {
                findings.append(
                    Finding(
                        "tunnel", .error, "\(tunnel.name), which \(tunnel.peers.count) nodes need, is missing or set otherwise",
                        remedy: "is skiff agent running here? it makes it within a second"))
                continue
            }
            let wrong = TunnelDifference.requests(from: state, to: tunnel, on: index).count
            findings.append(
                wrong == 0
                    ? Finding("tunnel", .ok, "\(tunnel.name) leads to \(tunnel.peers.count) nodes")
                    : Finding(
                        "tunnel", .error, "\(wrong) entries of \(tunnel.name) are missing or wrong",
                        remedy: "is skiff agent running here? it repairs them within a second"))
            desired += tunnel.routes(on: index)
        }
        let difference = RouteDifference(actual: facts.routes, desired: desired)
        if !difference.replace.isEmpty {
            let list = difference.replace.prefix(3).map(\.destination.description).joined(separator: ", ")
            findings.append(
                Finding(
                    "routes", .error, "\(difference.replace.count) routes are missing or lead elsewhere: \(list)",
                    remedy: "is skiff agent running here? it repairs them within a second"))
        }
        findings += shadows(desired)
        return findings.contains { $0.check == "routes" }
            ? findings : findings + [Finding("routes", .ok, "\(desired.count) ranges of pods are routed")]
    }

    /// Longer routes of somebody else, inside a range that leads to another node.
    private func shadows(_ desired: [RouteMessage]) -> [Finding] {
        let remote = desired.filter { $0.kind == .unicast }.map(\.destination)
        return facts.routes.filter { route in
            route.table == RouteMessage.mainTable && route.origin != .node && route.origin != .pod
                && remote.contains { $0.contains(route.destination) }
        }.map {
            Finding(
                "routes", .warning, "somebody else's route \($0.destination) takes pods away from their node",
                remedy: "ip route del \($0.destination)")
        }
    }

    var paths: [Finding] {
        var findings: [Finding] = []
        if let nodes = facts.nodes {
            let plan = RoutePlan.compute(nodes: nodes, nodeName: facts.node, underlay: facts.table.underlay, settings: tunnels)
            let mtu = facts.configuration.first { !$0.podCIDRs.isEmpty }?.mtu
            if let mtu, let least = plan.podMTU, mtu > least {
                findings.append(
                    Finding(
                        "mtu", .warning, "pods may send \(mtu) bytes, but a way to another node takes \(least)",
                        remedy: "restart the pods that were started before, or set --pod-mtu \(least)"))
            }
        }
        for echo in facts.echoes {
            let what = "\(echo.bytes) bytes to \(echo.node) (\(echo.address)\(echo.isTunnelled ? ", by tunnel" : ""))"
            switch echo.result {
            case .answered: findings.append(Finding("path", .ok, "\(what) arrive"))
            case .tooLong:
                findings.append(
                    Finding(
                        "path", .error, "\(what) are too long for the way",
                        remedy: "lower the MTU of this node's link to what the way takes, or set --pod-mtu"))
            case .silent:
                findings.append(
                    Finding(
                        "path", .warning, "\(what) are not answered",
                        remedy: echo.isTunnelled
                            ? "does a firewall between the nodes let UDP \(tunnels.port) pass, and does skiff agent run there?"
                            : "is the node up? if small packets pass (ping -s 0), the way takes fewer bytes than the link"))
            case .refused(let errno):
                findings.append(
                    Finding(
                        "path", .error, "\(what) cannot be sent: \(LinuxErrno.text(errno))",
                        remedy: "ip route get \(echo.address)"))
            }
        }
        return findings
    }

    var rules: [Finding] {
        guard let chains = facts.chains else {
            return [
                Finding(
                    "rules", .error, "nf_tables does not answer: Services and policies need it",
                    remedy: "run as root; modprobe nf_tables; or boot a kernel with CONFIG_NF_TABLES")
            ]
        }
        let names = ["prerouting", "input", "forward", "output", "postrouting"]
        var findings = chains.filter { !$0.acceptsByDefault && $0.hook == 2 }.map { chain in
            Finding(
                "rules", .error, "chain \(chain.chain) of table \(chain.table) drops what it does not name in the forward hook",
                remedy: "let pods through: nft insert rule \(chain.table) \(chain.chain) ip saddr PODS accept (and daddr)")
        }
        findings += chains.filter { !$0.acceptsByDefault && $0.hook != 2 }.map { chain in
            let hook = names.indices.contains(Int(chain.hook)) ? names[Int(chain.hook)] : "another"
            return Finding(
                "rules", .warning, "chain \(chain.chain) of table \(chain.table) drops what it does not name in the \(hook) hook",
                remedy: "check that it lets through VXLAN (UDP \(tunnels.port)), the kubelet (TCP 10250) and node ports")
        }
        // Upstream's proxy may do it, by its tables or by those of iptables.
        let proxies = facts.families.flatMap { family in
            ["skiff-proxy", "kube-proxy", "nat"].map { "\(family == .ipv4 ? "ip" : "ip6") \($0)" }
        }
        if facts.legacyTables.isEmpty, !facts.families.isEmpty, facts.tables.isDisjoint(with: proxies) {
            findings.append(
                Finding(
                    "services", .warning, "no table here translates the addresses of Services",
                    remedy: "start skiff agent, skiff proxy or kube-proxy"))
        }
        if !facts.legacyTables.isEmpty {
            findings.append(
                Finding(
                    "rules", .warning, "tables of the older iptables are loaded: \(facts.legacyTables.joined(separator: ", "))",
                    remedy: "iptables-legacy-save shows what they do; remove what drops or translates pods"))
        }
        return findings.isEmpty ? [Finding("rules", .ok, "no foreign chain drops by default")] : findings
    }

    private static func remedy(_ problem: RoutingProblem) -> String {
        switch problem {
        case .unreadable: "correct spec.podCIDRs: delete the Node, and its agent registers it again"
        case .overlap: "delete the younger Node, and its agent registers it again with a range of its own"
        case .coversUnderlay: "give pods ranges that no network of the nodes has: --cluster-cidr of the server"
        case .noAddress: "start that node's agent with an address of each family: --node-address A,B"
        case .notOnLink: "allow tunnels: --routing auto"
        case .foreignAddress: "correct --node-address of the agent here"
        case .sameLinkAddress: "give the two nodes different addresses"
        }
    }
}
