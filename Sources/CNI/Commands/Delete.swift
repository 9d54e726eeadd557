import Netlink

/// DEL: removes the attachment's pair. Needs neither the pod's namespace nor an earlier result, and finds nothing to do as
/// often as it is called again.
struct Delete {
    /// How long the kernel may take to take a link out of sight.
    private static let waitMilliseconds: Int32 = 2000

    let request: CNIRequest

    func run() throws(CNIFailure) {
        do throws(NetlinkError) {
            let host = try NetlinkSocket()
            if let link = try host.link(LinkMessage(alternativeName: request.attachmentName)), let index = link.index {
                try Self.remove(index)
            } else if let index = try unnamedHostEnd(host) {
                try Self.remove(index)
            }
        } catch { throw CNIFailure(.failed, "cannot delete the attachment", details: error.description) }
    }

    /// Deletes the link and returns once it, its peer, their addresses and routes are out of sight.
    ///
    /// The kernel announces that after half a millisecond, but acknowledges the request only when the last reader of its
    /// tables has gone, 10 to 30 ms later. So the request is left to a process of its own and the announcement is waited for.
    private static func remove(_ index: InterfaceIndex) throws(NetlinkError) {
        let socket = try NetlinkSocket(groups: [.links])
        try socket.sendDetached(LinkMessage(index: index).delete)
        while true {
            let messages: [NetlinkMessage]
            do throws(NetlinkError) { messages = try socket.receive(timeoutMilliseconds: waitMilliseconds) } catch {
                guard error == .overrun else { throw error }
                messages = []
            }
            for message in messages {
                if message.type == .deleteLink, LinkMessage(message)?.index == index { return }
                guard let answer = Acknowledgement(message) else { continue }
                guard let refusal = answer.refusal, refusal.errno != LinuxErrno.noDevice else { return }
                throw .refused(request: 0, refusal)
            }
            // Announcements were lost, or none came: what counts is whether the link is there.
            if messages.isEmpty, try NetlinkSocket().link(LinkMessage(index: index)) == nil { return }
        }
    }

    /// The host end of the pod's link when an ADD died between creating the pair and recording the attachment on it.
    private func unnamedHostEnd(_ host: NetlinkSocket) throws(NetlinkError) -> InterfaceIndex? {
        guard !request.namespacePath.isEmpty, let home = try? NetworkNamespace.current(),
            let namespace = try? NetworkNamespace(path: request.namespacePath), namespace.identity != home.identity,
            let pod = try? namespace.visit(from: home, { () throws(NetlinkError) in try NetlinkSocket() }),
            let inside = try pod.link(LinkMessage(name: request.interfaceName)), let peer = inside.peerIndex,
            let outside = try host.link(LinkMessage(index: peer)), outside.peerIndex == inside.index,
            let name = outside.name, InterfaceNames.isHostEnd(name), outside.alternativeNames.isEmpty
        else { return nil }
        return outside.index
    }
}
