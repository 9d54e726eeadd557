extension Statement {
    /// The set or map that the statement looks into.
    package var set: String? {
        switch self {
        case .match(let match): match.set
        case .verdictMap(_, let map), .destinationNAT(_, let map), .updateMap(let map, _, _, _): map
        default: nil
        }
    }

    /// The chain that the statement itself names.
    package var chain: String? {
        if case .verdict(let verdict) = self { verdict.chain } else { nil }
    }
}

extension Chain {
    /// Sets and maps that rules look into.
    package var referencedSets: Set<String> { Set(rules.lazy.flatMap(\.statements).compactMap(\.set)) }
    /// Chains that rules name.
    package var referencedChains: Set<String> { Set(rules.lazy.flatMap(\.statements).compactMap(\.chain)) }
}
