/// Requests to nf_tables, for a program that must do without libnftnl: tables of the `inet` family, their chains, rules, sets
/// and elements.
///
/// - SeeAlso: `linux/netfilter/nfnetlink.h`, `linux/netfilter/nf_tables.h`.
package enum FirewallMessage {
    private static let subsystem: UInt16 = 10
    private static let inet: UInt8 = 1

    /// `NFT_MSG_*`.
    private enum Verb: UInt16 {
        case newTable = 0
        case getTable = 1
        case deleteTable = 2
        case newChain = 3
        case getChain = 4
        case newRule = 6
        case newSet = 9
        case newElement = 12
        case getElement = 13
        case deleteElement = 14
    }

    /// Hooks of the `inet` family, by their numbers.
    package enum Hook: UInt32, Hashable, Sendable {
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
        case postrouting = 4
    }

    /// The type and place of a chain that packets enter by themselves.
    package struct Base: Hashable, Sendable {
        package var type: String
        package var hook: Hook
        package var priority: Int32

        package init(_ type: String, _ hook: Hook, priority: Int32) {
            self.type = type
            self.hook = hook
            self.priority = priority
        }
    }

    /// A set, or a map when it has data.
    package struct Set: Hashable, Sendable {
        package var name: String
        package var key: [FirewallType]
        package var data: [FirewallType]
        /// Its elements are stretches of addresses.
        package var isInterval: Bool
        /// Rules add elements; nil: only requests do.
        package var memory: Memory?

        /// How many elements there may be, and how long each stays after it was added.
        package struct Memory: Hashable, Sendable {
            package var elementsMax: UInt32
            package var milliseconds: UInt64

            package init(elementsMax: UInt32, milliseconds: UInt64) {
                self.elementsMax = elementsMax
                self.milliseconds = milliseconds
            }
        }

        package init(
            _ name: String, _ key: [FirewallType], data: [FirewallType] = [], isInterval: Bool = false, memory: Memory? = nil
        ) {
            self.name = name
            self.key = key
            self.data = data
            self.isInterval = isInterval
            self.memory = memory
        }

        /// `NFT_SET_*`: interval, map, timeout and evaluated by rules.
        fileprivate var flags: UInt32 { (isInterval ? 4 : 0) | (data.isEmpty ? 0 : 8) | (memory == nil ? 0 : 0x30) }
    }

    /// Makes requests one transaction: the kernel performs all of them or none.
    package static func transaction(_ requests: [NetlinkMessage]) -> [NetlinkMessage] {
        // The header names no family, and the subsystem instead of a resource.
        let boundary: [UInt8] = [0, 0, UInt8(subsystem >> 8), UInt8(subsystem & 255)]
        return [NetlinkMessage(.batchBegin, payload: boundary)] + requests + [NetlinkMessage(.batchEnd, payload: boundary)]
    }

    /// EEXIST when there is one.
    ///
    /// - Parameter comment: What `nft` shows as the table's comment; at most 127 bytes.
    package static func addTable(_ name: String, comment: String? = nil) -> NetlinkMessage {
        message(.newTable, [.create, .exclusive]) {
            $0.attribute(1, text: name)
            if let comment { $0.attribute(6, bytes: FirewallComment.encode(comment)) }
        }
    }

    /// ENOENT when there is none.
    package static func getTable(_ name: String) -> NetlinkMessage { message(.getTable) { $0.attribute(1, text: name) } }

    package static func deleteTable(_ name: String) -> NetlinkMessage { message(.deleteTable) { $0.attribute(1, text: name) } }

    /// ENOENT when there is none.
    package static func getChain(_ name: String, in table: String) -> NetlinkMessage {
        message(.getChain) {
            $0.attribute(1, text: table)
            $0.attribute(3, text: name)
        }
    }

    /// EEXIST when there is one.
    ///
    /// - Parameter base: Nil for a chain that rules jump to.
    package static func addChain(_ name: String, in table: String, _ base: Base? = nil) -> NetlinkMessage {
        message(.newChain, [.create, .exclusive]) {
            $0.attribute(1, text: table)
            $0.attribute(3, text: name)
            guard let base else { return }
            $0.nest(4) {
                $0.attribute(1, bigEndian: base.hook.rawValue)
                $0.attribute(2, bigEndian: UInt32(bitPattern: base.priority))
            }
            $0.attribute(7, text: base.type)
        }
    }

    package static func appendRule(to chain: String, in table: String, _ expressions: [FirewallExpression]) -> NetlinkMessage {
        message(.newRule, [.create, .append]) {
            $0.attribute(1, text: table)
            $0.attribute(2, text: chain)
            $0.nest(4) { list in for expression in expressions { list.nest(1) { expression.encode(into: &$0) } } }
        }
    }

    /// - Parameter number: Different for every set of one transaction.
    package static func addSet(_ set: Set, in table: String, number: UInt32) -> NetlinkMessage {
        message(.newSet, [.create]) {
            $0.attribute(1, text: table)
            $0.attribute(2, text: set.name)
            $0.attribute(3, bigEndian: set.flags)
            $0.attribute(4, bigEndian: FirewallType.code(of: set.key))
            $0.attribute(5, bigEndian: FirewallType.length(of: set.key))
            if !set.data.isEmpty {
                $0.attribute(6, bigEndian: FirewallType.code(of: set.data))
                $0.attribute(7, bigEndian: FirewallType.length(of: set.data))
            }
            $0.attribute(10, bigEndian: number)
            guard let memory = set.memory else { return }
            $0.nest(9) { $0.attribute(1, bigEndian: memory.elementsMax) }
            $0.attribute(11, longBigEndian: memory.milliseconds)
        }
    }

    /// EEXIST when one of them is there and `exclusive` is set; EBUSY when a map has the key with other data.
    package static func addElements(_ elements: [FirewallElement], to set: String, in table: String, exclusive: Bool = false)
        -> NetlinkMessage
    {
        message(.newElement, exclusive ? [.create, .exclusive] : [.create]) { encode(elements, set, table, into: &$0) }
    }

    /// ENOENT when one of them is missing.
    package static func deleteElements(_ elements: [FirewallElement], from set: String, in table: String) -> NetlinkMessage {
        message(.deleteElement) { encode(elements, set, table, into: &$0) }
    }

    /// Asks for one element; ENOENT when it is not there.
    package static func getElement(_ element: FirewallElement, of set: String, in table: String) -> NetlinkMessage {
        message(.getElement) { encode([element], set, table, into: &$0) }
    }

    package static func listElements(of set: String, in table: String) -> NetlinkMessage {
        message(.getElement, .dump) {
            $0.attribute(1, text: table)
            $0.attribute(2, text: set)
        }
    }

    private static func encode(
        _ elements: [FirewallElement], _ set: String, _ table: String, into writer: inout MessageWriter
    ) {
        writer.attribute(1, text: table)
        writer.attribute(2, text: set)
        writer.nest(3) { list in for element in elements { list.nest(1) { element.encode(into: &$0) } } }
    }

    private static func message(_ verb: Verb, _ flags: MessageFlags = [], _ body: (inout MessageWriter) -> Void)
        -> NetlinkMessage
    {
        var writer = MessageWriter()
        writer.append([inet, 0, 0, 0])
        body(&writer)
        return NetlinkMessage(MessageType(rawValue: subsystem << 8 | verb.rawValue), flags: flags, payload: writer.bytes)
    }
}

