/// One message of a reply.
struct NetlinkMessage {
    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    /// Behind the netlink header; for messages of a netfilter subsystem it begins with the four bytes of nfgenmsg.
    var payload: ArraySlice<UInt8>

    static let error: UInt16 = 2
    static let done: UInt16 = 3
    /// The dump was disturbed by a commit and may lack something (`NLM_F_DUMP_INTR`).
    static let dumpInterrupted: UInt16 = 0x10

    /// Splits a datagram; a message that runs over its end is left out.
    static func split(_ datagram: [UInt8]) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var position = 0
        while position + 16 <= datagram.count {
            let length = Int(hostUInt32(datagram[position...]))
            guard length >= 16, position + length <= datagram.count else { break }
            messages.append(
                NetlinkMessage(
                    type: hostUInt16(datagram[(position + 4)...]), flags: hostUInt16(datagram[(position + 6)...]),
                    sequence: hostUInt32(datagram[(position + 8)...]), payload: datagram[(position + 16)..<(position + length)]))
            position += (length + 3) & ~3
        }
        return messages
    }

    /// The errno of an error message, positive; zero is an acknowledgement.
    var errno: Int32 { payload.count >= 4 ? -Int32(bitPattern: hostUInt32(payload)) : 71 }

    /// Where the refused attribute stands behind the beginning of the refused message, and what the kernel says about it.
    ///
    /// - SeeAlso: Linux `include/uapi/linux/netlink.h`, `NLMSGERR_ATTR_OFFS`.
    var refusal: (attribute: UInt32?, text: String?) {
        // Behind the errno stands the refused message's header, and its content unless the flag says that it was left out.
        guard flags & Self.hasReport != 0, payload.count >= 20 else { return (nil, nil) }
        let length = flags & Self.isCapped != 0 ? 16 : (Int(hostUInt32(payload.dropFirst(4))) + 3) & ~3
        guard payload.count >= 4 + length else { return (nil, nil) }
        let attributes = NetlinkAttributes(payload.dropFirst(4 + length))
        return (attributes[2].map { UInt32(bigEndian: $0.number) }, attributes[1]?.text)
    }

    private static let isCapped: UInt16 = 0x100  // NLM_F_CAPPED
    private static let hasReport: UInt16 = 0x200  // NLM_F_ACK_TLVS

    /// Behind nfgenmsg.
    var attributes: NetlinkAttributes { NetlinkAttributes(payload.dropFirst(4)) }
}

/// Attributes in the order in which they stand.
struct NetlinkAttributes: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    struct Attribute {
        /// Without the flag bits.
        var type: UInt16
        var value: ArraySlice<UInt8>

        var nested: NetlinkAttributes { NetlinkAttributes(value) }
        /// In network order; zero when there are fewer than four bytes.
        var number: UInt32 { value.count >= 4 ? UInt32(bigEndian: hostUInt32(value)) : 0 }
        var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
    }

    mutating func next() -> Attribute? {
        guard rest.count >= 4 else { return nil }
        let length = Int(hostUInt16(rest))
        guard length >= 4, length <= rest.count else { return nil }
        let type = hostUInt16(rest.dropFirst(2)) & 0x3fff
        let start = rest.startIndex
        let attribute = Attribute(type: type, value: rest[(start + 4)..<(start + length)])
        rest = rest.dropFirst((length + 3) & ~3)
        return attribute
    }

    subscript(type: UInt16) -> Attribute? { first { $0.type == type } }
}

private func hostUInt16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    let start = bytes.startIndex
    return UInt16(bigEndian: UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]))
}

private func hostUInt32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let start = bytes.startIndex
    let big =
        UInt32(bytes[start]) << 24 | UInt32(bytes[start + 1]) << 16 | UInt32(bytes[start + 2]) << 8 | UInt32(bytes[start + 3])
    return UInt32(bigEndian: big)
}
