import CNFTNL
import NFTables

/// The counter that each element of a counted set carries.
///
/// - SeeAlso: Linux `net/netfilter/nft_counter.c`, and `nft_lookup.c` for who advances it.
enum ElementCounter {
    private static let name = "counter"

    /// Has the kernel give each element of the set that is being declared a counter of its own.
    static func declare(in writer: inout NetlinkWriter) {
        let expression = writer.nest(UInt16(NFTA_SET_EXPR.rawValue))
        writer.put(UInt16(NFTA_EXPR_NAME.rawValue), name)
        writer.close(writer.nest(UInt16(NFTA_EXPR_DATA.rawValue)))
        writer.close(expression)
    }

    /// Where the counter of the element that is being written begins.
    static func put(_ count: ElementCount, in writer: inout NetlinkWriter) {
        let expression = writer.nest(UInt16(NFTA_SET_ELEM_EXPR.rawValue))
        writer.put(UInt16(NFTA_EXPR_NAME.rawValue), name)
        let data = writer.nest(UInt16(NFTA_EXPR_DATA.rawValue))
        for (type, number) in [(NFTA_COUNTER_BYTES, count.bytes), (NFTA_COUNTER_PACKETS, count.packets)] {
            writer.put(UInt16(type.rawValue), count: 2) { UInt32(truncatingIfNeeded: $0 == 0 ? number >> 32 : number) }
        }
        writer.close(data)
        writer.close(expression)
    }

    /// Nil: a set whose elements carry something else than a counter; false: nothing.
    static func isDeclared(by set: NetlinkAttributes) -> Bool? {
        if set[UInt16(NFTA_SET_EXPRESSIONS.rawValue)] != nil { return nil }
        guard let expression = set[UInt16(NFTA_SET_EXPR.rawValue)]?.nested else { return false }
        return expression[UInt16(NFTA_EXPR_NAME.rawValue)]?.text == name ? true : nil
    }

    /// The keys and counters of one message of elements, added to those of others.
    static func read(_ message: NetlinkMessage, into counts: inout [ElementKey: ElementCount]) {
        guard let list = message.attributes[UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)] else { return }
        for item in list.nested {
            let attributes = item.nested
            let value = attributes[UInt16(NFTA_SET_ELEM_KEY.rawValue)]?.nested[UInt16(NFTA_DATA_VALUE.rawValue)]
            guard let key = value.flatMap({ KeyBytes(bytes: $0.value) }),
                let data = attributes[UInt16(NFTA_SET_ELEM_EXPR.rawValue)]?.nested[UInt16(NFTA_EXPR_DATA.rawValue)]?.nested
            else { continue }
            counts[ElementKey(key)] = ElementCount(
                packets: number(data[UInt16(NFTA_COUNTER_PACKETS.rawValue)]),
                bytes: number(data[UInt16(NFTA_COUNTER_BYTES.rawValue)]))
        }
    }

    private static func number(_ attribute: NetlinkAttributes.Attribute?) -> UInt64 {
        attribute?.value.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0
    }
}

extension RulesetReader {
    /// A request with more keys than this becomes a listing of all.
    private static let countedKeysMax = 256

    /// What met the elements of a counted set. A listing may lack what moved while it went on.
    mutating func counts(
        of keys: [ElementKey]?, set: String, in table: TableIdentifier
    ) throws(ApplyError) -> [ElementKey: ElementCount] {
        let some = keys.flatMap { $0.count <= Self.countedKeysMax ? $0 : nil }
        var counts: [ElementKey: ElementCount] = [:]
        sequence &+= 1
        var writer = NetlinkWriter(reservingBytes: 256 + 64 * (some?.count ?? 0))
        writer.begin(
            type: Self.elementsRequest, flags: some == nil ? Self.dump : Self.acknowledge, sequence: sequence,
            family: table.family.rawValue)
        writer.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
        writer.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
        if let some {
            let list = writer.nest(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue))
            for key in some {
                let item = writer.nest(UInt16(NFTA_LIST_ELEM.rawValue))
                BatchEncoder.put(key, in: &writer)
                writer.close(item)
            }
            writer.close(list)
        }
        writer.end()
        try socket.ask(writer.words, sequence: sequence, detail: "count elements of \(set)") { message in
            ElementCounter.read(message, into: &counts)
        }
        guard let keys, some == nil else { return counts }
        let wanted = Set(keys)
        return counts.filter { wanted.contains($0.key) }
    }
}