extension MessageType {
    // On a netfilter socket; route netlink has other messages of these numbers.
    package static let batchBegin = MessageType(rawValue: 16)
    package static let batchEnd = MessageType(rawValue: 17)
}

extension MessageWriter {
    /// nf_tables carries numbers in network order, unlike the rest of netlink.
    mutating func attribute(_ type: UInt16, bigEndian number: UInt32) { attribute(type, number: number.bigEndian) }

    mutating func attribute(_ type: UInt16, longBigEndian number: UInt64) { attribute(type, number: number.bigEndian) }

    mutating func nest(_ type: UInt16, _ body: (inout MessageWriter) -> Void) { attribute(type | 0x8000, body) }
}

/// `nft`'s comments on tables and elements: the field number 0, a length and text that ends with a zero byte.
enum FirewallComment {
    private static let field: UInt8 = 0

    static func encode(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(254)) + [0]
        return [field, UInt8(bytes.count)] + bytes
    }

    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var rest = bytes
        while rest.count >= 2 {
            let type = rest.removeFirst()
            let length = Int(rest.removeFirst())
            guard length <= rest.count else { return nil }
            if type == field { return String(decoding: rest.prefix(length).prefix { $0 != 0 }, as: UTF8.self) }
            rest = rest.dropFirst(length)
        }
        return nil
    }
}
