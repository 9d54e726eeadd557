package import NetworkTypes

/// Writes rulesets in nft's syntax: tables, sets, chains and elements sorted, so that equal rulesets give equal text.
package enum Printer {
    package static func print(_ ruleset: Ruleset) -> String {
        ruleset.tables.values.sorted { $0.identifier < $1.identifier }.map { print($0) }.joined(separator: "\n")
    }

    package static func print(_ table: Table) -> String {
        let family = table.identifier.family.addresses
        let sets = table.sets.values.sorted { $0.name < $1.name }.map { block(for: $0, family: family) }
        let chains = table.chains.values.sorted { $0.name < $1.name }.map { block(for: $0, family: family) }
        return "table \(table.identifier) {\n" + (sets + chains).joined(separator: "\n") + "}\n"
    }

    private static func block(for set: NamedSet, family: IPFamily) -> String {
        var lines = ["\t\(set.isMap ? "map" : "set") \(set.name) {", "\t\t\(type(of: set, family: family))"]
        if set.isInterval { lines.append("\t\tflags interval") }
        if let size = set.dynamicSizeMax { lines += ["\t\tsize \(size)", "\t\tflags dynamic,timeout"] }
        if set.isCounted { lines.append("\t\tcounter") }
        if !set.elements.isEmpty {
            let sorted = set.elements.sorted { $0.key < $1.key }
            let elements = sorted.map { print(Element($0.key, $0.value), of: set) }
            lines.append("\t\telements = { " + elements.joined(separator: ",\n\t\t\t     ") + " }")
        }
        return (lines + ["\t}"]).joined(separator: "\n") + "\n"
    }

    private static func block(for chain: Chain, family: IPFamily) -> String {
        var lines = ["\tchain \(chain.name) {"]
        if let base = chain.base {
            lines.append(
                "\t\ttype \(base.kind.rawValue) hook \(base.hook.name) priority \(base.priority); "
                    + "policy \(base.acceptsByDefault ? "accept" : "drop");")
        }
        lines += chain.rules.map { "\t\t" + print($0, family: family) }
        return (lines + ["\t}"]).joined(separator: "\n") + "\n"
    }

    /// `type a . b : c`, or `typeof` where nft has no name for a type.
    package static func type(of set: NamedSet, family: IPFamily) -> String {
        let value: [FieldType]? = if case .fields(let fields) = set.value { fields } else { nil }
        let expressed = set.key.contains(.random) || value?.contains(.random) == true
        func print(_ fields: [FieldType]) -> String {
            fields.map { expressed ? expression(for: $0) : $0.name }.joined(separator: " . ")
        }
        let mapped: String =
            switch set.value {
            case nil: ""
            case .verdict: " : verdict"
            case .fields(let fields): " : " + print(fields)
            }
        return (expressed ? "typeof " : "type ") + print(set.key) + mapped
    }

    private static func expression(for type: FieldType) -> String {
        switch type {
        case .ipv4Address: "ip daddr"
        case .ipv6Address: "ip6 daddr"
        case .transport: "meta l4proto"
        case .port: "th dport"
        case .mark: "meta mark"
        case .random: "numgen random mod 2"
        case .interface: "iif"
        }
    }

    package static func print(_ rule: Rule, family: IPFamily) -> String {
        rule.statements.map { print($0, family: family) }.joined(separator: " ")
    }

    private static func print(_ statement: Statement, family: IPFamily) -> String {
        let header = family == .ipv4 ? "ip" : "ip6"
        switch statement {
        case .match(let match): return print(match, header: header)
        case .counter: return "counter"
        case .setMark(let bits): return "meta mark set meta mark | \(hexadecimal(bits))"
        case .clearMark(let bits): return "meta mark set meta mark & \(hexadecimal(~bits))"
        case .verdictMap(let key, let map): return "\(print(key, header)) vmap @\(map)"
        case .destinationNAT(let key, let map): return "dnat \(header) addr . port to \(print(key, header)) map @\(map)"
        case .destinationNATTo(let address, let port):
            return address.family == .ipv4 ? "dnat to \(address):\(port)" : "dnat to [\(address)]:\(port)"
        case .updateMap(let map, let key, let value, let seconds):
            return "update @\(map) { \(print(key, header)) timeout \(duration(seconds)) : \(print(value, header)) }"
        case .masquerade: return "masquerade fully-random"
        case .notrack: return "notrack"
        case .reject(.tcpReset): return "reject with tcp reset"
        case .reject(.portUnreachable): return "reject"
        case .log(let prefix, let group): return "log prefix \"\(prefix)\" group \(group) queue-threshold 1"
        case .limit(let rate): return "limit rate \(rate)/second burst \(rate) packets"
        case .verdict(let verdict): return print(verdict)
        case .foreign(let text), .asRun(_, let text): return "# " + text
        }
    }

    private static func print(_ match: Match, header: String) -> String {
        func name(_ side: Match.Side) -> String { side == .source ? "saddr" : "daddr" }
        func link(_ side: Match.Side) -> String { side == .source ? "iifname" : "oifname" }
        func value(_ prefix: CIDR) -> String { prefix.isSingleAddress ? prefix.first.description : prefix.description }
        func value(_ pattern: InterfacePattern) -> String { "\"\(pattern.text)\(pattern.isPrefix ? "*" : "")\"" }
        switch match {
        case .address(let side, let prefix): return "\(header) \(name(side)) \(value(prefix))"
        case .addressNot(let side, let prefix): return "\(header) \(name(side)) != \(value(prefix))"
        case .transport(let transport): return "meta l4proto \(transport.name)"
        case .isLocal(let side): return "fib \(name(side)) type local"
        case .interface(let side, let pattern): return "\(link(side)) \(value(pattern))"
        case .interfaceNot(let side, let pattern): return "\(link(side)) != \(value(pattern))"
        case .anyMark(let bits): return "meta mark & \(hexadecimal(bits)) != 0x00000000"
        case .destinationTranslated: return "ct status dnat"
        case .isNewConnection: return "ct state new"
        case .isKnownConnection: return "ct state established,related"
        case .member(let key, let set): return "\(print(key, header)) @\(set)"
        case .notMember(let key, let set): return "\(print(key, header)) != @\(set)"
        }
    }

    private static func print(_ key: [Field], _ header: String) -> String {
        key.map { field in
            switch field {
            case .sourceAddress: "\(header) saddr"
            case .destinationAddress: "\(header) daddr"
            case .transport: "meta l4proto"
            case .sourcePort: "th sport"
            case .destinationPort: "th dport"
            case .mark: "meta mark"
            case .originalSource: "ct original \(header) saddr"
            case .originalDestination: "ct original \(header) daddr"
            case .originalDestinationPort: "ct original proto-dst"
            case .replySource: "ct reply \(header) saddr"
            case .replySourcePort: "ct reply proto-src"
            case .random(let modulus): "numgen random mod \(modulus)"
            case .sourceHash(let modulus, let seed): "jhash \(header) saddr mod \(modulus) seed 0x\(String(seed, radix: 16))"
            case .inputInterface: "iif"
            case .outputInterface: "oif"
            }
        }.joined(separator: " . ")
    }

    package static func print(_ verdict: Verdict) -> String {
        switch verdict {
        case .accept: "accept"
        case .drop: "drop"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        case .return: "return"
        }
    }

    package static func print(_ element: Element, of set: NamedSet) -> String {
        let key = print(element.key, as: set.key)
        switch (element.value, set.value) {
        case (.verdict(let verdict), _): return "\(key) : \(print(verdict))"
        case (.fields(let bytes), .fields(let types)): return "\(key) : \(print(ElementKey(bytes), as: types))"
        default: return key
        }
    }

    package static func print(_ key: ElementKey, as types: [FieldType]) -> String {
        var index = 0
        var parts: [String] = []
        for type in types {
            let low = value(of: type, in: key.start, at: index)
            let high = key.end.map { value(of: type, in: $0, at: index) } ?? low
            parts.append(low == high ? low : range(low, high))
            index += type.wordCount
        }
        return parts.joined(separator: " . ")
    }

    /// A prefix where the range is one, else both ends.
    private static func range(_ low: String, _ high: String) -> String {
        guard let first = IPAddress(parsing: low), let last = IPAddress(parsing: high) else { return "\(low)-\(high)" }
        let differing = first.number ^ last.number
        let bits = 128 - differing.leadingZeroBitCount
        if let prefix = CIDR(first, prefixLength: first.family.bitCount - bits), prefix.first == first, prefix.last == last {
            return prefix.description
        }
        return "\(low)-\(high)"
    }

    private static func value(of type: FieldType, in bytes: KeyBytes, at index: Int) -> String {
        let word = bytes[index]
        switch type {
        case .ipv4Address: return IPv4Address(word).description
        case .ipv6Address:
            return IPv6Address((0..<4).reduce(UInt128(0)) { $0 << 32 | UInt128(bytes[index + $1]) }).description
        case .transport:
            let number = UInt8(word >> 24)
            return TransportProtocol(rawValue: number)?.name ?? String(number)
        case .port: return String(word >> 16)
        case .mark: return hexadecimal(UInt32(bigEndian: word))
        case .random, .interface: return String(UInt32(bigEndian: word))
        }
    }

    /// As nft writes times: `1d2h3m4s`, without what is zero.
    private static func duration(_ seconds: UInt32) -> String {
        let parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
