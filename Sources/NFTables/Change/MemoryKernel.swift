import Synchronization

/// A ruleset that refuses what nf_tables refuses: names that are missing (ENOENT), in use (EBUSY) or taken (EEXIST).
///
/// - SeeAlso: Linux `net/netfilter/nf_tables_api.c`.
package struct KernelState: Hashable, Sendable {
    package private(set) var ruleset: Ruleset
    package private(set) var generation: UInt32 = 1
    /// Of the elements of counted sets that something met.
    package private(set) var counts: [CountedSet: [ElementKey: ElementCount]] = [:]

    package struct CountedSet: Hashable, Sendable {
        package var table: TableIdentifier
        package var set: String
    }

    package init(_ ruleset: Ruleset = Ruleset()) { self.ruleset = ruleset }

    package mutating func apply(_ transaction: Transaction) throws(ApplyError) {
        var draft = ruleset
        for (index, operation) in transaction.operations.enumerated() {
            if let refusal = Self.perform(operation, on: &draft) {
                throw ApplyError(
                    operation: index, item: refusal.item, errno: refusal.errno, detail: operation.description)
            }
        }
        if !transaction.isEmpty { generation += 1 }
        ruleset = draft
        for operation in transaction.operations { count(operation, transaction.counts) }
    }

    /// As if so many packets had met an element.
    package mutating func meet(_ key: ElementKey, of set: String, in table: TableIdentifier, packets: UInt64) {
        counts[CountedSet(table: table, set: set), default: [:]][key, default: ElementCount()].packets += packets
    }

    /// An element takes its number with it, and begins where the transaction says.
    private mutating func count(_ operation: Transaction.Operation, _ starts: [String: [ElementKey: ElementCount]]) {
        switch operation {
        case .deleteTable(let table): counts = counts.filter { $0.key.table != table }
        case .deleteElements(let table, let set, let keys):
            for key in keys { counts[CountedSet(table: table, set: set)]?[key] = nil }
        case .addElements(let table, let set, let elements):
            guard let starts = starts[set], ruleset.tables[table]?.sets[set]?.isCounted == true else { return }
            for element in elements {
                guard let start = starts[element.key] else { continue }
                counts[CountedSet(table: table, set: set), default: [:]][element.key] = start
            }
        default: break
        }
    }

    fileprivate struct Refusal {
        var errno: Int32
        var item: Int?
    }

    private static func perform(_ operation: Transaction.Operation, on ruleset: inout Ruleset) -> Refusal? {
        var item: Int?
        let errno = perform(operation, on: &ruleset, item: &item)
        return errno.map { Refusal(errno: $0, item: item) }
    }

    /// The errno of a refusal, or nil; the position of the element that is to blame.
    private static func perform(
        _ operation: Transaction.Operation, on ruleset: inout Ruleset, item: inout Int?
    ) -> Int32? {
        switch operation {
        case .addTable(let identifier, let isOwned):
            if let present = ruleset.tables[identifier] { return present.isOwned == isOwned ? nil : ApplyError.notSupported }
            ruleset.tables[identifier] = Table(identifier, isOwned: isOwned)
            return nil
        case .deleteTable(let identifier):
            return ruleset.tables.removeValue(forKey: identifier) == nil ? ApplyError.noEntry : nil
        case .addSet(let identifier, let set):
            return change(identifier, in: &ruleset) { $0.add(set) }
        case .deleteSet(let identifier, let name):
            return change(identifier, in: &ruleset) { $0.deleteSet(name) }
        case .addChain(let identifier, let chain):
            return change(identifier, in: &ruleset) { $0.add(chain) }
        case .deleteChain(let identifier, let name):
            return change(identifier, in: &ruleset) { $0.deleteChain(name) }
        case .flushChain(let identifier, let name):
            return change(identifier, in: &ruleset) { table in
                guard table.chains[name] != nil else { return ApplyError.noEntry }
                table.chains[name]?.rules = []
                return nil
            }
        case .deleteRule:
            return ApplyError.notSupported  // rules here have no numbers
        case .addRule(let identifier, let chain, let rule):
            return change(identifier, in: &ruleset) { $0.add(rule, to: chain) }
        case .addElements(let identifier, let set, let elements):
            return change(identifier, in: &ruleset) { $0.add(elements, to: set, item: &item) }
        case .deleteElements(let identifier, let set, let keys):
            return change(identifier, in: &ruleset) { $0.delete(keys, from: set, item: &item) }
        }
    }

    private static func change(
        _ identifier: TableIdentifier, in ruleset: inout Ruleset, _ body: (inout Table) -> Int32?
    ) -> Int32? {
        guard var table = ruleset.tables.removeValue(forKey: identifier) else { return ApplyError.noEntry }
        let errno = body(&table)
        ruleset.tables[identifier] = table
        return errno
    }
}

extension Table {
    fileprivate mutating func add(_ set: NamedSet) -> Int32? {
        if let present = sets[set.name] { return present.declaredLike(set) ? nil : ApplyError.exists }
        sets[set.name] = set.declaration
        return nil
    }

