import Netlink

/// DEL: removes the attachment's links and host ports. Needs neither the pod's namespace nor an earlier result, and finds
/// nothing to do as often as it is called again.
struct Delete {
    let request: CNIRequest

    func run() throws(CNIFailure) {
        let attachment = request.attachmentName
        do throws(NetlinkError) {
            let host = try NetlinkSocket()
            let shaperName = InterfaceNames.shaper(ofAttachment: attachment)
            let found = try host.exchange([
                LinkMessage(alternativeName: attachment).get, LinkMessage(alternativeName: shaperName).get,
            ]).map { $0.messages.first.flatMap { LinkMessage($0) } }
            let shaper = found[1]?.index
            // The ports first: an address must not be free while a port leads to it.
            if try mayHavePorts(found[0]) {
                try HostPorts().remove { (InterfaceNames.attachment(ofChained: $0) ?? $0) == attachment }
            }
            if let link = found[0], let index = link.index {
                if let peer = link.peerIndex, peer > PodNetworkPlan.firstIndex, let pod = podSocket() {
                    Teardown.removeRules(of: peer, in: pod)
                }
                try Teardown.remove(index, named: link.name, shaper: shaper, group: link.group)
            } else {
                if let shaper { try Teardown.remove(shaper) }
                if let index = try unnamedHostEnd(host) { try Teardown.remove(index) }
            }
        } catch { throw CNIFailure(.failed, "cannot delete the attachment", details: error.description) }
    }

    /// The host end says so; when it is gone with the pod's namespace, the runtime may.
    private func mayHavePorts(_ link: LinkMessage?) throws(NetlinkError) -> Bool {
        if let link, let name = link.name, link.alternativeNames.contains(InterfaceNames.ports(ofHostEnd: name)) { return true }
        return link == nil && !request.configuration.portMappings.isEmpty
    }

    /// The host end of the pod's link when an ADD died between creating the pair and recording the attachment on it.
    private func unnamedHostEnd(_ host: NetlinkSocket) throws(NetlinkError) -> InterfaceIndex? {
        guard let pod = podSocket(), let inside = try pod.link(LinkMessage(name: request.interfaceName)),
            let peer = inside.peerIndex,
            let outside = try host.link(LinkMessage(index: peer)), outside.peerIndex == inside.index,
            let name = outside.name, InterfaceNames.isHostEnd(name), outside.alternativeNames.isEmpty
        else { return nil }
        return outside.index
    }

    /// Nil when the pod's namespace is gone, not told, or the host's own.
    private func podSocket() -> NetlinkSocket? {
        guard !request.namespacePath.isEmpty, let home = try? NetworkNamespace.current(),
            let namespace = try? NetworkNamespace(path: request.namespacePath), namespace.identity != home.identity
        else { return nil }
        return try? namespace.visit(from: home) { () throws(NetlinkError) in try NetlinkSocket() }
    }
}
