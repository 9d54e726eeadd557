package import NetworkTypes

/// Requests to connection tracking.
///
/// - SeeAlso: `linux/netfilter/nfnetlink_conntrack.h`; the filter needs Linux 5.8.
package enum FlowMessage {
    /// Deletes every flow whose first packet went to this port; the kernel does the walk.
    package static func delete(_ transport: TransportProtocol, to port: Port, family: IPFamily) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append([AddressFamily(family).rawValue, 0, 0, 0])
        let any = [UInt8](repeating: 0, count: family.byteCount)
        writer.nest(1) {
            $0.nest(1) {
                $0.attribute(family == .ipv4 ? 1 : 3, bytes: any)
                $0.attribute(family == .ipv4 ? 2 : 4, bytes: any)
            }
            $0.nest(2) {
                $0.attribute(1, bytes: [transport.rawValue])
                $0.attribute(2, bytes: [0, 0])
                $0.attribute(3, bytes: port.bytes)
            }
        }
        // Only the protocol and the destination's port of the original direction count.
        writer.nest(25) { $0.attribute(1, number: UInt32(1 << 3 | 1 << 5)) }
        return NetlinkMessage(MessageType(rawValue: 1 << 8 | 2), payload: writer.bytes)
    }
}
