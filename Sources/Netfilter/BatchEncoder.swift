import CMNL
import CNFTNL
import Glibc
import NFTables

/// A transaction as one nfnetlink batch, with a sequence number per message.
struct BatchEncoder {
    /// Below the 64 kB that a nested attribute can hold.
    private static let elementBytesMax = 60_000
    private static let subsystem: UInt16 = 10  // NFNL_SUBSYS_NFTABLES
    private static let create: UInt16 = 0x400  // NLM_F_CREATE
    private static let append: UInt16 = 0x800  // NLM_F_APPEND
    private static let generation: UInt16 = 1  // NFNL_BATCH_GENID
    private static let ownedAndPersistent: UInt32 = 2 | 4  // NFT_TABLE_F_OWNER, NFT_TABLE_F_PERSIST
    /// The kernel links the sets and rules of one batch by these numbers.
    private var nextSetIdentifier: UInt32 = 1

    private var writer: NetlinkWriter
    private var sequence: UInt32

    /// A batch ready to send.
    struct Batch {
        var words: [UInt32]
        /// The sequence number of the first message; the batch's own messages have those before and behind.
        var firstSequence: UInt32
        var lastSequence: UInt32
        /// What each message between the batch's own does.
        var messages: [Message]

        /// Where in the transaction something refused stands.
        ///
        /// - Parameters:
        ///   - sequence: Of the refused message.
        ///   - attribute: How many bytes behind the message's beginning the refused attribute stands, if the kernel said so.
        func place(sequence: UInt32, attribute: UInt32?) -> (operation: Int, item: Int?)? {
            let index = Int(sequence &- firstSequence)
            guard messages.indices.contains(index) else { return nil }
            let message = messages[index]
            guard let attribute, let firstItem = message.firstItem, let list = message.listWord else {
                return (message.operation, nil)
            }
            let target = message.startWord + Int(attribute) / 4
            var (word, item) = (list + 1, firstItem)
            while word < min(target, words.count) {
                word += (NetlinkWriter.length(ofAttribute: words[word]) + 3) / 4
                item += 1
            }
            return (message.operation, word == target ? item : nil)
        }
    }

    struct Message {
        var operation: Int
        var startWord: Int
        /// Of a message with elements: the first one's position in the operation, and where the list of them begins.
        var firstItem: Int?
        var listWord: Int?
    }

    private var messages: [Message] = []
    private var counts: [String: [ElementKey: ElementCount]] = [:]
    private var notes: [String: [ElementKey: ElementNote]] = [:]
    private var operation = 0

    /// - Parameter generation: The kernel refuses the batch when its ruleset has another one by then; nil: never.
    static func encode(_ transaction: Transaction, firstSequence: UInt32, generation: UInt32? = nil) -> Batch {
        var encoder = BatchEncoder(
            writer: NetlinkWriter(reservingBytes: transaction.elementCount * 88 + 64 * transaction.operations.count + 4096),
            sequence: firstSequence &- 1)
        encoder.counts = transaction.counts
        encoder.notes = transaction.notes
        encoder.begin(UInt16(NFNL_MSG_BATCH_BEGIN), family: 0, isBatch: true)
        if let generation { encoder.writer.put(Self.generation, generation) }
        for (index, operation) in transaction.operations.enumerated() {
            encoder.operation = index
            encoder.encode(operation)
        }
        encoder.sequence &+= 1
        encoder.begin(UInt16(NFNL_MSG_BATCH_END), family: 0, isBatch: true)
        encoder.writer.end()
        return Batch(
            words: encoder.writer.words, firstSequence: firstSequence, lastSequence: encoder.sequence,
            messages: encoder.messages)
    }

    private init(writer: NetlinkWriter, sequence: UInt32) {
        self.writer = writer
        self.sequence = sequence
    }

