/// The kernel's verdict on one request: the payload of a message of type `error`.
///
/// - SeeAlso: `linux/netlink.h`, `struct nlmsgerr` and `enum nlmsgerr_attrs`.
package struct Acknowledgement: Hashable, Sendable {
    /// Nil: performed.
    package var refusal: NetlinkRefusal?

    /// Nil when the message is of another type or cut short.
    package init?(_ message: NetlinkMessage) {
        guard message.type == .error else { return nil }
        var reader = MessageReader(message.payload)
        guard let negative = reader.integer(Int32.self), let length = reader.integer(UInt32.self), reader.skip(12) else {
            return nil
        }
        guard negative != 0 else { return }
        var explanation: String?
        if message.flags.contains(.explained) {
            let repeated = message.flags.contains(.capped) ? 0 : (max(Int(length), 16) - 16 + 3) & ~3
            if reader.skip(repeated) { explanation = reader.attributes().first { $0.type == 1 }?.text }
        }
        refusal = NetlinkRefusal(errno: -negative, explanation: explanation)
    }
}
