import CMNL
import CNFTNL
import NFTables

/// Reads one table back from the kernel.
///
/// What we would never write comes back as something that differs from everything of ours: a rule as `Statement.foreign`, a
/// set with an unknown type as one that is keyed by a mark alone.
struct RulesetReader {
    private static let subsystem: UInt16 = 10  // NFNL_SUBSYS_NFTABLES
    static let dump: UInt16 = 0x300  // NLM_F_DUMP
    static let acknowledge: UInt16 = 0x4  // NLM_F_ACK
    /// A dump that a commit disturbed is repeated this often.
    private static let attemptsMax = 8

    let socket: NetfilterSocket
    var sequence: UInt32

    mutating func generation() throws(ApplyError) -> UInt32 {
        let messages = try request(NFT_MSG_GETGEN.rawValue, family: 0, flags: Self.acknowledge, detail: "get generation") { _ in }
        for message in messages {
            if let number = message.attributes[UInt16(NFTA_GEN_ID.rawValue)]?.number { return number }
        }
        throw ApplyError(errno: 71, detail: "no generation in the answer")
    }

    /// A table whose rules are what the kernel runs (`Statement.asRun`), whoever wrote them; a rule with an instruction that we do
    /// not know is `Statement.foreign`. Nil when there is no such table.
    mutating func readAsRun(_ identifier: TableIdentifier) throws(ApplyError) -> Table? {
        try read(identifier, expecting: nil)
    }

    /// Nil when there is no such table.
    mutating func read(_ identifier: TableIdentifier, expecting expected: Table?) throws(ApplyError) -> Table? {
        for _ in 0..<Self.attemptsMax {
            let before = try generation()
            guard let ownership = try ownership(of: identifier) else { return nil }
            do throws(ApplyError) {
                var table = Table(
                    identifier, isOwned: ownership != .nobody, chains: try chains(of: identifier), sets: try sets(of: identifier))
                try addRules(to: &table, expecting: expected)
                if try generation() == before { return table }
            } catch  where error.errno == ApplyError.noEntry || error.errno == 4 {
                continue  // something went away or changed between two questions
            }
        }
        throw ApplyError(errno: 11, detail: "read table \(identifier): it does not stand still")
    }

    enum Ownership: Hashable {
        /// Everybody may change the table.
        case nobody
        /// Its owner ended: everybody may change it, and the next one who asks for it has it.
        case orphan
        /// The netlink port that alone may change it.
        case port(UInt32)
    }

    /// Nil when there is no such table.
    mutating func ownership(of table: TableIdentifier) throws(ApplyError) -> Ownership? {
        do throws(ApplyError) {
            let answers = try request(
                NFT_MSG_GETTABLE.rawValue, family: table.family.rawValue, flags: Self.acknowledge, detail: "get table \(table)"
            ) { $0.put(UInt16(NFTA_TABLE_NAME.rawValue), table.name) }
            let attributes = answers.first?.attributes
            let flags = attributes?[UInt16(NFTA_TABLE_FLAGS.rawValue)]?.number ?? 0
            // The kernel takes the first flag away when the owner ends, and leaves the second.
            if flags & Self.ownedFlag != 0 { return .port(attributes?[Self.tableOwner]?.number ?? 0) }
            return flags & Self.persistentFlag != 0 ? .orphan : .nobody
        } catch  where error.errno == ApplyError.noEntry {
            return nil
        }
    }

    private static let ownedFlag: UInt32 = 2  // NFT_TABLE_F_OWNER
    private static let persistentFlag: UInt32 = 4  // NFT_TABLE_F_PERSIST
    private static let tableOwner: UInt16 = 7  // NFTA_TABLE_OWNER