    private mutating func begin(_ type: UInt16, family: UInt8, flags: UInt16 = 0, isBatch: Bool = false) {
        if isBatch {
            writer.begin(type: type, flags: flags, sequence: sequence, family: family, resource: Self.subsystem)
        } else {
            writer.end()
            noteMessage()
            writer.begin(type: Self.subsystem << 8 | type, flags: flags, sequence: sequence, family: family)
        }
    }

    private mutating func noteMessage() {
        sequence &+= 1
        messages.append(Message(operation: operation, startWord: writer.words.count))
    }

    private mutating func encode(_ operation: Transaction.Operation) {
        switch operation {
        case .addTable(let table, let isOwned):
            begin(UInt16(NFT_MSG_NEWTABLE.rawValue), family: table.family.rawValue, flags: Self.create)
            writer.put(UInt16(NFTA_TABLE_NAME.rawValue), table.name)
            writer.put(UInt16(NFTA_TABLE_FLAGS.rawValue), isOwned ? Self.ownedAndPersistent : 0)
        case .deleteTable(let table):
            begin(UInt16(NFT_MSG_DELTABLE.rawValue), family: table.family.rawValue)
            writer.put(UInt16(NFTA_TABLE_NAME.rawValue), table.name)
        case .addSet(let table, let set): add(set, to: table)
        case .deleteSet(let table, let name):
            begin(UInt16(NFT_MSG_DELSET.rawValue), family: table.family.rawValue)
            writer.put(UInt16(NFTA_SET_TABLE.rawValue), table.name)
            writer.put(UInt16(NFTA_SET_NAME.rawValue), name)
        case .addChain(let table, let chain): add(chain, to: table)
        case .deleteChain(let table, let name):
            begin(UInt16(NFT_MSG_DELCHAIN.rawValue), family: table.family.rawValue)
            writer.put(UInt16(NFTA_CHAIN_TABLE.rawValue), table.name)
            writer.put(UInt16(NFTA_CHAIN_NAME.rawValue), name)
        case .flushChain(let table, let name):
            begin(UInt16(NFT_MSG_DELRULE.rawValue), family: table.family.rawValue)
            writer.put(UInt16(NFTA_RULE_TABLE.rawValue), table.name)
            writer.put(UInt16(NFTA_RULE_CHAIN.rawValue), name)
        case .deleteRule(let table, let chain, let handle):
            begin(UInt16(NFT_MSG_DELRULE.rawValue), family: table.family.rawValue)
            writer.put(UInt16(NFTA_RULE_TABLE.rawValue), table.name)
            writer.put(UInt16(NFTA_RULE_CHAIN.rawValue), chain)
            writer.put(UInt16(NFTA_RULE_HANDLE.rawValue), count: 2) {
                UInt32(truncatingIfNeeded: $0 == 0 ? handle >> 32 : handle)
            }
        case .addRule(let table, let chain, let rule): add(rule, to: chain, in: table)
        case .addElements(let table, let set, let elements) where PlainRanges.isPlain(elements.first?.key, table.family):
            let points = PlainRanges.points(of: elements.lazy.map(\.key))
            write(points, NFT_MSG_NEWSETELEM.rawValue, flags: Self.create, set: set, in: table) { PlainRanges.put($1, in: &$0) }
        case .deleteElements(let table, let set, let keys) where PlainRanges.isPlain(keys.first, table.family):
            let points = PlainRanges.points(of: keys)
            write(points, NFT_MSG_DELSETELEM.rawValue, flags: 0, set: set, in: table) { PlainRanges.put($1, in: &$0) }
        case .addElements(let table, let set, let elements):
            let counts = counts[set] ?? [:]
            let notes = notes[set] ?? [:]
            write(elements, NFT_MSG_NEWSETELEM.rawValue, flags: Self.create, set: set, in: table) { writer, element in
                Self.put(element.key, in: &writer)
                Self.put(element.value, in: &writer)
                if !counts.isEmpty, let count = counts[element.key] { ElementCounter.put(count, in: &writer) }
                if !notes.isEmpty, let note = notes[element.key] { ElementNoteCoding.put(note, in: &writer) }
            }
        case .deleteElements(let table, let set, let keys):
            write(keys, NFT_MSG_DELSETELEM.rawValue, flags: 0, set: set, in: table) { writer, key in
                Self.put(key, in: &writer)
            }
        }
    }

