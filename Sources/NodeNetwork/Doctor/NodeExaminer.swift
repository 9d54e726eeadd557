import Glibc
import JSON
package import Netlink
import NetworkTypes

/// Looks at one node: its kernel and its files. Blocks; changes nothing.
package struct NodeExaminer: Sendable {
    /// Nil: that of the process.
    private let namespace: NetworkNamespace?
    /// In front of every path: `/proc/PID/root` for a node that is another process's; empty for this machine.
    private let root: String
    private let configurationDirectory: String
    private let pluginDirectory: String

    package init(
        namespace: NetworkNamespace? = nil, root: String = "", configurationDirectory: String = "/etc/cni/net.d",
        pluginDirectory: String = "/opt/cni/bin"
    ) {
        self.namespace = namespace
        self.root = root
        self.configurationDirectory = configurationDirectory
        self.pluginDirectory = pluginDirectory
    }

    /// Runs in the node's network.
    package func inNamespace<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        if let namespace { try namespace.perform(body) } else { try FreshThread.run(body) }
    }

    /// Everything but what the runtime, nf_tables and the cluster say.
    package func examine(node: String) throws -> NodeExamination {
        var facts = NodeExamination(node: node)
        facts.configurationDirectory = configurationDirectory
        facts.configuration = configurationFiles()
        facts.missingPlugins = missingPlugins(facts.configuration)
        let seen = try inNamespace { () -> (LinkTable, [RouteMessage], [String: TunnelState], [String: String]) in
            let kernel = NodeKernel(transport: try NetlinkSocket(), sysctl: Sysctl())
            let table = try kernel.links()
            var tunnels: [String: TunnelState] = [:]
            for name in IPFamily.allCases.map({ TunnelPlan.deviceName($0) }) {
                guard let link = table.link(named: name), let index = link.index else { continue }
                tunnels[name] = try kernel.tunnel(link, index, table)
            }
            return (table, try kernel.routes(), tunnels, Self.sysctls(table))
        }
        (facts.table, facts.routes, facts.tunnels, facts.sysctls) = seen
        if let count = facts.sysctls["net/netfilter/nf_conntrack_count"].flatMap({ Int($0) }),
            let max = facts.sysctls["net/netfilter/nf_conntrack_max"].flatMap({ Int($0) })
        {
            facts.connections = (count, max)
        }
        facts.legacyTables = try inNamespace {
            ["ip_tables_names", "ip6_tables_names"].flatMap { file in
                (Self.text("/proc/thread-self/net/\(file)") ?? "").split(separator: "\n").map { "\($0) (\(file.prefix(3)))" }
            }
        }
        return facts
    }

    /// One echo of a link's whole length to each other node, by each of its addresses, and one through each tunnel.
    ///
    /// - Parameter firstIdentifier: The rest count up from it.
    package func echoes(
        to nodes: [NodeView], from own: String, underlay: Underlay, tunnels: TunnelSettings, firstIdentifier: UInt16
    ) throws -> [NodeExamination.Echo] {
        var echoes: [NodeExamination.Echo] = []
        let home = underlay.link(having: nodes.first { $0.name == own }?.addresses ?? [])
        for node in nodes.filter({ $0.name != own }).prefix(Self.echoNodesMax) {
            for address in node.addresses {
                guard let mtu = (underlay.link(reaching: address) ?? home)?.mtu else { continue }
                echoes.append(NodeExamination.Echo(node: node.name, address: address, bytes: mtu, result: .silent))
            }
        }
        let plan = RoutePlan.compute(nodes: nodes, nodeName: own, underlay: underlay, settings: tunnels)
        for tunnel in plan.tunnels {
            for peer in tunnel.peers.prefix(Self.echoNodesMax) {
                guard let address = peer.podCIDRs.first?.first else { continue }
                echoes.append(
                    NodeExamination.Echo(
                        node: peer.node, address: address, bytes: tunnel.mtu, isTunnelled: true, result: .silent))
            }
        }
        let requests = echoes.map { EchoProbe.Request(to: $0.address, bytes: $0.bytes) }
        let results = try inNamespace { EchoProbe.send(requests, firstIdentifier: firstIdentifier) }
        for (index, result) in results.enumerated() { echoes[index].result = result }
        return echoes
    }

    /// Of a large cluster a sample tells enough.
    private static let echoNodesMax = 64

    /// In the namespace of the calling thread.
    private static func sysctls(_ table: LinkTable) -> [String: String] {
        var keys = [
            "net/ipv4/ip_forward", "net/ipv4/conf/all/rp_filter", "net/ipv6/conf/all/forwarding",
            "net/ipv6/conf/all/disable_ipv6", "net/netfilter/nf_conntrack_count", "net/netfilter/nf_conntrack_max",
        ]
        let names = table.underlay.links.map(\.name) + IPFamily.allCases.map { TunnelPlan.deviceName($0) }
        keys += names.flatMap { ["net/ipv4/conf/\($0)/rp_filter", "net/ipv6/conf/\($0)/accept_ra"] }
        var values: [String: String] = [:]
        for key in keys { values[key] = try? Sysctl.read(key) }
        return values
    }

    private func configurationFiles() -> [NodeExamination.ConfigurationFile] {
        names(in: root + configurationDirectory).filter { name in
            !name.hasPrefix(".") && [".conflist", ".conf", ".json"].contains { name.hasSuffix($0) }
        }.map { name in
            var file = NodeExamination.ConfigurationFile(name: name, plugins: nil, podCIDRs: [], mtu: nil)
            guard let text = Self.text("\(root)\(configurationDirectory)/\(name)"),
                let json = try? JSONParser.parse(Array(text.utf8))
            else { return file }
            let plugins = json["plugins"]?.array ?? [json]
            file.plugins = plugins.compactMap { $0["type"]?.string }
            if let ours = plugins.first(where: { $0["type"]?.string == "skiff-cni" }) {
                file.podCIDRs = (ours["podCIDRs"]?.array ?? []).compactMap { $0.string.flatMap { CIDR(parsing: $0) } }
                file.mtu = ours["mtu"]?.int.flatMap { UInt32(exactly: $0) }
            }
            return file
        }
    }

    /// The runtime also calls `loopback` for every pod.
    private func missingPlugins(_ files: [NodeExamination.ConfigurationFile]) -> [String] {
        let wanted = (files.first?.plugins ?? ["skiff-cni"]) + ["loopback"]
        return wanted.map { "\(pluginDirectory)/\($0)" }.filter { path in !isProgram(path) }
    }

    /// A link leads somewhere in the node's own root, which is not ours.
    private func isProgram(_ path: String) -> Bool {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink(root + path, &target, target.count - 1)
        guard count > 0 else { return access(root + path, X_OK) == 0 }
        let name = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return access(root + (name.hasPrefix("/") ? name : "\(folder)/\(name)"), X_OK) == 0
    }

    private func names(in directory: String) -> [String] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.sorted()
    }

    private static let fileBytesMax = 1 << 20

    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < fileBytesMax {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
