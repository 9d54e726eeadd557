import NetworkTypes

/// Turns what an operator types into what the kernel runs, step for step as nft 1.0.6 does it.
package struct Lowering {
    private let family: IPFamily
    private var instructions: [Instruction] = []

    private init(family: IPFamily) { self.family = family }

    package static func lower(_ rule: Rule, in family: TableFamily) -> [Instruction] {
        var lowering = Lowering(family: family.addresses)
        for statement in rule.statements { lowering.lower(statement) }
        return lowering.instructions
    }

    private mutating func lower(_ statement: Statement) {
        switch statement {
        case .match(let match): lower(match)
        case .counter: instructions.append(.counter)
        case .log(let prefix, let group): instructions.append(.log(prefix: prefix, group: group))
        case .limit(let rate): instructions.append(.limit(perSecond: rate))
        case .setMark(let bits): changeMark(mask: ~bits, xor: bits)
        case .clearMark(let bits): changeMark(mask: ~bits, xor: 0)
        case .verdictMap(let key, let map):
            load(key)
            instructions.append(.lookup(set: map, key: Register(0), .verdict))
        case .destinationNAT(let key, let map):
            load(key)
            instructions.append(.lookup(set: map, key: Register(0), .value(Register(0))))
            instructions.append(.destinationNAT(address: Register(0), port: Register(UInt32(family.byteCount / 4))))
        case .destinationNATTo(let address, let port):
            let second = Register(UInt32(address.family.byteCount / 4))
            instructions.append(.immediate(address.bytes, into: Register(0)))
            instructions.append(.immediate(port.bytes, into: second))
            instructions.append(.destinationNAT(address: Register(0), port: second))
        case .updateMap(let map, let key, let value, let seconds):
            load(key)
            let keyWords = wordCount(of: key)
            // nft begins the value at a 16-byte register, and so cannot load what the kernel still takes.
            let aligned = (keyWords + 3) / 4 * 4
            let start = aligned + wordCount(of: value) > 16 ? keyWords : aligned
            instructions.append(
                .updateElement(
                    set: map, key: Register(0), value: load(value, from: start), lifetime: UInt64(seconds) * 1000))
        case .masquerade: instructions.append(.masquerade)
        case .notrack: instructions.append(.notrack)
        case .reject(let rejection): instructions.append(.reject(rejection))
        case .verdict(let verdict): instructions.append(.verdict(verdict))
        case .asRun(let read, _): instructions += read
        case .foreign(let text): preconditionFailure("a foreign rule is never sent: \(text)")
        }
    }

    private mutating func lower(_ match: Match) {
        let first = Register(0)
        switch match {
        case .address(let side, let prefix): compare(side, prefix, .equal)
        case .addressNot(let side, let prefix): compare(side, prefix, .notEqual)
        case .transport(let transport):
            instructions.append(.meta(.transport, into: first))
            instructions.append(.compare(first, .equal, [transport.rawValue]))
        case .isLocal(let side):
            instructions.append(.addressType(side, into: first))
            instructions.append(.compare(first, .equal, hostOrder(Instruction.localAddressType)))
        case .interface(let side, let pattern): compare(side, pattern, .equal)
        case .interfaceNot(let side, let pattern): compare(side, pattern, .notEqual)
        case .anyMark(let bits):
            instructions.append(.meta(.mark, into: first))
            anyBit(bits)
        case .destinationTranslated:
            instructions.append(.conntrack(.status, into: first))
            anyBit(Instruction.destinationTranslatedStatus)
        case .isNewConnection:
            instructions.append(.conntrack(.state, into: first))
            anyBit(Instruction.newConnectionState)
        case .isKnownConnection:
            instructions.append(.conntrack(.state, into: first))
            anyBit(Instruction.knownConnectionStates)
        case .member(let key, let set):
            load(key)
            instructions.append(.lookup(set: set, key: first, .found))
        case .notMember(let key, let set):
            load(key)
            instructions.append(.lookup(set: set, key: first, .absent))
        }
    }

    private mutating func compare(_ side: Match.Side, _ pattern: InterfacePattern, _ comparison: Instruction.Comparison) {
        instructions.append(.meta(side == .source ? .inputName : .outputName, into: Register(0)))
        instructions.append(.compare(Register(0), comparison, pattern.bytes))
    }

    private func wordCount(of fields: [Field]) -> UInt32 {
        fields.reduce(0) { $0 + UInt32($1.type(in: family).wordCount) }
    }

    /// Loads the fields one after another into registers, and returns the first of these.
    @discardableResult
    private mutating func load(_ key: [Field], from start: UInt32 = 0) -> Register {
        var index = start
        for field in key {
            let register = Register(index)
            switch field {
            case .sourceAddress: instructions.append(address(.source, length: family.byteCount, into: register))
            case .destinationAddress: instructions.append(address(.destination, length: family.byteCount, into: register))
            case .transport: instructions.append(.meta(.transport, into: register))
            case .sourcePort: instructions.append(.payload(.transport, offset: 0, length: 2, into: register))
            case .destinationPort: instructions.append(.payload(.transport, offset: 2, length: 2, into: register))
            case .mark: instructions.append(.meta(.mark, into: register))
            case .originalSource: instructions.append(.conntrack(.originalSource, into: register))
            case .originalDestination: instructions.append(.conntrack(.originalDestination, into: register))
            case .originalDestinationPort: instructions.append(.conntrack(.originalDestinationPort, into: register))
            case .replySource: instructions.append(.conntrack(.replySource, into: register))
            case .replySourcePort: instructions.append(.conntrack(.replySourcePort, into: register))
            case .random(let modulus): instructions.append(.random(modulus: modulus, into: register))
            case .sourceHash(let modulus, let seed):
                // Behind every field of the key, where nft finds it too.
                let source = Register(family == .ipv4 ? 8 : 11)
                instructions.append(address(.source, length: family.byteCount, into: source))
                instructions.append(
                    .hash(source, length: UInt32(family.byteCount), modulus: modulus, seed: seed, into: register))
            case .inputInterface: instructions.append(.meta(.inputIndex, into: register))
            case .outputInterface: instructions.append(.meta(.outputIndex, into: register))
            }
            index += UInt32(field.type(in: family).wordCount)
        }
        return Register(start)
    }

    private func address(_ side: Match.Side, length: Int, into register: Register) -> Instruction {
        let offset: UInt32 =
            switch (family, side) {
            case (.ipv4, .source): 12
            case (.ipv4, .destination): 16
            case (.ipv6, .source): 8
            case (.ipv6, .destination): 24
            }
        return .payload(.network, offset: offset, length: UInt32(length), into: register)
    }

    private mutating func compare(_ side: Match.Side, _ prefix: CIDR, _ comparison: Instruction.Comparison) {
        precondition(prefix.family == family, "\(prefix) in a table of \(family)")
        precondition(prefix.prefixLength > 0, "a prefix of length 0 matches everything")
        let first = Register(0)
        let bytes = prefix.first.bytes
        if prefix.prefixLength % 8 == 0 {
            let length = prefix.prefixLength / 8
            instructions.append(address(side, length: length, into: first))
            instructions.append(.compare(first, comparison, Array(bytes[..<length])))
        } else {
            instructions.append(address(side, length: family.byteCount, into: first))
            instructions.append(
                .bitwise(first, mask: prefix.mask.bytes, xor: [UInt8](repeating: 0, count: family.byteCount)))
            instructions.append(.compare(first, comparison, bytes))
        }
    }

    private mutating func anyBit(_ bits: UInt32) {
        instructions.append(.bitwise(Register(0), mask: hostOrder(bits), xor: hostOrder(0)))
        instructions.append(.compare(Register(0), .notEqual, hostOrder(0)))
    }

    private mutating func changeMark(mask: UInt32, xor: UInt32) {
        instructions.append(.meta(.mark, into: Register(0)))
        instructions.append(.bitwise(Register(0), mask: hostOrder(mask), xor: hostOrder(xor)))
        instructions.append(.setMeta(.mark, from: Register(0)))
    }

    private func hostOrder(_ number: UInt32) -> [UInt8] {
        let word = UInt32(bigEndian: number)
        return [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
    }
}