    private mutating func add(_ chain: Chain, to table: TableIdentifier) {
        begin(UInt16(NFT_MSG_NEWCHAIN.rawValue), family: table.family.rawValue, flags: Self.create)
        writer.put(UInt16(NFTA_CHAIN_TABLE.rawValue), table.name)
        writer.put(UInt16(NFTA_CHAIN_NAME.rawValue), chain.name)
        guard let base = chain.base else { return }
        let hook = writer.nest(UInt16(NFTA_CHAIN_HOOK.rawValue))
        writer.put(UInt16(NFTA_HOOK_HOOKNUM.rawValue), base.hook.rawValue)
        writer.put(UInt16(NFTA_HOOK_PRIORITY.rawValue), UInt32(bitPattern: base.priority))
        writer.close(hook)
        writer.put(UInt16(NFTA_CHAIN_POLICY.rawValue), base.acceptsByDefault ? 1 : 0)
        writer.put(UInt16(NFTA_CHAIN_TYPE.rawValue), base.kind.rawValue)
    }

    private mutating func add(_ set: NamedSet, to table: TableIdentifier) {
        begin(UInt16(NFT_MSG_NEWSET.rawValue), family: table.family.rawValue, flags: Self.create)
        writer.put(UInt16(NFTA_SET_TABLE.rawValue), table.name)
        writer.put(UInt16(NFTA_SET_NAME.rawValue), set.name)
        writer.put(UInt16(NFTA_SET_FLAGS.rawValue), SetCoding.flags(of: set))
        writer.put(UInt16(NFTA_SET_KEY_TYPE.rawValue), SetCoding.number(of: set.key))
        writer.put(UInt16(NFTA_SET_KEY_LEN.rawValue), SetCoding.byteCount(of: set.key))
        switch set.value {
        case nil: break
        case .verdict:
            writer.put(UInt16(NFTA_SET_DATA_TYPE.rawValue), SetCoding.verdictType)
            writer.put(UInt16(NFTA_SET_DATA_LEN.rawValue), 16)
        case .fields(let fields):
            writer.put(UInt16(NFTA_SET_DATA_TYPE.rawValue), SetCoding.number(of: fields))
            writer.put(UInt16(NFTA_SET_DATA_LEN.rawValue), SetCoding.byteCount(of: fields))
        }
        writer.put(UInt16(NFTA_SET_ID.rawValue), nextSetIdentifier)
        nextSetIdentifier += 1
        if let size = set.dynamicSizeMax {
            let description = writer.nest(UInt16(NFTA_SET_DESC.rawValue))
            writer.put(UInt16(NFTA_SET_DESC_SIZE.rawValue), size)
            writer.close(description)
        }
        if set.isInterval, set.key.count > 1 {
            let description = writer.nest(UInt16(NFTA_SET_DESC.rawValue))
            let concatenation = writer.nest(UInt16(NFTA_SET_DESC_CONCAT.rawValue))
            for field in set.key {
                let item = writer.nest(UInt16(NFTA_LIST_ELEM.rawValue))
                writer.put(UInt16(NFTA_SET_FIELD_LEN.rawValue), SetCoding.fieldByteCount(field))
                writer.close(item)
            }
            writer.close(concatenation)
            writer.close(description)
        }
        if set.isCounted { ElementCounter.declare(in: &writer) }
        let userdata = SetUserdata.encode(set)
        if !userdata.isEmpty { writer.put(UInt16(NFTA_SET_USERDATA.rawValue), bytes: userdata) }
    }

