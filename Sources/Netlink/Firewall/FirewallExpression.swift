/// One instruction of a rule. Registers are numbered as nf_tables does: 1 to 4 hold 16 bytes, 8 to 23 hold 4, and 8 is the
/// first quarter of 1.
package enum FirewallExpression: Hashable, Sendable {
    package enum Header: UInt32, Hashable, Sendable { case network = 1, transport = 2 }

    package enum Meta: UInt32, Hashable, Sendable {
        case inputIndex = 4
        case inputName = 6
        case outputName = 7
        case networkProtocol = 15
        case transportProtocol = 16
    }

    case payload(Header, offset: UInt32, length: UInt32, into: UInt32)
    case meta(Meta, into: UInt32)
    case conntrackStatus(into: UInt32)
    case equal(UInt32, [UInt8])
    case differs(UInt32, [UInt8])
    case mask(UInt32, [UInt8])
    case isIn(String, UInt32)
    case isNotIn(String, UInt32)
    case value(of: String, UInt32, into: UInt32)
    /// Puts the register into a set that forgets; a set that is full stays as it is.
    case remember(in: String, UInt32)
    /// The kind of the packet's destination: 2 is an address of this host.
    case destinationKind(into: UInt32)
    /// 1 when a packet to this one's source would leave where this one came in, else 0.
    case sourceIsReachable(into: UInt32)
    case destinationNAT(isIPv6: Bool, address: UInt32, port: UInt32)
    case masquerade
    case jump(String)
    case accept
    case drop

    func encode(into writer: inout MessageWriter) {
        switch self {
        case .payload(let header, let offset, let length, let register):
            writer.expression("payload", numbers: [(1, register), (2, header.rawValue), (3, offset), (4, length)])
        case .meta(let key, let register): writer.expression("meta", numbers: [(1, register), (2, key.rawValue)])
        case .conntrackStatus(let register): writer.expression("ct", numbers: [(1, register), (2, 2)])
        case .equal(let register, let bytes): writer.compare(register, 0, bytes)
        case .differs(let register, let bytes): writer.compare(register, 1, bytes)
        case .mask(let register, let bytes):
            writer.expression("bitwise", numbers: [(1, register), (2, register), (3, UInt32(bytes.count))]) {
                $0.nest(4) { $0.attribute(1, bytes: bytes) }
                $0.nest(5) { $0.attribute(1, bytes: [UInt8](repeating: 0, count: bytes.count)) }
            }
        case .isIn(let set, let register): writer.lookup(set, [(2, register)])
        case .isNotIn(let set, let register): writer.lookup(set, [(2, register), (5, 1)])
        case .value(let map, let register, let result): writer.lookup(map, [(2, register), (3, result)])
        case .remember(let set, let register):
            writer.attribute(1, text: "dynset")
            writer.nest(2) {
                $0.attribute(1, text: set)
                $0.attribute(3, bigEndian: 0)
                $0.attribute(4, bigEndian: register)
            }
        case .destinationKind(let register): writer.expression("fib", numbers: [(1, register), (2, 3), (3, 2)])
        case .sourceIsReachable(let register): writer.expression("fib", numbers: [(1, register), (2, 1), (3, 1 | 8 | 32)])
        case .destinationNAT(let isIPv6, let address, let port):
            writer.expression("nat", numbers: [(1, 1), (2, isIPv6 ? 10 : 2), (3, address), (5, port)])
        case .masquerade: writer.expression("masq", numbers: [])
        case .jump(let chain): writer.verdict(-3, chain: chain)
        case .accept: writer.verdict(1)
        case .drop: writer.verdict(0)
        }
    }
}

extension MessageWriter {
    fileprivate mutating func expression(
        _ name: String, numbers: [(UInt16, UInt32)], _ more: (inout MessageWriter) -> Void = { _ in }
    ) {
        attribute(1, text: name)
        nest(2) {
            for (type, number) in numbers { $0.attribute(type, bigEndian: number) }
            more(&$0)
        }
    }

    fileprivate mutating func compare(_ register: UInt32, _ operation: UInt32, _ bytes: [UInt8]) {
        expression("cmp", numbers: [(1, register), (2, operation)]) { $0.nest(3) { $0.attribute(1, bytes: bytes) } }
    }

    fileprivate mutating func lookup(_ set: String, _ numbers: [(UInt16, UInt32)]) {
        attribute(1, text: "lookup")
        nest(2) {
            $0.attribute(1, text: set)
            for (type, number) in numbers { $0.attribute(type, bigEndian: number) }
        }
    }

    /// A verdict goes to register 0.
    fileprivate mutating func verdict(_ code: Int32, chain: String? = nil) {
        expression("immediate", numbers: [(1, 0)]) {
            $0.nest(2) {
                $0.nest(2) {
                    $0.attribute(1, bigEndian: UInt32(bitPattern: code))
                    if let chain { $0.attribute(2, text: chain) }
                }
            }
        }
    }
}
