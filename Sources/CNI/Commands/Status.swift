import Netlink
import NetworkTypes

/// STATUS: whether an ADD would find an address, and its pod others. Reads the kernel and the configuration, nothing else.
struct Status {
    let request: CNIRequest

    func run() throws(CNIFailure) {
        let pool = request.configuration.pool
        guard pool.count > 0 else { throw CNIFailure(.notAvailable, "no podCIDRs are configured") }
        let (names, isOff) = try CNIFailure.when("cannot read the host's state", code: .notAvailable) {
            () throws(NetlinkError) in
            let host = try NetlinkSocket()
            let names = Set(try host.links().flatMap { [$0.name ?? ""] + $0.alternativeNames })
            let forwarding = try host.exchange(pool.families.map(ForwardingSetting.get))
            let isOff = zip(pool.families, forwarding).filter {
                $1.messages.first.flatMap(ForwardingSetting.isOn) == false
            }.map(\.0)
            return (names, isOff)
        }
        guard pool.firstFree(from: 0, taken: names) != nil else {
            throw CNIFailure(
                .notAvailable, "no free address", details: "all \(pool.offeredCount) are in use: skiff cni ls shows by whom")
        }
        // Until the first ADD nothing needs it.
        guard names.contains(where: InterfaceNames.isHostEnd), !isOff.isEmpty else { return }
        throw CNIFailure(
            .limitedConnectivity, "the host does not forward \(isOff.map(\.kubernetesName).joined(separator: " and "))",
            details: "pods reach nothing beyond their host: sysctl net.ipv4.ip_forward and net.ipv6.conf.all.forwarding")
    }
}
