import Netlink
import NetworkTypes

/// What ADD must know of the host before it changes anything, asked in one exchange.
struct HostSurvey {
    var lastSlot: Int?
    var isAttached = false
    var kernelHasIPv6 = false
    /// Families whose packets the host does not pass on.
    var familiesNotForwarded = Set<IPFamily>()
    /// Bytes; of the interface that leads out of the host.
    var underlayMTU: UInt32?

    /// Public addresses that no host of ours has: what leads to them leads to the world. Nothing is sent there.
    private static let elsewhere: [IPAddress] = ["1.1.1.1", "2606:4700:4700::1111"].compactMap { IPAddress(parsing: $0) }

    init(_ request: CNIRequest, _ host: NetlinkSocket) throws(NetlinkError) {
        let asksMTU = request.configuration.mtu == nil
        let network = request.configuration.name
        var questions = [LastSlot.get(network: network), LinkMessage(alternativeName: request.attachmentName).get]
        questions += IPFamily.allCases.map(ForwardingSetting.get)
        if asksMTU { questions += Self.elsewhere.map { RouteMessage.lookup($0) } }
        let replies = try host.exchange(questions)
        lastSlot = LastSlot.read(replies[0].messages)
        isAttached = replies[1].refusal == nil
        for (family, reply) in zip(IPFamily.allCases, replies[2...3]) {
            if family == .ipv6 { kernelHasIPv6 = reply.refusal == nil }
            if reply.messages.first.flatMap(ForwardingSetting.isOn) == false { familiesNotForwarded.insert(family) }
        }
        guard asksMTU else { return }
        let out = replies[4...].lazy.compactMap { $0.messages.first.flatMap { RouteMessage($0) } }.first {
            $0.kind == .unicast && $0.index != .loopback
        }
        guard let index = out?.index else { return }
        underlayMTU = try host.link(LinkMessage(index: index))?.mtu.map { min($0, 65535) }
    }

    /// Lets the host pass on packets of the families, for all its interfaces: a pod's packets come in by its link, but those
    /// to it by any.
    func enableForwarding(_ wanted: [IPFamily]) throws(CNIFailure) {
        for family in wanted where familiesNotForwarded.contains(family) {
            let key = family == .ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding"
            do throws(NamespaceError) { try Sysctl.write(key, "1") } catch {
                throw CNIFailure(.failed, "cannot enable forwarding of \(family.kubernetesName)", details: error.description)
            }
        }
    }
}
