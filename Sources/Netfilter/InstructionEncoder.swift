import CNFTNL
import NFTables

/// Instructions as libnftnl's expressions: the only file that knows its constants for them.
enum InstructionEncoder {
    /// Appends a rule's expressions to `rule`, which takes them over.
    ///
    /// - Parameter asReported: Adds what the kernel adds when it shows the rule, so that both read the same.
    static func append(_ instructions: [Instruction], to rule: OpaquePointer, family: TableFamily, asReported: Bool) {
        for instruction in instructions {
            nftnl_rule_add_expr(rule, expression(for: instruction, family: family, asReported: asReported))
        }
    }

    private static func expression(for instruction: Instruction, family: TableFamily, asReported: Bool) -> OpaquePointer {
        switch instruction {
        case .payload(let header, let offset, let length, let register): return payload(header, offset, length, register)
        case .meta(let key, let register):
            let result = make("meta")
            set(result, NFTNL_EXPR_META_KEY, number(key))
            set(result, NFTNL_EXPR_META_DREG, register.number)
            return result
        case .setMeta(let key, let register):
            let result = make("meta")
            set(result, NFTNL_EXPR_META_KEY, number(key))
            set(result, NFTNL_EXPR_META_SREG, register.number)
            return result
        case .conntrack(let key, let register):
            return conntrack(key, register, family: family)
        case .addressType(let side, let register): return addressType(side, register)
        case .compare(let register, let comparison, let bytes):
            let result = make("cmp")
            set(result, NFTNL_EXPR_CMP_SREG, register.number)
            set(result, NFTNL_EXPR_CMP_OP, comparison == .equal ? NFT_CMP_EQ.rawValue : NFT_CMP_NEQ.rawValue)
            set(result, NFTNL_EXPR_CMP_DATA, bytes)
            return result
        case .bitwise(let register, let mask, let xor): return bitwise(register, mask, xor)
        case .lookup(let name, let key, let outcome): return lookup(name, key, outcome, asReported: asReported)
        case .updateElement(let name, let key, let value, let lifetime): return update(name, key, value, lifetime)
        case .random(let modulus, let register): return random(modulus, register)
        case .hash(let source, let length, let modulus, let seed, let register):
            return hash(source, length, modulus, seed, register, asReported: asReported)
        case .immediate(let bytes, let register):
            let result = make("immediate")
            set(result, NFTNL_EXPR_IMM_DREG, register.number)
            set(result, NFTNL_EXPR_IMM_DATA, bytes)
            return result
        case .verdict(let verdict): return self.verdict(verdict)
        case .destinationNAT(let address, let port):
            return destinationNAT(address, port, family: family, asReported: asReported)
        case .masquerade:
            let result = make("masq")
            set(result, NFTNL_EXPR_MASQ_FLAGS, 1 << 4)  // NF_NAT_RANGE_PROTO_RANDOM_FULLY
            return result
        case .reject(let rejection): return reject(rejection, family: family)
        case .counter: return make("counter")
        case .log(let prefix, let group): return log(prefix, group)
        case .limit(let rate): return limit(rate)
        case .notrack: return make("notrack")
        }
    }

    private static func payload(
        _ header: Instruction.Header, _ offset: UInt32, _ length: UInt32, _ register: Register
    ) -> OpaquePointer {
        let result = make("payload")
        set(result, NFTNL_EXPR_PAYLOAD_DREG, register.number)
        set(result, NFTNL_EXPR_PAYLOAD_BASE, header.rawValue)
        set(result, NFTNL_EXPR_PAYLOAD_OFFSET, offset)
        set(result, NFTNL_EXPR_PAYLOAD_LEN, length)
        return result
    }

    private static func random(_ modulus: UInt32, _ register: Register) -> OpaquePointer {
        let result = make("numgen")
        set(result, NFTNL_EXPR_NG_DREG, register.number)
        set(result, NFTNL_EXPR_NG_MODULUS, modulus)
        set(result, NFTNL_EXPR_NG_TYPE, NFT_NG_RANDOM.rawValue)
        set(result, NFTNL_EXPR_NG_OFFSET, 0)
        return result
    }

    private static func addressType(_ side: Match.Side, _ register: Register) -> OpaquePointer {
        let result = make("fib")
        set(result, NFTNL_EXPR_FIB_DREG, register.number)
        set(result, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE.rawValue)
        set(result, NFTNL_EXPR_FIB_FLAGS, side == .source ? NFTA_FIB_F_SADDR.rawValue : NFTA_FIB_F_DADDR.rawValue)
        return result
    }

