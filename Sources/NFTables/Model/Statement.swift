package import NetworkTypes

/// A part of a packet or of its connection that a key is made of.
package enum Field: Hashable, Sendable {
    case sourceAddress
    case destinationAddress
    /// `meta l4proto`
    case transport
    case sourcePort
    case destinationPort
    case mark
    /// Of the connection's first packet, before translation.
    case originalSource
    case originalDestination
    case originalDestinationPort
    /// Where the connection's answers come from: its destination after translation.
    case replySource
    case replySourcePort
    /// `numgen random mod N`: a new number for each evaluation.
    case random(modulus: UInt32)

    package func type(in family: IPFamily) -> FieldType {
        switch self {
        case .sourceAddress, .destinationAddress, .originalSource, .originalDestination, .replySource:
            .address(family)
        case .transport: .transport
        case .sourcePort, .destinationPort, .originalDestinationPort, .replySourcePort: .port
        case .mark: .mark
        case .random: .random
        }
    }
}

/// One clause of a rule, as an operator would type it.
package enum Statement: Hashable, Sendable {
    case match(Match)
    /// Counts packets and bytes.
    case counter
    case setMark(bits: UInt32)
    case clearMark(bits: UInt32)
    /// Verdict from a map; no element: the rule does not match.
    case verdictMap([Field], map: String)
    /// `dnat` to the address and port that a map holds for a key; no element: the rule does not match.
    case destinationNAT([Field], map: String)
    case destinationNATTo(IPAddress, Port)
    /// Writes the packet's fields into a dynamic map, or lets the element that is there live for `seconds` more; the element's
    /// value stays. A full map: the rule does not match.
    case updateMap(String, key: [Field], value: [Field], seconds: UInt32)
    /// Always with `fully-random`: two clients with one source port must not collide.
    case masquerade
    case reject(Rejection)
    case verdict(Verdict)
    /// Something that the kernel holds and we did not write; never sent, equal to nothing that we would send.
    case foreign(String)

    package enum Rejection: Hashable, Sendable {
        /// For TCP only.
        case tcpReset
        case portUnreachable
    }
}
