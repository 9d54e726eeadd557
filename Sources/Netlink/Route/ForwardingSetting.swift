package import NetworkTypes

/// Asks whether a host passes packets on, for a family: `net.ipv4.ip_forward` and its like, without a file below `/proc`.
///
/// - SeeAlso: `linux/netconf.h`.
package enum ForwardingSetting {
    private static let newSettings = MessageType(rawValue: 80)
    private static let getSettings = MessageType(rawValue: 82)
    private static let allInterfaces: Int32 = -1

    package static func get(_ family: IPFamily) -> NetlinkMessage {
        var writer = MessageWriter()
        writer.append([AddressFamily(family).rawValue])
        writer.pad()
        writer.attribute(1, number: allInterfaces)
        return NetlinkMessage(getSettings, payload: writer.bytes)
    }

    /// Nil for another message.
    package static func isOn(_ message: NetlinkMessage) -> Bool? {
        guard message.type == newSettings else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.skip(4) else { return nil }
        return reader.attributes().first { $0.type == 2 }.flatMap { $0.number }.map { $0 != 0 }
    }
}
