package import NetworkTypes

/// A condition on the packet.
package enum Match: Hashable, Sendable {
    package enum Side: Hashable, Sendable { case source, destination }

    case address(Side, in: CIDR)
    case addressNot(Side, in: CIDR)
    case transport(TransportProtocol)
    /// The address is one of this machine's, loopback included.
    case isLocal(Side)
    /// The interface that the packet came by (source) or leaves by (destination); what this machine sends came by none.
    case interface(Side, InterfacePattern)
    case interfaceNot(Side, InterfacePattern)
    case anyMark(bits: UInt32)
    /// The first packet's destination was translated.
    case destinationTranslated
    case isNewConnection
    /// `ct state established,related`
    case isKnownConnection
    case member([Field], of: String)
    case notMember([Field], of: String)

    /// The set that the condition looks into.
    package var set: String? {
        switch self {
        case .member(_, let set), .notMember(_, let set): set
        default: nil
        }
    }
}
