import CNFTNL
import NFTables
import NetworkTypes

/// Ranges of a single field, as nf_tables' red-black tree keeps them: a point where each begins, and one behind each end.
///
/// - SeeAlso: Linux `net/netfilter/nft_set_rbtree.c`.
enum PlainRanges {
    struct Point: Hashable {
        var key: KeyBytes
        var isEnd: Bool
    }

    /// Whether a key is a range over an address alone, judged by its length: a concatenation is longer, or shorter.
    static func isPlain(_ key: ElementKey?, _ family: TableFamily) -> Bool {
        guard let key, key.end != nil else { return false }
        return Int(key.start.wordCount) == family.addresses.byteCount / 4
    }

    /// A range up to the highest key has no end.
    static func points(of keys: some Sequence<ElementKey>) -> [Point] {
        keys.flatMap { key in
            let begin = Point(key: key.start, isEnd: false)
            guard let next = successor(of: key.end ?? key.start) else { return [begin] }
            return [begin, Point(key: next, isEnd: true)]
        }
    }

    static func put(_ point: Point, in writer: inout NetlinkWriter) {
        let nest = writer.nest(UInt16(NFTA_SET_ELEM_KEY.rawValue))
        writer.put(UInt16(NFTA_DATA_VALUE.rawValue), count: Int(point.key.wordCount)) { point.key[$0] }
        writer.close(nest)
        if point.isEnd { writer.put(UInt16(NFTA_SET_ELEM_FLAGS.rawValue), UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue)) }
    }

    /// The ranges of one dump.
    static func elements(in messages: [NetlinkMessage]) -> [ElementKey: ElementValue] {
        var points: [Point] = []
        for message in messages {
            guard let list = message.attributes[UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)] else { continue }
            for item in list.nested {
                let attributes = item.nested
                let value = attributes[UInt16(NFTA_SET_ELEM_KEY.rawValue)]?.nested[UInt16(NFTA_DATA_VALUE.rawValue)]
                guard let key = value.flatMap({ KeyBytes(bytes: $0.value) }) else { continue }
                let flags = attributes[UInt16(NFTA_SET_ELEM_FLAGS.rawValue)]?.number ?? 0
                points.append(Point(key: key, isEnd: flags & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0))
            }
        }
        // An end stands before a beginning at the same place.
        points.sort { $0.key == $1.key ? $0.isEnd && !$1.isEnd : $0.key < $1.key }
        var result: [ElementKey: ElementValue] = [:]
        for (index, point) in points.enumerated() where !point.isEnd {
            let next = index + 1 < points.count ? points[index + 1] : nil
            let end = next.flatMap { predecessor(of: $0.key) } ?? highest(like: point.key)
            result[ElementKey(point.key, end: end)] = ElementValue.none
        }
        return result
    }

    private static func successor(of key: KeyBytes) -> KeyBytes? { moved(key, from: .max, to: 0) { $0 &+ 1 } }
    private static func predecessor(of key: KeyBytes) -> KeyBytes? { moved(key, from: 0, to: .max) { $0 &- 1 } }

    /// Words from the last one: those equal to `from` become `to`, the first other one takes the step. Nil when none is left.
    private static func moved(
        _ key: KeyBytes, from: UInt32, to: UInt32, _ step: (UInt32) -> UInt32
    ) -> KeyBytes? {
        var words = (0..<Int(key.wordCount)).map { key[$0] }
        guard let index = words.lastIndex(where: { $0 != from }) else { return nil }
        words[index] = step(words[index])
        for later in (index + 1)..<max(words.count, index + 1) { words[later] = to }
        return KeyBytes(words: words)
    }

    private static func highest(like key: KeyBytes) -> KeyBytes {
        KeyBytes(words: [UInt32](repeating: .max, count: Int(key.wordCount)))
    }
}

extension KeyBytes {
    fileprivate init(words: [UInt32]) {
        self.init()
        for word in words { append(word: word) }
    }
}
