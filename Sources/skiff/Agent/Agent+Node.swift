import ArgumentParser
import ControlLoop
import Logging
import NFTables
import Netfilter
import NetworkTypes
import NodeNetwork

/// How a node's pods reach other nodes and the outside; the same flags for the agent and for `skiff routes`.
struct NodeNetworkOptions: ParsableArguments {
    @Option(help: "Ways to other nodes: auto (VXLAN where nodes share no link), direct (never) or vxlan (always).")
    var routing = TunnelSettings.Mode.auto
    @Option(help: "VXLAN network identifier, the same on every node.") var vxlanId: UInt32 = 75433
    @Option(help: "VXLAN's UDP port, the same on every node.") var vxlanPort: UInt16 = 4789
    @Option(help: "Bytes that pods may send in one packet, and tunnels take (default: what the nodes' links allow).")
    var podMtu: UInt32?
    @Flag(inversion: .prefixedNo, help: "Give pods this node's address when they talk to what lies outside the cluster.")
    var masquerade = true
    @Option(help: "More addresses that see pods by their own, comma-separated prefixes.") var nonMasqueradeCidr = ""

    private static let identifierMax: UInt32 = 1 << 24 - 1
    /// IPv6 needs as much of every link.
    private static let mtuMin: UInt32 = 1280

    func validate() throws {
        guard (1...Self.identifierMax).contains(vxlanId) else {
            throw ValidationError("--vxlan-id is a number from 1 to \(Self.identifierMax)")
        }
        guard vxlanPort > 0 else { throw ValidationError("--vxlan-port is a number from 1 to 65535") }
        if let podMtu, !(Self.mtuMin...65535).contains(podMtu) {
            throw ValidationError("--pod-mtu is a number from \(Self.mtuMin) to 65535")
        }
        _ = try RangeOptions.prefixes(nonMasqueradeCidr, "--non-masquerade-cidr")
    }

    var tunnels: TunnelSettings {
        TunnelSettings(mode: routing, identifier: vxlanId, port: Port(vxlanPort), mtuMax: podMtu)
    }

    /// - Parameters:
    ///   - inside: The cluster's ranges of pods and Services.
    ///   - conflist: Nil: not written.
    func configuration(nodeName: String, inside: [CIDR], conflist: ConflistWriter?) throws -> NodeNetworkConfiguration {
        var result = NodeNetworkConfiguration(nodeName: nodeName)
        result.tunnels = tunnels
        result.podMTU = podMtu
        result.masqueradeExcept =
            masquerade ? inside + (try RangeOptions.prefixes(nonMasqueradeCidr, "--non-masquerade-cidr")) : nil
        result.conflist = conflist
        return result
    }

    /// One address, or one of each family.
    static func addresses(_ text: String) throws -> [IPAddress] {
        let addresses = try text.split(separator: ",").map { part in
            guard let address = IPAddress(parsing: part) else { throw ValidationError("'\(part)' is no address") }
            return address
        }
        guard (1...2).contains(addresses.count), Set(addresses.map(\.family)).count == addresses.count else {
            throw ValidationError("a node has one address, or one of IPv4 and one of IPv6, not '\(text)'")
        }
        return addresses
    }
}

extension TunnelSettings.Mode: ExpressibleByArgument {}

extension Agent {
    /// The ways to other nodes' pods.
    func nodeRoutes(
        _ listWatch: any ListWatch, _ writer: any ObjectWriter, _ log: Logger
    ) async throws -> NodeRouteController {
        let inside =
            try RangeOptions.prefixes(clusterCidr, "--cluster-cidr") + RangeOptions.prefixes(serviceCidr, "--service-cidr")
        return NodeRouteController(
            try node.configuration(nodeName: nodeName, inside: inside, conflist: ConflistWriter()), listWatch: listWatch,
            kernel: try await BlockingWork.run { try NodeKernel() }, rules: try KernelApplier(logger: log),
            reporter: NodeNetworkReporter(nodeName: nodeName, writer: writer, logger: log), logger: log)
    }
}
