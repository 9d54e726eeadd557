import CNFTNL
import NFTables

/// libnftnl's expressions as instructions: the way back of `InstructionEncoder`.
enum InstructionDecoder {
    /// Nil when the rule holds something that our machine does not know.
    static func decode(_ rule: OpaquePointer) -> [Instruction]? {
        var found: [Instruction?] = []
        withUnsafeMutablePointer(to: &found) { pointer in
            // SAFETY: the callback runs before this call returns, and the pointer is of the type it casts to.
            _ = nftnl_expr_foreach(
                rule,
                { expression, context in
                    guard let expression, let context else { return 0 }
                    context.assumingMemoryBound(to: [Instruction?].self).pointee.append(
                        InstructionDecoder.instruction(expression))
                    return 0
                }, pointer)
        }
        let known = found.compactMap(\.self)
        return known.count == found.count ? known : nil
    }

    private static func instruction(_ expression: OpaquePointer) -> Instruction? {
        let name = nftnl_expr_get_str(expression, UInt16(NFTNL_EXPR_NAME)).map { String(cString: $0) }
        switch name {
        case "payload": return payload(expression)
        case "meta": return meta(expression)
        case "ct": return conntrack(expression)
        case "fib": return fib(expression)
        case "cmp": return compare(expression)
        case "bitwise": return bitwise(expression)
        case "lookup": return lookup(expression)
        case "dynset": return update(expression)
        case "numgen": return random(expression)
        case "hash": return hash(expression)
        case "immediate": return immediate(expression)
        case "nat": return nat(expression)
        case "masq": return .masquerade
        case "reject":
            return .reject(
                number(expression, NFTNL_EXPR_REJECT_TYPE) == NFT_REJECT_TCP_RST.rawValue ? .tcpReset : .portUnreachable)
        case "counter": return .counter
        default: return nil
        }
    }

    private static func payload(_ expression: OpaquePointer) -> Instruction? {
        guard let header = Instruction.Header(rawValue: number(expression, NFTNL_EXPR_PAYLOAD_BASE)),
            let register = register(expression, NFTNL_EXPR_PAYLOAD_DREG)
        else { return nil }
        let offset = number(expression, NFTNL_EXPR_PAYLOAD_OFFSET)
        let length = number(expression, NFTNL_EXPR_PAYLOAD_LEN)
        // The machine knows addresses and ports.
        let isKnown = header == .network ? offset >= 8 && offset + length <= 40 : offset + length <= 4
        return isKnown ? .payload(header, offset: offset, length: length, into: register) : nil
    }

    private static func meta(_ expression: OpaquePointer) -> Instruction? {
        let key: Instruction.Meta
        switch number(expression, NFTNL_EXPR_META_KEY) {
        case NFT_META_MARK.rawValue: key = .mark
        case NFT_META_L4PROTO.rawValue: key = .transport
        case NFT_META_IIF.rawValue: key = .inputIndex
        case NFT_META_OIF.rawValue: key = .outputIndex
        case NFT_META_IIFNAME.rawValue: key = .inputName
        case NFT_META_OIFNAME.rawValue: key = .outputName
        default: return nil
        }
        if isSet(expression, NFTNL_EXPR_META_SREG) {
            return register(expression, NFTNL_EXPR_META_SREG).map { .setMeta(key, from: $0) }
        }
        return register(expression, NFTNL_EXPR_META_DREG).map { .meta(key, into: $0) }
    }

    private static func conntrack(_ expression: OpaquePointer) -> Instruction? {
        guard !isSet(expression, NFTNL_EXPR_CT_SREG), let register = register(expression, NFTNL_EXPR_CT_DREG) else { return nil }
        let isReply = isSet(expression, NFTNL_EXPR_CT_DIR) && nftnl_expr_get_u8(expression, UInt16(NFTNL_EXPR_CT_DIR)) == 1
        let key: Instruction.Conntrack
        switch (number(expression, NFTNL_EXPR_CT_KEY), isReply) {
        case (NFT_CT_STATE.rawValue, _): key = .state
        case (NFT_CT_STATUS.rawValue, _): key = .status
        case (NFT_CT_SRC_IP.rawValue, false), (NFT_CT_SRC_IP6.rawValue, false): key = .originalSource
        case (NFT_CT_DST_IP.rawValue, false), (NFT_CT_DST_IP6.rawValue, false): key = .originalDestination
        case (NFT_CT_PROTO_DST.rawValue, false): key = .originalDestinationPort
        case (NFT_CT_SRC_IP.rawValue, true), (NFT_CT_SRC_IP6.rawValue, true): key = .replySource
        case (NFT_CT_PROTO_SRC.rawValue, true): key = .replySourcePort
        default: return nil
        }
        return .conntrack(key, into: register)
    }