    /// Rules are built by libnftnl, which knows every expression's attributes.
    private mutating func add(_ rule: Rule, to chain: String, in table: TableIdentifier) {
        writer.end()
        noteMessage()
        guard let object = nftnl_rule_alloc() else { preconditionFailure("out of memory") }
        defer { nftnl_rule_free(object) }
        nftnl_rule_set_u32(object, UInt16(NFTNL_RULE_FAMILY.rawValue), UInt32(table.family.rawValue))
        nftnl_rule_set_str(object, UInt16(NFTNL_RULE_TABLE.rawValue), table.name)
        nftnl_rule_set_str(object, UInt16(NFTNL_RULE_CHAIN.rawValue), chain)
        let instructions = Lowering.lower(rule, in: table.family)
        InstructionEncoder.append(instructions, to: object, family: table.family, asReported: false)
        // SAFETY: libnftnl checks no bounds; an instruction takes less than 256 bytes, names of set and chain included.
        let capacity = 1024 + 256 * instructions.count
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { buffer in
            guard let start = buffer.baseAddress else { return }
            memset(start, 0, capacity)
            let header = nftnl_nlmsg_build_hdr(
                start.assumingMemoryBound(to: CChar.self), UInt16(NFT_MSG_NEWRULE.rawValue), UInt16(table.family.rawValue),
                Self.create | Self.append, sequence)
            nftnl_rule_nlmsg_build_payload(header, object)
            let length = Int(header?.pointee.nlmsg_len ?? 0)
            precondition(length <= capacity, "a rule of \(length) bytes")
            writer.append(message: UnsafeRawBufferPointer(start: start, count: length))
        }
    }

    /// Splits a list over as many messages as it takes.
    private mutating func write<Item>(
        _ items: [Item], _ type: UInt32, flags: UInt16, set: String, in table: TableIdentifier,
        put: (inout NetlinkWriter, Item) -> Void
    ) {
        var index = 0
        while index < items.count {
            begin(UInt16(type), family: table.family.rawValue, flags: flags)
            writer.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
            writer.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
            let list = writer.nest(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue))
            messages[messages.count - 1].firstItem = index
            messages[messages.count - 1].listWord = writer.words.count - 1
            while index < items.count, writer.length(of: list) < Self.elementBytesMax {
                let item = writer.nest(UInt16(NFTA_LIST_ELEM.rawValue))
                put(&writer, items[index])
                writer.close(item)
                index += 1
            }
            writer.close(list)
        }
    }

    static func put(_ key: ElementKey, in writer: inout NetlinkWriter) {
        put(key.start, UInt16(NFTA_SET_ELEM_KEY.rawValue), in: &writer)
        if let end = key.end { put(end, UInt16(NFTA_SET_ELEM_KEY_END.rawValue), in: &writer) }
    }

    private static func put(_ value: ElementValue, in writer: inout NetlinkWriter) {
        switch value {
        case .none: break
        case .fields(let bytes): put(bytes, UInt16(NFTA_SET_ELEM_DATA.rawValue), in: &writer)
        case .verdict(let verdict):
            let data = writer.nest(UInt16(NFTA_SET_ELEM_DATA.rawValue))
            let nest = writer.nest(UInt16(NFTA_DATA_VERDICT.rawValue))
            writer.put(UInt16(NFTA_VERDICT_CODE.rawValue), UInt32(bitPattern: VerdictCode.number(of: verdict)))
            if let chain = verdict.chain { writer.put(UInt16(NFTA_VERDICT_CHAIN.rawValue), chain) }
            writer.close(nest)
            writer.close(data)
        }
    }

    private static func put(_ bytes: KeyBytes, _ type: UInt16, in writer: inout NetlinkWriter) {
        let nest = writer.nest(type)
        writer.put(UInt16(NFTA_DATA_VALUE.rawValue), count: Int(bytes.wordCount)) { bytes[$0] }
        writer.close(nest)
    }
}