    private static func bitwise(_ register: Register, _ mask: [UInt8], _ xor: [UInt8]) -> OpaquePointer {
        let result = make("bitwise")
        set(result, NFTNL_EXPR_BITWISE_SREG, register.number)
        set(result, NFTNL_EXPR_BITWISE_DREG, register.number)
        set(result, NFTNL_EXPR_BITWISE_LEN, UInt32(mask.count))
        set(result, NFTNL_EXPR_BITWISE_MASK, mask)
        set(result, NFTNL_EXPR_BITWISE_XOR, xor)
        return result
    }

    private static func log(_ prefix: String, _ group: UInt16) -> OpaquePointer {
        let result = make("log")
        nftnl_expr_set_str(result, UInt16(NFTNL_EXPR_LOG_PREFIX), prefix)
        nftnl_expr_set_u16(result, UInt16(NFTNL_EXPR_LOG_GROUP), group)
        nftnl_expr_set_u16(result, UInt16(NFTNL_EXPR_LOG_QTHRESHOLD), 1)
        return result
    }

    private static func limit(_ rate: UInt32) -> OpaquePointer {
        let result = make("limit")
        nftnl_expr_set_u64(result, UInt16(NFTNL_EXPR_LIMIT_RATE), UInt64(rate))
        nftnl_expr_set_u64(result, UInt16(NFTNL_EXPR_LIMIT_UNIT), 1)
        set(result, NFTNL_EXPR_LIMIT_BURST, rate)
        set(result, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS.rawValue)
        set(result, NFTNL_EXPR_LIMIT_FLAGS, 0)
        return result
    }

    private static func hash(
        _ source: Register, _ length: UInt32, _ modulus: UInt32, _ seed: UInt32, _ register: Register, asReported: Bool
    ) -> OpaquePointer {
        let result = make("hash")
        set(result, NFTNL_EXPR_HASH_SREG, source.number)
        set(result, NFTNL_EXPR_HASH_DREG, register.number)
        set(result, NFTNL_EXPR_HASH_LEN, length)
        set(result, NFTNL_EXPR_HASH_MODULUS, modulus)
        set(result, NFTNL_EXPR_HASH_SEED, seed)
        set(result, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS.rawValue)
        if asReported { set(result, NFTNL_EXPR_HASH_OFFSET, 0) }
        return result
    }

    private static func update(_ name: String, _ key: Register, _ value: Register, _ lifetime: UInt64) -> OpaquePointer {
        let result = make("dynset")
        nftnl_expr_set_str(result, UInt16(NFTNL_EXPR_DYNSET_SET_NAME), name)
        set(result, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE.rawValue)
        set(result, NFTNL_EXPR_DYNSET_SREG_KEY, key.number)
        set(result, NFTNL_EXPR_DYNSET_SREG_DATA, value.number)
        nftnl_expr_set_u64(result, UInt16(NFTNL_EXPR_DYNSET_TIMEOUT), lifetime)
        return result
    }

    private static func conntrack(
        _ key: Instruction.Conntrack, _ register: Register, family: TableFamily
    ) -> OpaquePointer {
        let result = make("ct")
        set(result, NFTNL_EXPR_CT_KEY, number(key, family: family))
        set(result, NFTNL_EXPR_CT_DREG, register.number)
        if let direction = direction(of: key) { nftnl_expr_set_u8(result, UInt16(NFTNL_EXPR_CT_DIR), direction) }
        return result
    }

    private static func lookup(
        _ name: String, _ key: Register, _ outcome: Instruction.LookupResult, asReported: Bool
    ) -> OpaquePointer {
        let result = make("lookup")
        set(result, NFTNL_EXPR_LOOKUP_SREG, key.number)
        nftnl_expr_set_str(result, UInt16(NFTNL_EXPR_LOOKUP_SET), name)
        switch outcome {
        case .found: if asReported { set(result, NFTNL_EXPR_LOOKUP_FLAGS, 0) }
        case .absent: set(result, NFTNL_EXPR_LOOKUP_FLAGS, UInt32(NFT_LOOKUP_F_INV.rawValue))
        case .value(let register):
            set(result, NFTNL_EXPR_LOOKUP_DREG, register.number)
            if asReported { set(result, NFTNL_EXPR_LOOKUP_FLAGS, 0) }
        case .verdict:
            set(result, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT.rawValue)
            if asReported { set(result, NFTNL_EXPR_LOOKUP_FLAGS, 0) }
        }
        return result
    }

