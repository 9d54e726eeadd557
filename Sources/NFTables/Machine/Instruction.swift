/// A register of four bytes, 0...15. Registers that a 16-byte one begins at are shown under that one's name, as nft does.
package struct Register: Hashable, Sendable {
    package var index: UInt32

    package init(_ index: UInt32) {
        precondition(index < 16, "register \(index)")
        self.index = index
    }

    /// The number that netlink uses (`enum nft_registers`): 1...4 for the 16-byte registers, 8...23 for the others.
    package var number: UInt32 { index % 4 == 0 ? 1 + index / 4 : 8 + index }
}

/// One step of nf_tables' virtual machine.
package enum Instruction: Hashable, Sendable {
    package enum Header: UInt32, Hashable, Sendable {
        case network = 1
        case transport = 2
    }

    package enum Meta: Hashable, Sendable {
        case mark, transport
        case inputIndex, outputIndex, inputName, outputName
    }
    package enum Conntrack: Hashable, Sendable {
        case state, status
        case originalSource, originalDestination, originalDestinationPort
        case replySource, replySourcePort
    }

    package enum Comparison: Hashable, Sendable { case equal, notEqual }

    package enum LookupResult: Hashable, Sendable {
        /// Goes on when the key is there.
        case found
        /// Goes on when the key is not there.
        case absent
        /// Puts the map's value into a register, or ends the rule without an element.
        case value(Register)
        case verdict
    }

    case payload(Header, offset: UInt32, length: UInt32, into: Register)
    case meta(Meta, into: Register)
    case setMeta(Meta, from: Register)
    case conntrack(Conntrack, into: Register)
    /// The type of an address in the routing table.
    case addressType(Match.Side, into: Register)
    /// Ends the rule unless the register compares like this with the bytes.
    case compare(Register, Comparison, [UInt8])
    /// `register = register & mask ^ xor`, over as many bytes as the mask has.
    case bitwise(Register, mask: [UInt8], xor: [UInt8])
    case lookup(set: String, key: Register, LookupResult)
    /// Adds an element to a dynamic set or prolongs its life, in milliseconds.
    case updateElement(set: String, key: Register, value: Register, lifetime: UInt64)
    case random(modulus: UInt32, into: Register)
    /// `jhash` over `length` bytes from a register on, reduced to less than the modulus.
    case hash(Register, length: UInt32, modulus: UInt32, seed: UInt32, into: Register)
    case immediate([UInt8], into: Register)
    case verdict(Verdict)
    case destinationNAT(address: Register, port: Register)
    case masquerade
    case notrack
    case reject(Statement.Rejection)
    case counter
    case log(prefix: String, group: UInt16)
    case limit(perSecond: UInt32)
}

extension Instruction {
    /// `RTN_LOCAL`, what `addressType` gives for an address of this machine.
    package static let localAddressType: UInt32 = 2
    /// `IPS_DST_NAT`
    package static let destinationTranslatedStatus: UInt32 = 1 << 5
    /// `NF_CT_STATE_BIT(IP_CT_NEW)`
    package static let newConnectionState: UInt32 = 1 << 3
    /// The same for `IP_CT_ESTABLISHED` and `IP_CT_RELATED`.
    package static let knownConnectionStates: UInt32 = 1 << 1 | 1 << 2
}
