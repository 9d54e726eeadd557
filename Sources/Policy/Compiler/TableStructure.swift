import NFTables
import NetworkTypes

/// Chains and sets of all classes, counted by the classes that use them.
struct TableStructure: Sendable {
    var tables: [TableIdentifier: IPFamily] = [:]
    private var sets: [TableIdentifier: [String: (set: NamedSet, users: Int)]] = [:]
    private var addedChains: [TableIdentifier: [String: Chain]] = [:]
    private var removedChains: [TableIdentifier: [String: Chain]] = [:]
    /// Whether a set stood before the first change since `takeTransaction`.
    private var touchedSets: [TableIdentifier: [String: Bool]] = [:]

    mutating func add(_ compiled: CompiledClass, to table: TableIdentifier) {
        for set in compiled.sets {
            let users = sets[table]?[set.name]?.users ?? 0
            if users == 0, touchedSets[table]?[set.name] == nil { touchedSets[table, default: [:]][set.name] = false }
            sets[table, default: [:]][set.name] = (set, users + 1)
        }
        for chain in compiled.chains {
            // A class that went and came back in one step still stands in the kernel.
            if removedChains[table]?.removeValue(forKey: chain.name) == nil {
                addedChains[table, default: [:]][chain.name] = chain
            }
        }
    }

    /// - Returns: Sets that nobody uses any more.
    mutating func remove(_ compiled: CompiledClass, from table: TableIdentifier) -> [String] {
        var unused: [String] = []
        for set in compiled.sets {
            guard let found = sets[table]?[set.name] else { continue }
            if found.users > 1 {
                sets[table]?[set.name]?.users -= 1
            } else {
                if touchedSets[table]?[set.name] == nil { touchedSets[table, default: [:]][set.name] = true }
                sets[table]?[set.name] = nil
                unused.append(set.name)
            }
        }
        for chain in compiled.chains {
            if addedChains[table]?.removeValue(forKey: chain.name) == nil {
                removedChains[table, default: [:]][chain.name] = chain
            }
        }
        return unused
    }

    mutating func forgetChanges() {
        addedChains = [:]
        removedChains = [:]
        touchedSets = [:]
    }

    /// Sets, chains and rules that are new come first, then elements, then what is no longer used goes.
    mutating func takeTransaction(elements: inout ElementCounts, dispatch: inout PodDispatch) -> Transaction {
        var transaction = Transaction()
        var additions: [Transaction.Operation] = []
        var removals: [Transaction.Operation] = []
        for table in tables.keys.sorted() {
            let chains = (addedChains[table] ?? [:]).values.sorted { $0.name < $1.name }
            for (name, stood) in (touchedSets[table] ?? [:]).sorted(by: { $0.key < $1.key }) {
                switch (stood, sets[table]?[name]) {
                case (false, let found?):
                    transaction.append(.addSet(table, found.set.declaration))
                    let fixed = found.set.elements.map { Element($0.key, $0.value) }.sorted { $0.key < $1.key }
                    if !fixed.isEmpty { additions.append(.addElements(table, set: name, fixed)) }
                case (true, nil): removals.append(.deleteSet(table, name: name))
                default: break
                }
            }
            for chain in chains { transaction.append(.addChain(table, Chain(chain.name))) }
            for chain in chains {
                for rule in chain.rules { transaction.append(.addRule(table, chain: chain.name, rule)) }
            }
            let gone = (removedChains[table] ?? [:]).values.sorted { $0.name < $1.name }
            // Rules go first: they name sets and chains.
            removals =
                gone.filter { !$0.rules.isEmpty }.map { .flushChain(table, name: $0.name) } + removals
                + gone.map { .deleteChain(table, name: $0.name) }
        }
        transaction.operations += additions
        append(elements.takeChanges(), to: &transaction)
        append(dispatch.takeChanges(), to: &transaction)
        transaction.operations += removals
        forgetChanges()
        return transaction
    }

    private func append(_ changes: [ElementCounts.Change], to transaction: inout Transaction) {
        for change in changes {
            let (table, set) = (change.place.table, change.place.set)
            if !change.removed.isEmpty { transaction.append(.deleteElements(table, set: set, change.removed)) }
            if !change.added.isEmpty {
                transaction.append(.addElements(table, set: set, change.added.map { Element($0) }))
            }
        }
    }

    private func append(
        _ changes: [(place: PodDispatch.Place, old: String?, new: String?)], to transaction: inout Transaction
    ) {
        for table in tables.keys.sorted() {
            for direction in PolicyDirection.allCases {
                let own = changes.filter { $0.place.table == table && $0.place.direction == direction }
                let map = PolicyTable.map(direction)
                let removed = own.filter { $0.old != nil }.map { ElementKey($0.place.key) }
                let added = own.compactMap { change in
                    change.new.map { Element(change.place.key, .verdict(.goto($0))) }
                }
                if !removed.isEmpty { transaction.append(.deleteElements(table, set: map, removed)) }
                if !added.isEmpty { transaction.append(.addElements(table, set: map, added)) }
            }
        }
    }
}