    private static func destinationNAT(
        _ address: Register, _ port: Register, family: TableFamily, asReported: Bool
    ) -> OpaquePointer {
        let result = make("nat")
        set(result, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT.rawValue)
        set(result, NFTNL_EXPR_NAT_FAMILY, UInt32(family.rawValue))
        set(result, NFTNL_EXPR_NAT_REG_ADDR_MIN, address.number)
        set(result, NFTNL_EXPR_NAT_REG_PROTO_MIN, port.number)
        if asReported {
            set(result, NFTNL_EXPR_NAT_REG_ADDR_MAX, address.number)
            set(result, NFTNL_EXPR_NAT_REG_PROTO_MAX, port.number)
            set(result, NFTNL_EXPR_NAT_FLAGS, 3)  // NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED
        }
        return result
    }

    private static func reject(_ rejection: Statement.Rejection, family: TableFamily) -> OpaquePointer {
        let result = make("reject")
        switch rejection {
        case .tcpReset:
            set(result, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_TCP_RST.rawValue)
            nftnl_expr_set_u8(result, UInt16(NFTNL_EXPR_REJECT_CODE), 0)
        case .portUnreachable:
            set(result, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH.rawValue)
            // ICMP_PORT_UNREACH, ICMPV6_PORT_UNREACH
            nftnl_expr_set_u8(result, UInt16(NFTNL_EXPR_REJECT_CODE), family == .ip ? 3 : 4)
        }
        return result
    }

    private static func verdict(_ verdict: Verdict) -> OpaquePointer {
        let result = make("immediate")
        set(result, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT.rawValue)
        set(result, NFTNL_EXPR_IMM_VERDICT, UInt32(bitPattern: VerdictCode.number(of: verdict)))
        if let chain = verdict.chain { nftnl_expr_set_str(result, UInt16(NFTNL_EXPR_IMM_CHAIN), chain) }
        return result
    }

    private static func number(_ key: Instruction.Meta) -> UInt32 {
        switch key {
        case .mark: NFT_META_MARK.rawValue
        case .transport: NFT_META_L4PROTO.rawValue
        case .inputIndex: NFT_META_IIF.rawValue
        case .outputIndex: NFT_META_OIF.rawValue
        case .inputName: NFT_META_IIFNAME.rawValue
        case .outputName: NFT_META_OIFNAME.rawValue
        }
    }

    private static func number(_ key: Instruction.Conntrack, family: TableFamily) -> UInt32 {
        switch key {
        case .state: NFT_CT_STATE.rawValue
        case .status: NFT_CT_STATUS.rawValue
        case .originalSource, .replySource: family == .ip ? NFT_CT_SRC_IP.rawValue : NFT_CT_SRC_IP6.rawValue
        case .originalDestination: family == .ip ? NFT_CT_DST_IP.rawValue : NFT_CT_DST_IP6.rawValue
        case .originalDestinationPort: NFT_CT_PROTO_DST.rawValue
        case .replySourcePort: NFT_CT_PROTO_SRC.rawValue
        }
    }

    /// `IP_CT_DIR_ORIGINAL`, `IP_CT_DIR_REPLY`; nil for what both directions share.
    private static func direction(of key: Instruction.Conntrack) -> UInt8? {
        switch key {
        case .state, .status: nil
        case .originalSource, .originalDestination, .originalDestinationPort: 0
        case .replySource, .replySourcePort: 1
        }
    }

    private static func make(_ name: String) -> OpaquePointer {
        guard let expression = nftnl_expr_alloc(name) else { preconditionFailure("libnftnl knows no \(name)") }
        return expression
    }

    private static func set(_ expression: OpaquePointer, _ attribute: some BinaryInteger, _ value: UInt32) {
        nftnl_expr_set_u32(expression, UInt16(attribute), value)
    }

    private static func set(_ expression: OpaquePointer, _ attribute: some BinaryInteger, _ bytes: [UInt8]) {
        nftnl_expr_set(expression, UInt16(attribute), bytes, UInt32(bytes.count))
    }
}

/// The numbers of verdicts in netlink (`enum nft_verdicts`, `NF_DROP`, `NF_ACCEPT`).
enum VerdictCode {
    static func number(of verdict: Verdict) -> Int32 {
        switch verdict {
        case .drop: 0
        case .accept: 1
        case .jump: -3
        case .goto: -4
        case .return: -5
        }
    }

    /// Nil for a number that we never send.
    static func verdict(_ number: Int32, chain: String?) -> Verdict? {
        switch (number, chain) {
        case (0, _): .drop
        case (1, _): .accept
        case (-3, let chain?): .jump(chain)
        case (-4, let chain?): .goto(chain)
        case (-5, _): .return
        default: nil
        }
    }
}
