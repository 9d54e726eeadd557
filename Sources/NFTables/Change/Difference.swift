/// The transaction that turns one table into another.
///
/// Elements are exchanged one by one; a chain whose rules differ is emptied and refilled in place; rules come before elements,
/// because the kernel walks all elements of a map for each rule that it binds to it. A table whose set declarations, base
/// chains or ownership differ is replaced as a whole. All of it is one commit, so no packet sees a state between.
package enum Difference {
    package static func between(_ old: Table?, _ new: Table?) -> Transaction {
        switch (old, new) {
        case (nil, nil): return Transaction()
        case (let old?, nil): return Transaction([.deleteTable(old.identifier)])
        case (nil, let new?): return creation(of: new)
        case (let old?, let new?):
            precondition(old.identifier == new.identifier, "two tables: \(old.identifier), \(new.identifier)")
            if mustReplace(old, new) {
                return Transaction([.deleteTable(old.identifier)] + creation(of: new).operations)
            }
            return exchange(old, new)
        }
    }

    private static func creation(of table: Table) -> Transaction {
        let empty = Table(table.identifier, isOwned: table.isOwned)
        return Transaction([.addTable(table.identifier, isOwned: table.isOwned)] + exchange(empty, table).operations)
    }

    private static func mustReplace(_ old: Table, _ new: Table) -> Bool {
        old.isOwned != new.isOwned
            || old.sets.values.contains { set in new.sets[set.name].map { !set.declaredLike($0) } ?? false }
            || old.chains.values.contains { chain in new.chains[chain.name].map { chain.base != $0.base } ?? false }
    }

    private static func exchange(_ old: Table, _ new: Table) -> Transaction {
        let table = new.identifier
        var transaction = Transaction()
        let oldChains = old.chains.keys.sorted()
        let newChains = new.chains.keys.sorted()
        for name in oldChains where old.chains[name]?.rules != new.chains[name]?.rules && old.chains[name]?.rules.isEmpty == false
        {
            transaction.append(.flushChain(table, name: name))
        }
        for (name, set) in new.sets.sorted(by: { $0.key < $1.key }) where old.sets[name] == nil {
            transaction.append(.addSet(table, set.declaration))
        }
        for name in newChains where old.chains[name] == nil {
            transaction.append(.addChain(table, Chain(name, base: new.chains[name]?.base)))
        }
        var additions: [Transaction.Operation] = []
        for (name, set) in new.sets.sorted(by: { $0.key < $1.key }) {
            if set.isDynamic { continue }
            let before = old.sets[name]?.elements ?? [:]
            let removed = before.filter { set.elements[$0.key] != $0.value }.map(\.key)
            let added = set.elements.filter { before[$0.key] != $0.value }.map { Element($0.key, $0.value) }
            if !removed.isEmpty { transaction.append(.deleteElements(table, set: name, removed.sorted())) }
            if !added.isEmpty { additions.append(.addElements(table, set: name, added.sorted { $0.key < $1.key })) }
        }
        for name in newChains {
            guard let chain = new.chains[name], old.chains[name]?.rules != chain.rules else { continue }
            for rule in chain.rules { transaction.append(.addRule(table, chain: name, rule)) }
        }
        transaction.operations += additions
        for name in old.sets.keys.sorted() where new.sets[name] == nil { transaction.append(.deleteSet(table, name: name)) }
        for name in oldChains where new.chains[name] == nil { transaction.append(.deleteChain(table, name: name)) }
        return transaction
    }
}
