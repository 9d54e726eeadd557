import NFTables
import NetworkTypes

/// - SeeAlso: Linux `include/uapi/linux/netfilter/nfnetlink_conntrack.h`.
enum ConntrackListing {
    static let get: UInt16 = 1 << 8 | 1  // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
    static let dump: UInt16 = 0x300
    private static let seenReply: UInt32 = 1 << 1

    private enum Attribute {
        static let original: UInt16 = 1  // CTA_TUPLE_ORIG
        static let reply: UInt16 = 2  // CTA_TUPLE_REPLY
        static let status: UInt16 = 3
        static let timeout: UInt16 = 7
        static let addresses: UInt16 = 1  // CTA_TUPLE_IP
        static let transport: UInt16 = 2  // CTA_TUPLE_PROTO
    }

    static func request(_ family: IPFamily, sequence: UInt32) -> [UInt32] {
        var writer = NetlinkWriter(reservingBytes: 64)
        writer.begin(type: get, flags: dump, sequence: sequence, family: family == .ipv4 ? 2 : 10)
        writer.end()
        return writer.words
    }

    /// Nil for a protocol without ports.
    static func flow(_ message: NetlinkMessage) -> Flow? {
        let attributes = message.attributes
        guard let original = attributes[Attribute.original].flatMap(direction),
            let reply = attributes[Attribute.reply].flatMap(direction)
        else { return nil }
        return Flow(
            original.transport, original: original.direction, reply: reply.direction,
            isAnswered: (attributes[Attribute.status]?.number ?? 0) & seenReply != 0,
            seconds: attributes[Attribute.timeout]?.number ?? 0)
    }

    private static func direction(
        _ attribute: NetlinkAttributes.Attribute
    ) -> (transport: TransportProtocol, direction: Flow.Direction)? {
        guard let addresses = attribute.nested[Attribute.addresses]?.nested,
            let ports = attribute.nested[Attribute.transport]?.nested
        else { return nil }
        // CTA_IP_V4_SRC and _DST are 1 and 2, those of IPv6 3 and 4; CTA_PROTO_NUM, _SRC_PORT, _DST_PORT are 1, 2, 3.
        func address(_ types: [UInt16]) -> IPAddress? {
            types.lazy.compactMap { addresses[$0] }.first.flatMap { IPAddress(bytes: $0.value) }
        }
        func port(_ type: UInt16) -> Port? {
            guard let bytes = ports[type]?.value, bytes.count >= 2 else { return nil }
            return Port(UInt16(bytes[bytes.startIndex]) << 8 | UInt16(bytes[bytes.startIndex + 1]))
        }
        guard let source = address([1, 3]), let destination = address([2, 4]), let sourcePort = port(2),
            let destinationPort = port(3),
            let transport = ports[1]?.value.first.flatMap(TransportProtocol.init(rawValue:))
        else { return nil }
        return (transport, Flow.Direction(source, sourcePort, to: destination, destinationPort))
    }
}

extension FlowSelector {
    /// What the kernel should compare, and does for IPv4 alone.
    func selects(_ flow: Flow) -> Bool {
        flow.transport == transport && flow.original.destinationPort == originalPort && flow.reply.source == replySource
            && flow.reply.sourcePort == replyPort
            && (originalDestination == nil || originalDestination == flow.original.destination)
    }
}
