import NetworkTypes

/// Runs one base chain's instructions over a packet. Sixteen registers of four bytes, as nf_tables has them.
struct PacketMachine {
    let table: Table
    let surroundings: PacketTrace.Surroundings
    var packet: Packet
    /// As the packet came, before any translation.
    let original: Packet
    var updates: [PacketTrace.Update] = []
    var isDestinationTranslated: Bool
    var isMasqueraded = false
    var randomNumbersUsed: Int
    var chains: [String] = []
    var steps: [PacketTrace.Step] = []
    private var registers = [UInt8](repeating: 0, count: 64)

    init(
        table: Table, surroundings: PacketTrace.Surroundings, packet: Packet, original: Packet, isDestinationTranslated: Bool,
        randomNumbersUsed: Int
    ) {
        self.table = table
        self.surroundings = surroundings
        self.packet = packet
        self.original = original
        self.isDestinationTranslated = isDestinationTranslated
        self.randomNumbersUsed = randomNumbersUsed
    }

    /// What one instruction leads to.
    private enum Step {
        case next
        /// The rule does not match.
        case leaveRule
        case verdict(Verdict)
        case end(PacketTrace.Outcome)
    }

    /// Runs a chain to its end; nil when nothing decided.
    mutating func run(_ chain: Chain) -> PacketTrace.Outcome? {
        var current = chain
        var index = 0
        var callers: [(Chain, Int)] = []
        chains.append(chain.name)
        while true {
            guard index < current.rules.count else {
                guard let (caller, next) = callers.popLast() else { return nil }
                (current, index) = (caller, next)
                continue
            }
            let rule = current.rules[index]
            index += 1
            let step = run(rule)
            note(step, rule, index - 1, current)
            switch step {
            case .next, .leaveRule: continue
            case .end(let outcome): return outcome
            case .verdict(.accept): return .accepted
            case .verdict(.drop): return .dropped
            case .verdict(.return): index = current.rules.count
            case .verdict(.jump(let name)):
                callers.append((current, index))
                (current, index) = (enter(name), 0)
            case .verdict(.goto(let name)): (current, index) = (enter(name), 0)
            }
        }
    }

    /// Remembers a rule that the packet did not leave half-way.
    private mutating func note(_ step: Step, _ rule: Rule, _ index: Int, _ chain: Chain) {
        let effect: PacketTrace.Step.Effect
        switch step {
        case .leaveRule: return
        case .next: effect = .goesOn
        case .verdict(let verdict): effect = .verdict(verdict)
        case .end(let outcome): effect = .ends(outcome)
        }
        steps.append(
            PacketTrace.Step(
                table: table.identifier, chain: chain.name, index: index,
                rule: Printer.print(rule, family: table.identifier.family.addresses), effect: effect,
                destination: packet.destination, port: packet.destinationPort))
    }

    private mutating func enter(_ name: String) -> Chain {
        chains.append(name)
        guard let chain = table.chains[name], chains.count < 1000 else {
            preconditionFailure("chain \(name) is missing or part of a loop")
        }
        return chain
    }

    private mutating func run(_ rule: Rule) -> Step {
        for case .foreign(let text) in rule.statements { return .end(.undecided(text)) }
        for instruction in Lowering.lower(rule, in: table.identifier.family) {
            let step = run(instruction)
            guard case .next = step else { return step }
        }
        return .next
    }

