import ArgumentParser
import Glibc
import NetworkTypes
import Proxy

/// What the proxy must know of its node and cluster, under the names that kube-proxy's flags have.
struct ProxyOptions: ParsableArguments {
    @Option(
        name: [.customLong("hostname-override"), .customLong("node-name")],
        help: "The node that this machine is; default: the host's name.")
    var nodeName: String?
    @Option(help: "Pod addresses, comma-separated prefixes; the first one of a family counts.") var clusterCidr = ""
    @Option(help: "Service addresses, comma-separated prefixes; the cluster's ServiceCIDRs come on top.") var serviceCidr = ""
    @Option(help: "How traffic of pods is told from the rest: ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix.")
    var detectLocalMode = "ClusterCIDR"
    @Option(help: "The bridge of BridgeInterface.") var podBridgeInterface = ""
    @Option(help: "How the interfaces of InterfaceNamePrefix begin.") var podInterfaceNamePrefix = ""
    @Flag(help: "Masquerade everything that goes to a cluster IP.") var masqueradeAll = false
    @Option(name: .customLong("iptables-masquerade-bit"), help: "The bit of the packet mark that says masquerade, 0...31.")
    var masqueradeBit = 14
    @Option(
        name: .customLong("nodeport-addresses"),
        help: "Where node ports answer: comma-separated prefixes, or 'primary' for the addresses that the Node names.")
    var nodePortAddresses = "primary"
    @Option(help: "The node's address where the Node names none.") var bindAddress = ""
    @Option(
        name: [.customLong("min-sync-period"), .customLong("iptables-min-sync-period")],
        help: "At least this long between two syncs, such as 5ms or 1s.")
    var minSyncPeriod = "5ms"
    @Option(help: "nftables; the names of kube-proxy's other modes are taken too, the rules are the same.")
    var proxyMode = "nftables"
    @Flag(
        inversion: .prefixedNo,
        help: "Keep other programs from changing or flushing the rules, where the kernel can (Linux 6.9).")
    var ownTables = true
    @Flag(
        inversion: .prefixedNo,
        help: "Count the new connections of each Service in the kernel: about 64 bytes a frontend, and 16 more for each CPU.")
    var serviceCounters = true

    func validate() throws { _ = try configuration() }

    func configuration(families: [IPFamily] = ProxyOptions.families) throws -> ProxyConfiguration {
        guard ["nftables", "iptables", "ipvs", ""].contains(proxyMode) else {
            throw ValidationError("--proxy-mode: there is no '\(proxyMode)'")
        }
        guard (0...31).contains(masqueradeBit) else { throw ValidationError("--iptables-masquerade-bit: not 0...31") }
        let addresses = bindAddress.isEmpty ? nil : IPAddress(parsing: bindAddress)
        guard bindAddress.isEmpty || addresses != nil else {
            throw ValidationError("--bind-address: '\(bindAddress)' is no address")
        }
        return ProxyConfiguration(
            nodeName: nodeName ?? Self.hostName, clusterCIDRs: try Self.prefixes(clusterCidr, "--cluster-cidr"),
            serviceCIDRs: try Self.prefixes(serviceCidr, "--service-cidr"),
            nodeAddresses: addresses.map { $0.isUnspecified ? [] : [$0] } ?? [], families: families,
            localTraffic: try localTraffic(), masqueradesAll: masqueradeAll,
            nodePortAddresses: nodePortAddresses == "primary" || nodePortAddresses.isEmpty
                ? .primary : .prefixes(try Self.prefixes(nodePortAddresses, "--nodeport-addresses")),
            masqueradeMark: 1 << UInt32(masqueradeBit), ownsTables: ownTables,
            countsConnections: serviceCounters, syncInterval: try GoDuration.parse(minSyncPeriod, "--min-sync-period"))
    }

    private func localTraffic() throws -> LocalTraffic {
        func interface(_ name: String, _ option: String) throws -> String {
            guard (1...15).contains(name.utf8.count) else {
                throw ValidationError("\(option): a name of 1 to 15 bytes is needed")
            }
            return name
        }
        switch detectLocalMode {
        case "ClusterCIDR", "": return .clusterCIDR
        case "NodeCIDR": return .nodeCIDR
        case "BridgeInterface": return .bridgeInterface(try interface(podBridgeInterface, "--pod-bridge-interface"))
        case "InterfaceNamePrefix":
            return .interfacePrefix(try interface(podInterfaceNamePrefix, "--pod-interface-name-prefix"))
        default: throw ValidationError("--detect-local-mode: there is no '\(detectLocalMode)'")
        }
    }

    /// Those that the kernel speaks.
    static var families: [IPFamily] { access("/proc/net/if_inet6", F_OK) == 0 ? [.ipv4, .ipv6] : [.ipv4] }

    static func prefixes(_ text: String, _ option: String) throws -> [CIDR] {
        try text.split(separator: ",").map { part in
            guard let prefix = CIDR(parsing: part) else { throw ValidationError("\(option): '\(part)' is no address prefix") }
            return prefix
        }
    }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }
}

/// Durations as Go's flags write them: `1h30m`, `20ms`, `0`.
enum GoDuration {
    private static let units: [(name: String, milliseconds: Double)] = [
        ("ms", 1), ("us", 0.001), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    static func parse(_ text: String, _ option: String) throws -> Duration {
        if text == "0" { return .zero }
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            guard let value = Double(number), let unit = units.first(where: { rest.hasPrefix($0.name) }) else {
                throw ValidationError("\(option): '\(text)' is no duration")
            }
            sum += value * unit.milliseconds
            rest = rest.dropFirst(unit.name.count)
        }
        guard !text.isEmpty, sum < 1e12 else { throw ValidationError("\(option): '\(text)' is no duration") }
        return .microseconds(Int64(sum * 1000))
    }
}
