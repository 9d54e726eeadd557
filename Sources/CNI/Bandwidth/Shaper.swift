import Netlink

/// Limits what a pod receives and sends, from the host's side, where the pod cannot undo it.
///
/// What the pod receives waits in front of the host end. What it sends has no queue on this side, so it takes a detour through
/// a link of its own (`ifb`), in front of which it waits.
struct Shaper {
    /// Links of one pod share a group, so that they go together.
    private static let groupBase: UInt32 = 0x5c00_0000

    let host: NetlinkSocket
    let hostEnd: (name: String, index: InterfaceIndex)
    let attachment: String

    static func group(of hostEnd: InterfaceIndex) -> UInt32 { groupBase | UInt32(bitPattern: hostEnd.rawValue) & 0xff_ffff }

    func apply(_ limits: BandwidthLimits, mtu: UInt32?, group: UInt32?) throws(CNIFailure) {
        do throws(NetlinkError) {
            if let ingress = limits.ingress { try host.apply([QueueMessage.shape(hostEnd.index, ingress.bucket)]) }
            guard let egress = limits.egress else { return }
            let shaper = try createShaper(mtu: mtu, group: group)
            try host.apply([
                QueueMessage.shape(shaper, egress.bucket), QueueMessage.openIngress(hostEnd.index),
                QueueMessage.redirectIngress(of: hostEnd.index, to: shaper),
            ])
        } catch { throw CNIFailure(.failed, "cannot limit the pod's bandwidth", details: error.description) }
    }

    private func createShaper(mtu: UInt32?, group: UInt32?) throws(NetlinkError) -> InterfaceIndex {
        let name = InterfaceNames.shaper(ofHostEnd: hostEnd.name)
        var link = LinkMessage(name: name)
        link.kind = .other("ifb")
        link.mtu = mtu
        link.group = group
        link.queues = 1
        link.setUp()
        var names = LinkMessage(name: name)
        names.alternativeNames = [InterfaceNames.shaper(ofAttachment: attachment)]
        // The address is ours, so a link of this name is what a pod left that ended without DEL.
        let replies = try host.exchange([
            LinkMessage(name: name).delete, link.create, names.addAlternativeNames, LinkMessage(name: name).get,
        ])
        for position in 1...2 {
            if let refusal = replies[position].refusal { throw .refused(request: position, refusal) }
        }
        guard let index = replies[3].messages.first.flatMap({ LinkMessage($0) })?.index else { throw .malformed }
        return index
    }
}
