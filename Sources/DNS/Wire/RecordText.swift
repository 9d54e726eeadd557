import NetworkTypes

extension Record: CustomStringConvertible {
    /// As dig prints it, with single spaces: `web.default.svc.cluster.local. 5 IN A 10.96.1.2`.
    package var description: String { "\(owner) \(ttl) IN \(type) \(dataText)" }

    /// The data as zone files write it; the form of RFC 3597 for types without one here.
    package var dataText: String {
        func number(_ start: Int, _ count: Int) -> UInt32 { data[start..<(start + count)].reduce(0) { $0 << 8 | UInt32($1) } }
        func name(_ start: Int) -> DNSName { Self.name(data, at: start) }
        switch type {
        case .a where data.count == 4, .aaaa where data.count == 16: return IPAddress(bytes: data)?.description ?? ""
        case .cname, .ns, .ptr: return name(0).description
        case .mx where data.count > 2: return "\(number(0, 2)) \(name(2))"
        case .srv where data.count > 6: return "\(number(0, 2)) \(number(2, 2)) \(number(4, 2)) \(name(6))"
        case .soa where data.count > 22:
            let server = name(0)
            let mailbox = name(server.wire.count)
            let start = data.count - 20
            let numbers = (0..<5).map { "\(number(start + $0 * 4, 4))" }
            return "\(server) \(mailbox) \(numbers.joined(separator: " "))"
        case .txt, .hinfo: return strings.map { "\"\($0)\"" }.joined(separator: " ")
        default:
            let digits = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "\\# \(data.count)" + (digits.isEmpty ? "" : " \(digits)")
        }
    }

    private var strings: [String] {
        var result: [String] = []
        var position = 0
        while position < data.count {
            let end = min(position + 1 + Int(data[position]), data.count)
            result.append(String(decoding: data[(position + 1)..<end], as: UTF8.self))
            position = end
        }
        return result
    }

    private static func name(_ data: [UInt8], at start: Int) -> DNSName {
        var wire: [UInt8] = []
        let end = data.withUnsafeBytes { MessageReader.readName($0, at: start, into: &wire) }
        return end == nil ? .root : DNSName(unchecked: wire)
    }
}
