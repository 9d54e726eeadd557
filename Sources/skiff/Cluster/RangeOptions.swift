import ArgumentParser
import Controllers
import Lab
import NetworkTypes

/// The ranges of Services and pods, under the names of upstream's flags.
///
/// - SeeAlso: Kubernetes 1.36 `cmd/kube-controller-manager/app/core.go`, `setNodeCIDRMaskSizes`;
///   `cmd/kube-apiserver/app/options/validation.go`.
struct RangeOptions: ParsableArguments {
    @Option(help: "Addresses of Services: a prefix, or one of each family with a comma between; the first is the default's.")
    var serviceClusterIpRange: String?
    @Option(help: "Addresses of pods: a prefix, or one of each family with a comma between.")
    var clusterCidr: String?
    @Option(help: "Length of a node's prefix where pods have one family (default 24 or 64).") var nodeCidrMaskSize: Int?
    @Option(help: "Length of a node's prefix of IPv4 (default 24).") var nodeCidrMaskSizeIpv4: Int?
    @Option(help: "Length of a node's prefix of IPv6 (default 64).") var nodeCidrMaskSizeIpv6: Int?

    /// A node's prefix is at most this much longer than the cluster's, as upstream has it.
    private static let nodeBitsMax = 16

    func validate() throws {
        let services = try serviceClusterIpRange.map { try Self.prefixes($0, "--service-cluster-ip-range") }
        let pods = try clusterCidr.map { try Self.prefixes($0, "--cluster-cidr") }
        for (list, option) in [(services, "--service-cluster-ip-range"), (pods, "--cluster-cidr")] {
            guard let list else { continue }
            guard (1...2).contains(list.count), Set(list.map(\.family)).count == list.count else {
                throw ValidationError("\(option) takes one prefix, or one of IPv4 and one of IPv6")
            }
        }
        if let pods { _ = try lengths(pods) }
    }

    func services(default given: [CIDR]) throws -> [CIDR] {
        try serviceClusterIpRange.map { try Self.prefixes($0, "--service-cluster-ip-range") } ?? given
    }

    func pods(default given: [CIDR]) throws -> [CIDR] {
        try clusterCidr.map { try Self.prefixes($0, "--cluster-cidr") } ?? given
    }

    /// - Parameter pods: One prefix, or one of each family.
    func lengths(_ pods: [CIDR]) throws -> NodePrefixLengths {
        var lengths = NodePrefixLengths()
        if let single = nodeCidrMaskSize {
            guard pods.count == 1 else {
                throw ValidationError("--node-cidr-mask-size is not allowed with two families: use -ipv4 and -ipv6")
            }
            guard nodeCidrMaskSizeIpv4 == nil, nodeCidrMaskSizeIpv6 == nil else {
                throw ValidationError("--node-cidr-mask-size excludes --node-cidr-mask-size-ipv4 and -ipv6")
            }
            if pods[0].family == .ipv4 { lengths.ipv4 = single } else { lengths.ipv6 = single }
        }
        let families = pods.map(\.family)
        for (family, length) in [(IPFamily.ipv4, nodeCidrMaskSizeIpv4), (.ipv6, nodeCidrMaskSizeIpv6)] {
            guard let length else { continue }
            guard families.contains(family) else {
                let name = family == .ipv4 ? "ipv4" : "ipv6"
                throw ValidationError("--node-cidr-mask-size-\(name): --cluster-cidr has no prefix of \(family.kubernetesName)")
            }
            if family == .ipv4 { lengths.ipv4 = length } else { lengths.ipv6 = length }
        }
        for range in pods {
            let length = lengths[range.family]
            guard length >= range.prefixLength, length <= range.family.bitCount,
                length - range.prefixLength <= Self.nodeBitsMax
            else {
                throw ValidationError(
                    "a node's prefix of /\(length) does not fit \(range): between /\(range.prefixLength) and "
                        + "/\(min(range.prefixLength + Self.nodeBitsMax, range.family.bitCount))")
            }
        }
        return lengths
    }

    /// - Parameter option: For the message.
    static func prefixes(_ text: String, _ option: String) throws -> [CIDR] {
        try text.split(separator: ",").map { part in
            guard let prefix = CIDR(parsing: part) else { throw ValidationError("\(option): '\(part)' is no address prefix") }
            return prefix
        }
    }
}