    private mutating func chains(of table: TableIdentifier) throws(ApplyError) -> [Chain] {
        let messages = try request(
            NFT_MSG_GETCHAIN.rawValue, family: table.family.rawValue, flags: Self.dump, detail: "list chains"
        ) { _ in }
        return messages.compactMap { message in
            let attributes = message.attributes
            guard attributes[UInt16(NFTA_CHAIN_TABLE.rawValue)]?.text == table.name,
                let name = attributes[UInt16(NFTA_CHAIN_NAME.rawValue)]?.text
            else { return nil }
            return Chain(name, base: Self.base(attributes))
        }
    }

    static func base(_ attributes: NetlinkAttributes) -> BaseChain? {
        guard let nested = attributes[UInt16(NFTA_CHAIN_HOOK.rawValue)]?.nested,
            let hook = nested[UInt16(NFTA_HOOK_HOOKNUM.rawValue)].flatMap({ BaseChain.Hook(rawValue: $0.number) }),
            let kind = attributes[UInt16(NFTA_CHAIN_TYPE.rawValue)].flatMap({ BaseChain.Kind(rawValue: $0.text) })
        else { return nil }
        let priority = Int32(bitPattern: nested[UInt16(NFTA_HOOK_PRIORITY.rawValue)]?.number ?? 0)
        return BaseChain(
            kind, hook, priority: priority, acceptsByDefault: attributes[UInt16(NFTA_CHAIN_POLICY.rawValue)]?.number != 0)
    }

    private mutating func sets(of table: TableIdentifier) throws(ApplyError) -> [NamedSet] {
        let messages = try request(
            NFT_MSG_GETSET.rawValue, family: table.family.rawValue, flags: Self.dump, detail: "list sets"
        ) { $0.put(UInt16(NFTA_SET_TABLE.rawValue), table.name) }
        var sets: [NamedSet] = []
        for message in messages {
            let attributes = message.attributes
            guard let name = attributes[UInt16(NFTA_SET_NAME.rawValue)]?.text else { continue }
            var set = Self.declaration(named: name, attributes)
            if set.isDynamic {
                sets.append(set)
                continue
            }
            let flags = attributes[UInt16(NFTA_SET_FLAGS.rawValue)]?.number ?? 0
            let isPlain = set.isInterval && set.key.count == 1
            set.elements = try elements(of: name, in: table, isHash: !SetCoding.isInterval(flags: flags), isPlain: isPlain)
            sets.append(set)
        }
        return sets
    }

    /// The elements of one set.
    ///
    /// The kernel grows a hash on a thread of its own, some time after a commit, and continues a dump by counting what it has
    /// passed: a dump during the growth lacks elements and repeats as many others, with no word in the flags or the generation
    /// (Linux `net/netfilter/nft_set_hash.c`, `nft_rhash_walk`).
    ///
    /// - Parameter isHash: No key stands twice in the set; intervals may end where another begins.
    /// - Throws: `EINTR` when an element stands twice.
    mutating func elements(
        of set: String, in table: TableIdentifier, isHash: Bool, isPlain: Bool = false
    ) throws(ApplyError) -> [ElementKey: ElementValue] {
        if isPlain {
            return PlainRanges.elements(
                in: try request(
                    NFT_MSG_GETSETELEM.rawValue, family: table.family.rawValue, flags: Self.dump,
                    detail: "list elements of \(set)"
                ) { Self.put(set, table, in: &$0) })
        }
        for _ in 0..<Self.attemptsMax {
            sequence &+= 1
            var writer = NetlinkWriter(reservingBytes: 256)
            writer.begin(type: Self.elementsRequest, flags: Self.dump, sequence: sequence, family: table.family.rawValue)
            Self.put(set, table, in: &writer)
            writer.end()
            var listing = ElementListing()
            let interrupted = try socket.ask(writer.words, sequence: sequence, detail: "list elements of \(set)") {
                listing.add($0)
            }
            if isHash { try listing.check() }
            if !interrupted { return listing.elements }
        }
        throw ApplyError(errno: 4, detail: "list elements of \(set)")
    }

