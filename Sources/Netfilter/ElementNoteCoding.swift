import CNFTNL
package import NFTables

/// The end of life and the comment of one element.
///
/// - SeeAlso: nftables 1.0.6 `src/mnl.c` (`alloc_nftnl_setelem`), libnftnl `include/libnftnl/udata.h`.
enum ElementNoteCoding {
    private static let comment: UInt8 = 0  // NFTNL_UDATA_SET_ELEM_COMMENT

    /// Beside the element that is being written.
    static func put(_ note: ElementNote, in writer: inout NetlinkWriter) {
        let milliseconds = UInt64(note.seconds) * 1000
        writer.put(UInt16(NFTA_SET_ELEM_TIMEOUT.rawValue), count: 2) {
            UInt32(truncatingIfNeeded: $0 == 0 ? milliseconds >> 32 : milliseconds)
        }
        guard !note.comment.isEmpty else { return }
        let text = Array(note.comment.utf8) + [0]
        writer.put(UInt16(NFTA_SET_ELEM_USERDATA.rawValue), bytes: [Self.comment, UInt8(text.count)] + text)
    }

    /// The keys and notes of one message of elements, added to those of others.
    static func read(_ message: NetlinkMessage, into notes: inout [ElementKey: ElementNote]) {
        guard let list = message.attributes[UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)] else { return }
        for item in list.nested {
            let attributes = item.nested
            let value = attributes[UInt16(NFTA_SET_ELEM_KEY.rawValue)]?.nested[UInt16(NFTA_DATA_VALUE.rawValue)]
            guard let key = value.flatMap({ KeyBytes(bytes: $0.value) }) else { continue }
            let left = attributes[UInt16(NFTA_SET_ELEM_EXPIRATION.rawValue)]?.value.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            notes[ElementKey(key)] = ElementNote(
                seconds: UInt32(clamping: ((left ?? 0) + 999) / 1000),
                comment: text(attributes[UInt16(NFTA_SET_ELEM_USERDATA.rawValue)]?.value ?? []))
        }
    }

    /// Types and lengths of one byte each.
    private static func text(_ userdata: ArraySlice<UInt8>) -> String {
        var rest = userdata
        while rest.count >= 2 {
            let (type, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
            let value = rest.dropFirst(2).prefix(length)
            if type == comment {
                return String(decoding: value.prefix { $0 != 0 }.prefix(ElementNote.commentBytesMax), as: UTF8.self)
            }
            rest = rest.dropFirst(2 + length)
        }
        return ""
    }
}

extension KernelInspector {
    /// What stands beside the elements of a dynamic set. One that ends meanwhile may be missing.
    package func notes(of set: String, in table: TableIdentifier) throws(ApplyError) -> [ElementKey: ElementNote] {
        var notes: [ElementKey: ElementNote] = [:]
        var writer = NetlinkWriter(reservingBytes: 256)
        writer.begin(
            type: RulesetReader.elementsRequest, flags: RulesetReader.dump, sequence: Self.notesSequence,
            family: table.family.rawValue)
        writer.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
        writer.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
        writer.end()
        try socket.ask(writer.words, sequence: Self.notesSequence, detail: "list elements of \(set)") { message in
            ElementNoteCoding.read(message, into: &notes)
        }
        return notes
    }

    /// Apart from those that the reader counts.
    private static let notesSequence: UInt32 = 0x4e4f_5445
}