    private mutating func run(_ instruction: Instruction) -> Step {
        switch instruction {
        case .payload(let header, let offset, let length, let register):
            let bytes = headerBytes(header)
            write(Array(bytes[Int(offset)..<Int(offset + length)]), to: register)
        case .meta(.mark, let register): write(hostOrder(packet.mark), to: register)
        case .meta(.transport, let register): write([packet.transport.rawValue], to: register)
        case .meta(.inputIndex, let register): write(hostOrder(packet.inputLink.index), to: register)
        case .meta(.outputIndex, let register): write(hostOrder(packet.outputLink.index), to: register)
        case .meta(.inputName, let register): write(name(packet.inputLink), to: register)
        case .meta(.outputName, let register): write(name(packet.outputLink), to: register)
        case .setMeta(_, let register): packet.mark = number(read(register, count: 4))
        case .conntrack(.state, let register): write(hostOrder(Instruction.newConnectionState), to: register)
        case .conntrack(.status, let register):
            write(hostOrder(isDestinationTranslated ? Instruction.destinationTranslatedStatus : 0), to: register)
        case .conntrack(.originalSource, let register): write(original.source.bytes, to: register)
        case .conntrack(.originalDestination, let register): write(original.destination.bytes, to: register)
        case .conntrack(.originalDestinationPort, let register): write(original.destinationPort.bytes, to: register)
        case .conntrack(.replySource, let register): write(packet.destination.bytes, to: register)
        case .conntrack(.replySourcePort, let register): write(packet.destinationPort.bytes, to: register)
        case .addressType(let side, let register):
            let local = surroundings.isLocal(side == .source ? packet.source : packet.destination)
            write(hostOrder(local ? Instruction.localAddressType : 1), to: register)
        case .compare(let register, let comparison, let bytes):
            let equal = read(register, count: bytes.count) == bytes
            if equal != (comparison == .equal) { return .leaveRule }
        case .bitwise(let register, let mask, let xor):
            let value = read(register, count: mask.count)
            write(zip(value, zip(mask, xor)).map { $0 & $1.0 ^ $1.1 }, to: register)
        case .lookup(let set, let key, let result): return look(in: set, key, result)
        case .updateElement(let set, let key, let value, _): update(set, key, value)
        case .random(let modulus, let register):
            let given = surroundings.randomNumbers
            let number = randomNumbersUsed < given.count ? given[randomNumbersUsed] : 0
            randomNumbersUsed += 1
            write(hostOrder(number % modulus), to: register)
        case .hash(let source, let length, let modulus, let seed, let register):
            let hash = JenkinsHash.hash(read(source, count: Int(length)), seed: seed)
            write(hostOrder(UInt32((UInt64(hash) * UInt64(modulus)) >> 32)), to: register)
        case .immediate(let bytes, let register): write(bytes, to: register)
        case .verdict(let verdict): return .verdict(verdict)
        case .destinationNAT(let address, let port):
            guard let destination = IPAddress(bytes: read(address, count: packet.destination.family.byteCount)) else {
                preconditionFailure("an address has four or sixteen bytes")
            }
            let bytes = read(port, count: 2)
            packet.destination = destination
            packet.destinationPort = Port(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
            isDestinationTranslated = true
            return .end(.accepted)
        case .masquerade:
            isMasqueraded = true
            return .end(.accepted)
        case .reject(let rejection): return .end(.rejected(rejection))
        case .counter, .log, .limit, .notrack: break
        }
        return .next
    }

    private mutating func look(in name: String, _ register: Register, _ result: Instruction.LookupResult) -> Step {
        guard let set = table.sets[name] else { preconditionFailure("set \(name) is missing") }
        let count = set.key.reduce(0) { $0 + $1.wordCount * 4 }
        guard let key = KeyBytes(bytes: read(register, count: count)) else { preconditionFailure("key of \(count) bytes") }
        let found = value(for: key, in: set)
        switch (result, found) {
        case (.found, nil), (.value, nil), (.verdict, nil), (.absent, .some): return .leaveRule
        case (.found, .some), (.absent, nil): return .next
        case (.value(let target), .fields(let bytes)):
            write(bytes.bytes, to: target)
            return .next
        case (.verdict, .verdict(let verdict)): return .verdict(verdict)
        default: preconditionFailure("set \(name) holds no such value")
        }
    }

    private mutating func update(_ name: String, _ keyRegister: Register, _ valueRegister: Register) {
        guard let set = table.sets[name], case .fields(let types) = set.value else {
            preconditionFailure("map \(name) is missing")
        }
        func count(_ types: [FieldType]) -> Int { types.reduce(0) { $0 + $1.wordCount * 4 } }
        guard let key = KeyBytes(bytes: read(keyRegister, count: count(set.key))),
            let value = KeyBytes(bytes: read(valueRegister, count: count(types)))
        else { preconditionFailure("key or value of map \(name) is too long") }
        updates.append(PacketTrace.Update(map: name, key: key, value: value))
    }

    private func value(for key: KeyBytes, in set: NamedSet) -> ElementValue? {
        if let exact = set.elements[ElementKey(key)] { return exact }
        guard set.isInterval else { return nil }
        return set.elements.first { element, _ in
            var index = 0
            for type in set.key {
                let words = index..<index + type.wordCount
                func part(_ bytes: KeyBytes) -> [UInt32] { words.map { bytes[$0] } }
                let (low, value, high) = (part(element.start), part(key), part(element.end ?? element.start))
                if value.lexicographicallyPrecedes(low) || high.lexicographicallyPrecedes(value) { return false }
                index += type.wordCount
            }
            return true
        }?.value
    }

    private func headerBytes(_ header: Instruction.Header) -> [UInt8] {
        switch header {
        case .network:
            let filler = packet.source.family == .ipv4 ? 12 : 8
            return [UInt8](repeating: 0, count: filler) + packet.source.bytes + packet.destination.bytes
        case .transport: return packet.sourcePort.bytes + packet.destinationPort.bytes
        }
    }

    /// IFNAMSIZ bytes.
    private func name(_ link: Packet.Link) -> [UInt8] {
        let bytes = Array(link.name.utf8.prefix(15))
        return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }

    /// Fills the rest of the last word with zeros, as the kernel does.
    private mutating func write(_ bytes: [UInt8], to register: Register) {
        let start = Int(register.index) * 4
        let padded = bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        registers.replaceSubrange(start..<start + padded.count, with: padded)
    }

    private func read(_ register: Register, count: Int) -> [UInt8] {
        let start = Int(register.index) * 4
        return Array(registers[start..<start + count])
    }

    private func hostOrder(_ number: UInt32) -> [UInt8] {
        let word = UInt32(bigEndian: number)
        return [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
    }

    private func number(_ bytes: [UInt8]) -> UInt32 { UInt32(bigEndian: bytes.reduce(0) { $0 << 8 | UInt32($1) }) }
}
