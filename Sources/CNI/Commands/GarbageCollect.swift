import Netlink

/// GC: removes this network's attachments that the runtime no longer knows. Objects of other networks are not touched.
struct GarbageCollect {
    /// The group that stale links are moved to, so that one request deletes all of them. Nobody else's links may be in it.
    private static let group: UInt32 = 0x736b_6763

    let request: CNIRequest
    let snapshot: Snapshot

    /// What is there before the list of valid attachments is read: nothing that comes later can be missing from the list.
    struct Snapshot {
        var links: [LinkMessage]
        var ports: [HostPortTable.Entry]

        init() throws(CNIFailure) {
            links = try CNIFailure.when("cannot list the host's links") { () throws(NetlinkError) in
                try NetlinkSocket().links()
            }
            // Without nf_tables there are no host ports.
            ports = (try? HostPorts().podEntries()) ?? []
        }
    }

    func run() throws(CNIFailure) {
        // Without the key the runtime did not say what is valid; deleting everything would be a guess.
        guard let valid = request.configuration.validAttachments else { return }
        let keep = Self.names(valid, network: request.configuration.name)
        let prefix = InterfaceNames.attachmentPrefix(network: request.configuration.name)
        do throws(NetlinkError) {
            let goneComments = Set(
                snapshot.ports.compactMap { $0.element.comment }.filter {
                    let name = InterfaceNames.attachment(ofChained: $0) ?? $0
                    return name.hasPrefix(prefix) && !keep.contains(name)
                })
            if !goneComments.isEmpty { try HostPorts().remove(where: goneComments.contains) }
            try delete(Self.stale(snapshot.links, network: request.configuration.name, keep: keep))
        } catch { throw CNIFailure(.failed, "cannot collect stale attachments", details: error.description) }
    }

    private func delete(_ stale: [InterfaceIndex]) throws(NetlinkError) {
        guard !stale.isEmpty else { return }
        let socket = try NetlinkSocket()
        if snapshot.links.contains(where: { $0.group == Self.group }) {
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
    }

    static func names(_ valid: [NetworkConfiguration.Attachment], network: String) -> Set<String> {
        Set(
            valid.map {
                InterfaceNames.attachment(network: network, containerID: $0.containerID, interface: $0.interfaceName)
            })
    }

    /// Links that record an attachment of the network which is not among those to keep, or shape such a one.
    static func stale(_ links: [LinkMessage], network: String, keep: Set<String>) -> [InterfaceIndex] {
        let prefix = InterfaceNames.attachmentPrefix(network: network)
        return links.compactMap { link in
            let names = link.alternativeNames.map { InterfaceNames.attachment(ofShaper: $0) ?? $0 }
            let own = names.filter { $0.hasPrefix(prefix) }
            return own.isEmpty || own.contains(where: keep.contains) ? nil : link.index
        }
    }

    private static func ignoringMissing(_ body: () throws(NetlinkError) -> Void) throws(NetlinkError) {
        do throws(NetlinkError) { try body() } catch {
            guard error.errno == LinuxErrno.noDevice else { throw error }
        }
    }
}
