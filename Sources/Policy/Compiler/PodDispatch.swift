import API
import NFTables

/// Which chain the packets of each local pod are sent to.
struct PodDispatch: Sendable {
    struct Place: Hashable {
        var table: TableIdentifier
        var direction: PolicyDirection
        var key: KeyBytes
    }

    /// More than one pod only where keys are addresses and one of the pods is about to go.
    private var claims: [Place: [NamespacedName: String]] = [:]
    private var before: [Place: String?] = [:]

    mutating func claim(_ place: Place, _ pod: NamespacedName, chain: String) {
        remember(place)
        claims[place, default: [:]][pod] = chain
    }

    mutating func withdraw(_ place: Place, _ pod: NamespacedName) {
        remember(place)
        claims[place]?[pod] = nil
        if claims[place]?.isEmpty == true { claims[place] = nil }
    }

    /// Two pods that want different chains get none of them: whose address it is will be known in a moment.
    private func chain(_ place: Place) -> String? {
        guard let all = claims[place], let first = all.first else { return nil }
        return all.allSatisfy { $0.value == first.value } ? first.value : PolicyModel.undecided(place.direction)
    }

    private mutating func remember(_ place: Place) {
        if before[place] == nil { before[place] = .some(chain(place)) }
    }

    var count: Int { claims.count }

    /// Elements to delete and to add, by table and map, since the last call.
    mutating func takeChanges() -> [(place: Place, old: String?, new: String?)] {
        let changes = before.compactMap { place, old -> (place: Place, old: String?, new: String?)? in
            let new = chain(place)
            return old == new ? nil : (place, old, new)
        }
        before = [:]
        return changes.sorted {
            ($0.place.table, $0.place.direction, $0.place.key) < ($1.place.table, $1.place.direction, $1.place.key)
        }
    }

    func elements(_ table: TableIdentifier, _ direction: PolicyDirection) -> [ElementKey: ElementValue] {
        var result: [ElementKey: ElementValue] = [:]
        for place in claims.keys where place.table == table && place.direction == direction {
            if let chain = chain(place) { result[ElementKey(place.key)] = .verdict(.goto(chain)) }
        }
        return result
    }
}
