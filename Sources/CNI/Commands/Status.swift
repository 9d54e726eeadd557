import Netlink
import NetworkTypes

/// STATUS: whether an ADD would find an address, and its pod others. Reads the kernel and the configuration, nothing else.
struct Status {
    let request: CNIRequest

    func run() throws(CNIFailure) {
        let pool = request.configuration.pool
        guard pool.count > 0 else { throw CNIFailure(.notAvailable, "no podCIDRs are configured") }
        let host = try CNIFailure.when("cannot open netlink", code: .notAvailable) { () throws(NetlinkError) in
            try NetlinkSocket()
        }
        let replies = try CNIFailure.when("cannot read the host's state", code: .notAvailable) { () throws(NetlinkError) in
            try host.exchange([LastSlot.get(network: request.configuration.name)] + pool.families.map(ForwardingSetting.get))
        }
        // Where the next ADD will look first: as a rule the slot there is free.
        let start = LastSlot.read(replies[0].messages).map { $0 + 1 } ?? 0
        guard pool.firstFree(from: start, isTaken: host.hasLink) != nil else {
            throw CNIFailure(
                .notAvailable, "no free address", details: "all \(pool.offeredCount) are in use: skiff cni ls shows by whom")
        }
        let isOff = zip(pool.families, replies.dropFirst()).filter {
            $1.messages.first.flatMap(ForwardingSetting.isOn) == false
        }.map { $0.0 }
        // Until the first ADD nothing needs it.
        guard !isOff.isEmpty, try hasPods(host) else { return }
        throw CNIFailure(
            .limitedConnectivity, "the host does not forward \(isOff.map { $0.kubernetesName }.joined(separator: " and "))",
            details: "pods reach nothing beyond their host: sysctl net.ipv4.ip_forward and net.ipv6.conf.all.forwarding")
    }

    private func hasPods(_ host: NetlinkSocket) throws(CNIFailure) -> Bool {
        try CNIFailure.when("cannot list the host's links", code: .notAvailable) { () throws(NetlinkError) in
            try host.links().contains { $0.name.map(InterfaceNames.isHostEnd) ?? false }
        }
    }
}
