import NFTables

/// Elements of plain sets that several members want; an element stands as long as one does.
struct ElementCounts: Sendable {
    struct Place: Hashable {
        var table: TableIdentifier
        var set: String
    }

    private var counts: [Place: [ElementKey: Int]] = [:]
    /// Whether an element stood before the first change since `takeChanges`.
    private var before: [Place: [ElementKey: Bool]] = [:]

    mutating func add(_ key: ElementKey, to place: Place) { change(key, at: place, by: 1) }
    mutating func remove(_ key: ElementKey, from place: Place) { change(key, at: place, by: -1) }

    private mutating func change(_ key: ElementKey, at place: Place, by step: Int) {
        let old = counts[place]?[key] ?? 0
        let new = old + step
        precondition(new >= 0, "element of \(place.set) removed more often than added")
        if (old == 0) != (new == 0), before[place]?[key] == nil { before[place, default: [:]][key] = old > 0 }
        counts[place, default: [:]][key] = new == 0 ? nil : new
    }

    /// Forgets a set with all that stands in it: it is deleted as a whole.
    mutating func forget(_ place: Place) {
        counts[place] = nil
        before[place] = nil
    }

    func elements(at place: Place) -> [ElementKey: ElementValue] {
        (counts[place] ?? [:]).mapValues { _ in ElementValue.none }
    }

    var count: Int { counts.values.reduce(0) { $0 + $1.count } }

    struct Change {
        var place: Place
        var removed: [ElementKey]
        var added: [ElementKey]
    }

    /// What differs from the last call, by place.
    mutating func takeChanges() -> [Change] {
        var changes: [Change] = []
        for (place, states) in before {
            var change = Change(place: place, removed: [], added: [])
            for (key, stood) in states {
                let stands = counts[place]?[key] != nil
                if stood && !stands { change.removed.append(key) } else if !stood && stands { change.added.append(key) }
            }
            change.removed.sort()
            change.added.sort()
            if !change.removed.isEmpty || !change.added.isEmpty { changes.append(change) }
        }
        before = [:]
        return changes.sorted { ($0.place.table, $0.place.set) < ($1.place.table, $1.place.set) }
    }
}
