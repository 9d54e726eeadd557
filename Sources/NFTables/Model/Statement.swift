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
    /// `jhash saddr mod N seed S`: the same number for the same client, on every node.
    case sourceHash(modulus: UInt32, seed: UInt32)
    /// `iif`, by number.
    case inputInterface
    /// `oif`.
    case outputInterface

    package func type(in family: IPFamily) -> FieldType {
        switch self {
        case .sourceAddress, .destinationAddress, .originalSource, .originalDestination, .replySource:
            .address(family)
        case .transport: .transport
        case .sourcePort, .destinationPort, .originalDestinationPort, .replySourcePort: .port
        case .mark: .mark
        case .random, .sourceHash: .random
        case .inputInterface, .outputInterface: .interface
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
    /// No connection is tracked for the packet; in chains before priority -200 only.
    case notrack
    case reject(Rejection)
    /// Copies the packet to the listeners of a group (NFLOG), at once and not in bulk.
    case log(prefix: String, group: UInt16)
    /// Matches so often per second, and as often at once.
    case limit(perSecond: UInt32)
    case verdict(Verdict)
    /// Something that the kernel holds and we did not write; never sent, equal to nothing that we would send.
    case foreign(String)
    /// A whole rule as the kernel runs it, read back to be traced; never sent. The text is for people.
    case asRun([Instruction], text: String)

    package enum Rejection: Hashable, Sendable {
        /// For TCP only.
        case tcpReset
        case portUnreachable
    }
}