    private static func fib(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_FIB_RESULT) == NFT_FIB_RESULT_ADDRTYPE.rawValue,
            let register = register(expression, NFTNL_EXPR_FIB_DREG)
        else { return nil }
        switch number(expression, NFTNL_EXPR_FIB_FLAGS) {
        case NFTA_FIB_F_SADDR.rawValue: return .addressType(.source, into: register)
        case NFTA_FIB_F_DADDR.rawValue: return .addressType(.destination, into: register)
        default: return nil
        }
    }

    private static func compare(_ expression: OpaquePointer) -> Instruction? {
        guard let register = register(expression, NFTNL_EXPR_CMP_SREG) else { return nil }
        let bytes = bytes(expression, NFTNL_EXPR_CMP_DATA)
        switch number(expression, NFTNL_EXPR_CMP_OP) {
        case NFT_CMP_EQ.rawValue: return .compare(register, .equal, bytes)
        case NFT_CMP_NEQ.rawValue: return .compare(register, .notEqual, bytes)
        default: return nil
        }
    }

    private static func bitwise(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_BITWISE_SREG) == number(expression, NFTNL_EXPR_BITWISE_DREG),
            let register = register(expression, NFTNL_EXPR_BITWISE_SREG), isSet(expression, NFTNL_EXPR_BITWISE_MASK)
        else { return nil }
        return .bitwise(
            register, mask: bytes(expression, NFTNL_EXPR_BITWISE_MASK), xor: bytes(expression, NFTNL_EXPR_BITWISE_XOR))
    }

    private static func lookup(_ expression: OpaquePointer) -> Instruction? {
        guard let set = text(expression, NFTNL_EXPR_LOOKUP_SET), let key = register(expression, NFTNL_EXPR_LOOKUP_SREG) else {
            return nil
        }
        let isInverted =
            isSet(expression, NFTNL_EXPR_LOOKUP_FLAGS)
            && number(expression, NFTNL_EXPR_LOOKUP_FLAGS) & UInt32(NFT_LOOKUP_F_INV.rawValue) != 0
        guard isSet(expression, NFTNL_EXPR_LOOKUP_DREG) else {
            return .lookup(set: set, key: key, isInverted ? .absent : .found)
        }
        if number(expression, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT.rawValue {
            return .lookup(set: set, key: key, .verdict)
        }
        return register(expression, NFTNL_EXPR_LOOKUP_DREG).map { .lookup(set: set, key: key, .value($0)) }
    }

    private static func update(_ expression: OpaquePointer) -> Instruction? {
        guard let set = text(expression, NFTNL_EXPR_DYNSET_SET_NAME),
            number(expression, NFTNL_EXPR_DYNSET_OP) == NFT_DYNSET_OP_UPDATE.rawValue,
            let key = register(expression, NFTNL_EXPR_DYNSET_SREG_KEY), isSet(expression, NFTNL_EXPR_DYNSET_SREG_DATA),
            let value = register(expression, NFTNL_EXPR_DYNSET_SREG_DATA)
        else { return nil }
        let lifetime = nftnl_expr_get_u64(expression, UInt16(NFTNL_EXPR_DYNSET_TIMEOUT))
        return .updateElement(set: set, key: key, value: value, lifetime: lifetime)
    }

    private static func random(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_NG_TYPE) == NFT_NG_RANDOM.rawValue, number(expression, NFTNL_EXPR_NG_OFFSET) == 0
        else { return nil }
        let modulus = number(expression, NFTNL_EXPR_NG_MODULUS)
        return register(expression, NFTNL_EXPR_NG_DREG).map { .random(modulus: modulus, into: $0) }
    }

    private static func hash(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_HASH_TYPE) == NFT_HASH_JENKINS.rawValue,
            number(expression, NFTNL_EXPR_HASH_OFFSET) == 0,
            let source = register(expression, NFTNL_EXPR_HASH_SREG), let target = register(expression, NFTNL_EXPR_HASH_DREG)
        else { return nil }
        return .hash(
            source, length: number(expression, NFTNL_EXPR_HASH_LEN), modulus: number(expression, NFTNL_EXPR_HASH_MODULUS),
            seed: number(expression, NFTNL_EXPR_HASH_SEED), into: target)
    }

    private static func immediate(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_IMM_DREG) == NFT_REG_VERDICT.rawValue else {
            let bytes = bytes(expression, NFTNL_EXPR_IMM_DATA)
            return register(expression, NFTNL_EXPR_IMM_DREG).map { .immediate(bytes, into: $0) }
        }
        let code = Int32(bitPattern: number(expression, NFTNL_EXPR_IMM_VERDICT))
        return VerdictCode.verdict(code, chain: text(expression, NFTNL_EXPR_IMM_CHAIN)).map { .verdict($0) }
    }

    private static func nat(_ expression: OpaquePointer) -> Instruction? {
        guard number(expression, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT.rawValue,
            let address = register(expression, NFTNL_EXPR_NAT_REG_ADDR_MIN),
            let port = register(expression, NFTNL_EXPR_NAT_REG_PROTO_MIN)
        else { return nil }
        return .destinationNAT(address: address, port: port)
    }

    private static func isSet(_ expression: OpaquePointer, _ attribute: some BinaryInteger) -> Bool {
        nftnl_expr_is_set(expression, UInt16(attribute))
    }

    private static func number(_ expression: OpaquePointer, _ attribute: some BinaryInteger) -> UInt32 {
        isSet(expression, attribute) ? nftnl_expr_get_u32(expression, UInt16(attribute)) : 0
    }

    private static func text(_ expression: OpaquePointer, _ attribute: some BinaryInteger) -> String? {
        guard isSet(expression, attribute) else { return nil }
        return nftnl_expr_get_str(expression, UInt16(attribute)).map { String(cString: $0) }
    }

    private static func bytes(_ expression: OpaquePointer, _ attribute: some BinaryInteger) -> [UInt8] {
        var length: UInt32 = 0
        guard isSet(expression, attribute), let data = nftnl_expr_get(expression, UInt16(attribute), &length) else { return [] }
        // SAFETY: libnftnl owns `length` bytes at `data` for as long as the expression lives, which is until the caller is done.
        return Array(UnsafeRawBufferPointer(start: data, count: Int(length)))
    }

    /// The numbers of `Register.number`, read backwards; nil for the verdict register and unset ones.
    private static func register(_ expression: OpaquePointer, _ attribute: some BinaryInteger) -> Register? {
        switch number(expression, attribute) {
        case let wide where (1...4).contains(wide): Register((wide - 1) * 4)
        case let narrow where (8...23).contains(narrow): Register(narrow - 8)
        default: nil
        }
    }
}