    fileprivate mutating func deleteSet(_ name: String) -> Int32? {
        guard sets[name] != nil else { return ApplyError.noEntry }
        guard !chains.values.contains(where: { $0.referencedSets.contains(name) }) else { return ApplyError.busy }
        sets[name] = nil
        return nil
    }

    fileprivate mutating func add(_ chain: Chain) -> Int32? {
        if let present = chains[chain.name] { return present.base == chain.base ? nil : ApplyError.exists }
        chains[chain.name] = Chain(chain.name, base: chain.base)
        return nil
    }

    fileprivate mutating func deleteChain(_ name: String) -> Int32? {
        guard chains[name] != nil else { return ApplyError.noEntry }
        let usedByRule = chains.values.contains { $0.name != name && $0.referencedChains.contains(name) }
        let usedByElement = sets.values.contains { set in
            set.value == .verdict
                && set.elements.values.contains { if case .verdict(let verdict) = $0 { verdict.chain == name } else { false } }
        }
        guard !usedByRule, !usedByElement else { return ApplyError.busy }
        chains[name] = nil
        return nil
    }

    fileprivate mutating func add(_ rule: Rule, to chain: String) -> Int32? {
        guard chains[chain] != nil else { return ApplyError.noEntry }
        for statement in rule.statements {
            if let set = statement.set, sets[set] == nil { return ApplyError.noEntry }
            if let target = statement.chain, chains[target] == nil { return ApplyError.noEntry }
        }
        chains[chain]?.rules.append(rule)
        return nil
    }

    fileprivate mutating func add(_ elements: [Element], to name: String, item: inout Int?) -> Int32? {
        guard var set = sets.removeValue(forKey: name) else { return ApplyError.noEntry }
        defer { sets[name] = set }
        for (index, element) in elements.enumerated() {
            item = index
            switch (set.value, element.value) {
            case (nil, .none), (.fields, .fields): break
            case (.verdict, .verdict(let verdict)):
                if let chain = verdict.chain, chains[chain] == nil { return ApplyError.noEntry }
            default: return ApplyError.invalid
            }
            if let present = set.elements[element.key], present != element.value { return ApplyError.exists }
            set.elements[element.key] = element.value
        }
        item = nil
        return nil
    }

    fileprivate mutating func delete(_ keys: [ElementKey], from name: String, item: inout Int?) -> Int32? {
        guard var set = sets.removeValue(forKey: name) else { return ApplyError.noEntry }
        defer { sets[name] = set }
        for (index, key) in keys.enumerated() where set.elements.removeValue(forKey: key) == nil {
            item = index
            return ApplyError.noEntry
        }
        return nil
    }
}

/// An applier in memory: behaves like the kernel, forgets at exit.
package final class MemoryKernel: RulesetApplier {
    private let state: Mutex<KernelState>

    package init(_ ruleset: Ruleset = Ruleset()) { state = Mutex(KernelState(ruleset)) }

    package var ruleset: Ruleset { state.withLock { $0.ruleset } }

    package func apply(_ transaction: Transaction) async throws(ApplyError) { try commit(transaction) }

    package func apply(_ transaction: Transaction, ifGeneration expected: UInt32) async throws(ApplyError) {
        try state.withLock { (state) throws(ApplyError) in
            guard state.generation == expected else { throw ApplyError(errno: ApplyError.restart, detail: "generation") }
            try state.apply(transaction)
        }
    }

    package func owns(_ table: TableIdentifier) async throws(ApplyError) -> Bool {
        state.withLock { $0.ruleset.tables[table]?.isOwned == true }
    }

    /// The same without suspending: what a stranger on the same machine does in a test.
    package func commit(_ transaction: Transaction) throws(ApplyError) {
        try state.withLock { (state) throws(ApplyError) in try state.apply(transaction) }
    }

    package func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        state.withLock { $0.ruleset.tables[table] }
    }

    package func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        let found = state.withLock { $0.ruleset.tables[table]?.sets[set]?.elements }
        guard let found else { throw ApplyError(errno: ApplyError.noEntry, detail: "list elements of \(set)") }
        return found.map { Element($0.key, $0.value) }
    }

    package func meet(_ key: ElementKey, of set: String, in table: TableIdentifier, packets: UInt64) {
        state.withLock { $0.meet(key, of: set, in: table, packets: packets) }
    }

    package func counts(of keys: [ElementKey]?, set: String, in table: TableIdentifier) async throws(ApplyError)
        -> [ElementKey: ElementCount]
    {
        try state.withLock { (state) throws(ApplyError) in
            guard let found = state.ruleset.tables[table]?.sets[set]?.elements else {
                throw ApplyError(errno: ApplyError.noEntry, detail: "list elements of \(set)")
            }
            let counts = state.counts[KernelState.CountedSet(table: table, set: set)] ?? [:]
            var result: [ElementKey: ElementCount] = [:]
            for key in keys ?? Array(found.keys) {
                guard found[key] != nil else { throw ApplyError(errno: ApplyError.noEntry, detail: "get element of \(set)") }
                result[key] = counts[key] ?? ElementCount()
            }
            return result
        }
    }

    package func generation() async throws(ApplyError) -> UInt32 { state.withLock { $0.generation } }
}
