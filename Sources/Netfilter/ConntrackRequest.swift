import NFTables
import NetworkTypes

/// Requests to connection tracking.
///
/// - SeeAlso: Linux `include/uapi/linux/netfilter/nfnetlink_conntrack.h`, `ctnetlink_alloc_filter`.
enum ConntrackRequest {
    private static let delete: UInt16 = 1 << 8 | 2  // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
    private static let acknowledge: UInt16 = 4

    private enum Attribute {
        static let original: UInt16 = 1  // CTA_TUPLE_ORIG
        static let reply: UInt16 = 2  // CTA_TUPLE_REPLY
        static let filter: UInt16 = 25  // CTA_FILTER
        static let filterOriginal: UInt16 = 1
        static let filterReply: UInt16 = 2
        static let addresses: UInt16 = 1  // CTA_TUPLE_IP
        static let transport: UInt16 = 2  // CTA_TUPLE_PROTO
        static let number: UInt16 = 1  // CTA_PROTO_NUM
        static let sourcePort: UInt16 = 2
        static let destinationPort: UInt16 = 3
    }

    /// Bits of the filter: which parts of a tuple count (`CTA_FILTER_FLAG`).
    private enum Part {
        static let source: UInt32 = 1 << 0
        static let destination: UInt32 = 1 << 1
        static let transport: UInt32 = 1 << 3
        static let sourcePort: UInt32 = 1 << 4
        static let destinationPort: UInt32 = 1 << 5
    }

    /// Deletes every flow of IPv4 that the selector matches; the kernel does the walk.
    ///
    /// Not for IPv6: there the kernel takes the flows whose addresses are others (Linux 5.8 to 6.18 at least, `ctnetlink_filter_match_tuple`).
    static func delete(_ selector: FlowSelector, sequence: UInt32) -> [UInt32] {
        let address = selector.originalDestination == nil ? 0 : Part.destination
        return request(delete, acknowledge, selector, original: address, reply: Part.source, sequence: sequence)
    }

    /// Lists the flows with the ports of a selector, whatever their addresses. A kernel without filters lists all.
    static func list(portsOf selector: FlowSelector, sequence: UInt32) -> [UInt32] {
        request(ConntrackListing.get, ConntrackListing.dump, selector, original: 0, reply: 0, sequence: sequence)
    }

    /// - Parameters:
    ///   - original: The addresses that count beside protocol and port, in the direction of the first packet.
    ///   - reply: The same in the direction of the answer.
    private static func request(
        _ type: UInt16, _ flags: UInt16, _ selector: FlowSelector, original: UInt32, reply: UInt32, sequence: UInt32
    ) -> [UInt32] {
        let family = selector.replySource.family
        let any = IPAddress(family: family, number: 0)
        var writer = NetlinkWriter(reservingBytes: 256)
        writer.begin(type: type, flags: flags, sequence: sequence, family: family == .ipv4 ? 2 : 10)
        put(
            Attribute.original, source: any, destination: selector.originalDestination ?? any, selector.transport, sourcePort: 0,
            destinationPort: selector.originalPort, in: &writer)
        put(
            Attribute.reply, source: selector.replySource, destination: any, selector.transport, sourcePort: selector.replyPort,
            destinationPort: 0, in: &writer)
        let filter = writer.nest(Attribute.filter)
        writer.put(Attribute.filterOriginal, hostOrder: original | Part.transport | Part.destinationPort)
        writer.put(Attribute.filterReply, hostOrder: reply | Part.transport | Part.sourcePort)
        writer.close(filter)
        writer.end()
        return writer.words
    }

    /// Deletes the one flow whose first packet was sent like this.
    static func delete(_ flow: Flow, sequence: UInt32) -> [UInt32] {
        var writer = NetlinkWriter(reservingBytes: 128)
        writer.begin(
            type: delete, flags: acknowledge, sequence: sequence, family: flow.original.source.family == .ipv4 ? 2 : 10)
        put(
            Attribute.original, source: flow.original.source, destination: flow.original.destination, flow.transport,
            sourcePort: flow.original.sourcePort, destinationPort: flow.original.destinationPort, in: &writer)
        writer.end()
        return writer.words
    }

    /// Asks for the one flow whose first packet was sent like this. Without an acknowledgement: the entry is one.
    static func put(get flow: Flow, sequence: UInt32, in writer: inout NetlinkWriter) {
        writer.begin(
            type: ConntrackListing.get, flags: 0, sequence: sequence, family: flow.original.source.family == .ipv4 ? 2 : 10)
        put(
            Attribute.original, source: flow.original.source, destination: flow.original.destination, flow.transport,
            sourcePort: flow.original.sourcePort, destinationPort: flow.original.destinationPort, in: &writer)
    }

    private static func put(
        _ type: UInt16, source: IPAddress, destination: IPAddress, _ transport: TransportProtocol, sourcePort: Port,
        destinationPort: Port, in writer: inout NetlinkWriter
    ) {
        let tuple = writer.nest(type)
        let addresses = writer.nest(Attribute.addresses)
        let first: UInt16 = source.family == .ipv4 ? 1 : 3  // CTA_IP_V4_SRC, CTA_IP_V6_SRC; the destination's follows
        writer.put(first, bytes: source.bytes)
        writer.put(first + 1, bytes: destination.bytes)
        writer.close(addresses)
        let proto = writer.nest(Attribute.transport)
        writer.put(Attribute.number, bytes: [transport.rawValue])
        writer.put(Attribute.sourcePort, bytes: sourcePort.bytes)
        writer.put(Attribute.destinationPort, bytes: destinationPort.bytes)
        writer.close(proto)
        writer.close(tuple)
    }
}
