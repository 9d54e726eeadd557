import CNFTNL
package import NFTables
package import NetworkTypes

/// Looks at what the kernel of one network namespace holds, and changes nothing.
///
/// Calls block: they belong on a thread of their own.
package struct KernelInspector {
    private static let families: [UInt8: String] = [1: "inet", 2: "ip", 10: "ip6"]

    let socket: NetfilterSocket
    private var reader: RulesetReader

    /// - Parameter socket: Opened by the caller, in the namespace to look at.
    package init(socket: NetfilterSocket) {
        self.socket = socket
        reader = RulesetReader(socket: socket, sequence: 1)
    }

    /// A table with the rules that the kernel runs, to be traced; nil when there is none. Dynamic sets come without elements.
    package mutating func table(_ identifier: TableIdentifier) throws(ApplyError) -> Table? {
        try reader.readAsRun(identifier)
    }

    package mutating func elements(of set: String, in table: TableIdentifier) throws(ApplyError) -> [Element] {
        try reader.elements(of: set, in: table, isHash: true).map { Element($0.key, $0.value) }.sorted { $0.key < $1.key }
    }

    /// What met the elements of a counted set.
    package mutating func counts(of set: String, in table: TableIdentifier) throws(ApplyError) -> [ElementKey: ElementCount] {
        try reader.counts(of: nil, set: set, in: table)
    }

    /// Every hooked chain of the families that IP packets meet, ours included, by hook and priority.
    package mutating func hookedChains() throws(ApplyError) -> [HookedChain] {
        var found: [HookedChain] = []
        let chains = try reader.request(
            NFT_MSG_GETCHAIN.rawValue, family: 0, flags: RulesetReader.dump, detail: "list chains"
        ) { _ in }
        for message in chains {
            let attributes = message.attributes
            guard let family = message.payload.first.flatMap({ Self.families[$0] }),
                let table = attributes[UInt16(NFTA_CHAIN_TABLE.rawValue)]?.text,
                let name = attributes[UInt16(NFTA_CHAIN_NAME.rawValue)]?.text, let base = RulesetReader.base(attributes)
            else { continue }
            // NFTA_CHAIN_USE: rules, and jumps to the chain, of which a hooked one has none.
            let uses = attributes[UInt16(NFTA_CHAIN_USE.rawValue)]?.number ?? 0
            found.append(HookedChain(family: family, table: table, name: name, base: base, ruleCount: Int(uses)))
        }
        return found.sorted {
            ($0.base.hook.rawValue, $0.base.priority, $0.family, $0.table, $0.name)
                < ($1.base.hook.rawValue, $1.base.priority, $1.family, $1.table, $1.name)
        }
    }

    /// Tracked connections of a family that a filter lets through.
    package func flows(_ family: IPFamily, where isWanted: (Flow) -> Bool) throws(ApplyError) -> [Flow] {
        let request = ConntrackListing.request(family, sequence: 1)
        for _ in 0..<Self.attemptsMax {
            let (messages, isInterrupted) = try socket.ask(request, sequence: 1, detail: "list connections")
            if !isInterrupted { return messages.compactMap(ConntrackListing.flow).filter(isWanted) }
        }
        throw ApplyError(errno: 4, detail: "list connections")
    }

    private static let attemptsMax = 8
}
