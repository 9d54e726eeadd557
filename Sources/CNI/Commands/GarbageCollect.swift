import Netlink

/// GC: removes this network's attachments that the runtime no longer knows. Objects of other networks are not touched.
struct GarbageCollect {
    /// The group that stale links are moved to, so that one request deletes all of them. Nobody else's links may be in it.
    private static let group: UInt32 = 0x736b_6763

    let request: CNIRequest

    func run() throws(CNIFailure) {
        // Without the key the runtime did not say what is valid; deleting everything would be a guess.
        guard let valid = request.configuration.validAttachments else { return }
        do throws(NetlinkError) {
            let socket = try NetlinkSocket()
            let links = try socket.links()
            let stale = Self.stale(links, network: request.configuration.name, valid: valid)
            guard !stale.isEmpty else { return }
            if links.contains(where: { $0.group == Self.group }) {
                for index in stale {
                    try Self.ignoringMissing { () throws(NetlinkError) in try socket.apply([LinkMessage(index: index).delete]) }
                }
                return
            }
            _ = try socket.exchange(
                stale.map { index in
                    var link = LinkMessage(index: index)
                    link.group = Self.group
                    return link.change
                })
            try Self.ignoringMissing { () throws(NetlinkError) in try socket.apply([LinkMessage.deleteAll(inGroup: Self.group)]) }
        } catch { throw CNIFailure(.failed, "cannot collect stale attachments", details: error.description) }
    }

    /// Links that record an attachment of the network which is not among the valid ones.
    static func stale(_ links: [LinkMessage], network: String, valid: [NetworkConfiguration.Attachment]) -> [InterfaceIndex] {
        let keep = Set(
            valid.map {
                InterfaceNames.attachment(network: network, containerID: $0.containerID, interface: $0.interfaceName)
            })
        let prefix = InterfaceNames.attachmentPrefix(network: network)
        return links.compactMap { link in
            let own = link.alternativeNames.filter { $0.hasPrefix(prefix) }
            return own.isEmpty || own.contains(where: keep.contains) ? nil : link.index
        }
    }

    private static func ignoringMissing(_ body: () throws(NetlinkError) -> Void) throws(NetlinkError) {
        do throws(NetlinkError) { try body() } catch {
            guard error.errno == LinuxErrno.noDevice else { throw error }
        }
    }
}