    static let elementsRequest = subsystem << 8 | UInt16(NFT_MSG_GETSETELEM.rawValue)

    private static func put(_ set: String, _ table: TableIdentifier, in writer: inout NetlinkWriter) {
        writer.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
        writer.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
    }

    /// The elements of one dump, as they come.
    struct ElementListing {
        private(set) var elements: [ElementKey: ElementValue] = [:]
        private var standsTwice = false

        mutating func add(_ message: NetlinkMessage) {
            guard let list = message.attributes[UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)] else { return }
            for item in list.nested {
                guard let element = RulesetReader.element(item.nested) else { continue }
                if elements.updateValue(element.value, forKey: element.key) != nil { standsTwice = true }
            }
        }

        /// - Throws: `EINTR` when an element stood twice.
        func check() throws(ApplyError) {
            if standsTwice { throw ApplyError(errno: 4, detail: "list elements: one stands twice") }
        }
    }

    private static func declaration(named name: String, _ attributes: NetlinkAttributes) -> NamedSet {
        let flags = attributes[UInt16(NFTA_SET_FLAGS.rawValue)]?.number ?? 0
        let foreign = NamedSet(name, key: [.mark])
        guard !SetCoding.hasForeignFlag(flags),
            let key = SetCoding.fields(number: attributes[UInt16(NFTA_SET_KEY_TYPE.rawValue)]?.number ?? 0)
        else { return foreign }
        let isInterval = SetCoding.isInterval(flags: flags)
        let size = attributes[UInt16(NFTA_SET_DESC.rawValue)]?.nested[UInt16(NFTA_SET_DESC_SIZE.rawValue)]?.number
        let dynamicSizeMax = SetCoding.isDynamic(flags: flags) ? size ?? 0 : nil
        let isPlain = key == [.ipv4Address] || key == [.ipv6Address]
        let isMap = attributes[UInt16(NFTA_SET_DATA_TYPE.rawValue)] != nil
        guard !isInterval || key.count > 1 || isPlain && !isMap, let isCounted = ElementCounter.isDeclared(by: attributes) else {
            return foreign
        }
        guard let type = attributes[UInt16(NFTA_SET_DATA_TYPE.rawValue)]?.number else {
            return NamedSet(name, key: key, isInterval: isInterval, dynamicSizeMax: dynamicSizeMax, isCounted: isCounted)
        }
        if type == SetCoding.verdictType {
            return NamedSet(name, key: key, value: .verdict, isInterval: isInterval, isCounted: isCounted)
        }
        guard let fields = SetCoding.fields(number: type) else { return foreign }
        return NamedSet(
            name, key: key, value: .fields(fields), isInterval: isInterval, dynamicSizeMax: dynamicSizeMax,
            isCounted: isCounted)
    }

    fileprivate static func element(_ attributes: NetlinkAttributes) -> Element? {
        func bytes(_ attribute: NetlinkAttributes.Attribute?) -> KeyBytes? {
            attribute?.nested[UInt16(NFTA_DATA_VALUE.rawValue)].flatMap { KeyBytes(bytes: $0.value) }
        }
        guard let start = bytes(attributes[UInt16(NFTA_SET_ELEM_KEY.rawValue)]) else { return nil }
        let key = ElementKey(start, end: bytes(attributes[UInt16(NFTA_SET_ELEM_KEY_END.rawValue)]))
        guard let data = attributes[UInt16(NFTA_SET_ELEM_DATA.rawValue)] else { return Element(key, .none) }
        if let value = bytes(data) { return Element(key, .fields(value)) }
        guard let nested = data.nested[UInt16(NFTA_DATA_VERDICT.rawValue)]?.nested,
            let code = nested[UInt16(NFTA_VERDICT_CODE.rawValue)]?.number,
            let verdict = VerdictCode.verdict(
                Int32(bitPattern: code), chain: nested[UInt16(NFTA_VERDICT_CHAIN.rawValue)]?.text)
        else { return Element(key, .none) }
        return Element(key, .verdict(verdict))
    }

    private mutating func addRules(to table: inout Table, expecting expected: Table?) throws(ApplyError) {
        let family = table.identifier.family
        let name = table.identifier.name
        let messages = try request(
            NFT_MSG_GETRULE.rawValue, family: family.rawValue, flags: Self.dump, detail: "list rules"
        ) { $0.put(UInt16(NFTA_RULE_TABLE.rawValue), name) }
        guard let expected else {
            for message in messages {
                guard let (chain, rule) = Self.ruleAsRun(message, family: family) else { continue }
                table.chains[chain]?.rules.append(rule)
            }
            return
        }
        var listings: [String: [[String]]] = [:]
        for message in messages {
            guard let (chain, listing) = Self.listing(of: message) else { continue }
            listings[chain, default: []].append(listing)
        }
        for (chain, rules) in listings {
            let believed = expected.chains[chain]?.rules ?? []
            let same =
                believed.count == rules.count
                && zip(believed, rules).allSatisfy { BytecodeListing.list($0, in: family, asReported: true) == $1 }
            table.chains[chain]?.rules = same ? believed : rules.map { Rule(.foreign($0.joined(separator: " "))) }
        }
    }

    static func listing(of message: NetlinkMessage) -> (chain: String, lines: [String])? {
        parse(message) { BytecodeListing.list($0) }.map { ($0.chain, $0.value ?? ["unreadable"]) }
    }

    private static func ruleAsRun(_ message: NetlinkMessage, family: TableFamily) -> (chain: String, rule: Rule)? {
        let parsed = parse(message) { object -> Rule in
            let text = BytecodeListing.list(object).joined(separator: " ")
            guard let instructions = InstructionDecoder.decode(object) else { return Rule(.foreign(text)) }
            return Rule(.asRun(instructions, text: text))
        }
        return parsed.map { ($0.chain, $0.value ?? Rule(.foreign("unreadable"))) }
    }

    /// Hands a rule's message to libnftnl; `value` is nil when it cannot read it.
    private static func parse<Value>(
        _ message: NetlinkMessage, _ body: (OpaquePointer) -> Value
    ) -> (chain: String, value: Value?)? {
        guard let chain = message.attributes[UInt16(NFTA_RULE_CHAIN.rawValue)]?.text, let rule = nftnl_rule_alloc() else {
            return nil
        }
        defer { nftnl_rule_free(rule) }
        var header = nlmsghdr()
        header.nlmsg_len = UInt32(message.payload.count + 16)
        header.nlmsg_type = message.type
        let bytes = withUnsafeBytes(of: header) { Array($0) } + message.payload
        let parsed = bytes.withUnsafeBufferPointer { buffer in
            // SAFETY: a netlink message from the kernel behind its header; libnftnl reads as far as the header's length.
            buffer.withMemoryRebound(to: nlmsghdr.self) { nftnl_rule_nlmsg_parse($0.baseAddress, rule) }
        }
        return (chain, parsed == 0 ? body(rule) : nil)
    }

    /// Asks until an answer was not disturbed by a commit.
    mutating func request(
        _ type: UInt32, family: UInt8, flags: UInt16, detail: String, _ fill: (inout NetlinkWriter) -> Void
    ) throws(ApplyError) -> [NetlinkMessage] {
        for _ in 0..<Self.attemptsMax {
            sequence &+= 1
            var writer = NetlinkWriter(reservingBytes: 256)
            writer.begin(type: Self.subsystem << 8 | UInt16(type), flags: flags, sequence: sequence, family: family)
            fill(&writer)
            writer.end()
            let (messages, interrupted) = try socket.ask(writer.words, sequence: sequence, detail: detail)
            if !interrupted { return messages }
        }
        throw ApplyError(errno: 4, detail: detail)
    }
}
