package import API
package import NFTables

/// Who wants which element in one table.
///
/// Two Services may want the same one: an endpoint of both, or the same external address and port. The Service whose name comes
/// first wins, so that the order of events cannot matter.
package struct ElementLedger: Sendable {
    private struct Identity: Hashable {
        var set: ProxySet
        var key: ElementKey
    }

    private enum Claim {
        case one(NamespacedName, ElementValue)
        /// Two or more.
        case many([NamespacedName: ElementValue])

        var winner: ElementValue? {
            switch self {
            case .one(_, let value): value
            case .many(let claims): claims.min { $0.key < $1.key }?.value
            }
        }
    }

    private var owned: [NamespacedName: [SetElement]] = [:]
    private var claims: [Identity: Claim] = [:]
    /// What stood at an identity before the first change since `takeTransaction`.
    private var before: [Identity: ElementValue?] = [:]

    package init() {}

    package var owners: [NamespacedName] { Array(owned.keys) }
    package var elementCount: Int { claims.count }

    /// Replaces everything that one Service wants.
    package mutating func replace(_ owner: NamespacedName, with elements: [SetElement]) {
        let old = owned.removeValue(forKey: owner) ?? []
        if !elements.isEmpty { owned[owner] = elements }
        if old == elements { return }
        for item in old { withdraw(owner, Identity(set: item.set, key: item.element.key)) }
        for item in elements { claim(owner, Identity(set: item.set, key: item.element.key), item.element.value) }
    }

    /// The element-only transaction from the last call's state to now.
    package mutating func takeTransaction(for table: TableIdentifier) -> Transaction {
        var removed: [ProxySet: [ElementKey]] = [:]
        var added: [ProxySet: [Element]] = [:]
        for (identity, old) in before {
            let new = claims[identity]?.winner
            guard old != new else { continue }
            if old != nil { removed[identity.set, default: []].append(identity.key) }
            if let new { added[identity.set, default: []].append(Element(identity.key, new)) }
        }
        before = [:]
        var transaction = Transaction()
        for set in ProxySet.allCases {
            if let keys = removed[set] { transaction.append(.deleteElements(table, set: set.name, keys.sorted())) }
        }
        for set in ProxySet.allCases {
            if let elements = added[set] {
                transaction.append(.addElements(table, set: set.name, elements.sorted { $0.key < $1.key }))
            }
        }
        return transaction
    }

    /// Puts every element into its set of `table`, and forgets what changed.
    package mutating func fill(_ table: inout Table) {
        var sets: [ProxySet: [ElementKey: ElementValue]] = [:]
        for (identity, claim) in claims {
            if let winner = claim.winner { sets[identity.set, default: [:]][identity.key] = winner }
        }
        for (set, elements) in sets { table.sets[set.name]?.elements = elements }
        before = [:]
    }

    private mutating func claim(_ owner: NamespacedName, _ identity: Identity, _ value: ElementValue) {
        remember(identity)
        switch claims[identity] {
        case nil: claims[identity] = .one(owner, value)
        case .one(let other, let present):
            claims[identity] = other == owner ? .one(owner, value) : .many([other: present, owner: value])
        case .many(var all):
            all[owner] = value
            claims[identity] = .many(all)
        }
    }

    private mutating func withdraw(_ owner: NamespacedName, _ identity: Identity) {
        remember(identity)
        switch claims[identity] {
        case .one(let other, _) where other == owner: claims[identity] = nil
        case .many(var all):
            all[owner] = nil
            if all.count == 1, let last = all.first {
                claims[identity] = .one(last.key, last.value)
            } else {
                claims[identity] = .many(all)
            }
        default: break
        }
    }

    private mutating func remember(_ identity: Identity) {
        if before[identity] == nil { before[identity] = .some(claims[identity]?.winner) }
    }
}
