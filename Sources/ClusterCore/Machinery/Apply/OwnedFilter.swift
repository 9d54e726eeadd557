/// Which places a way of writing may own at all.
package enum OwnedFilter: Hashable, Sendable {
    /// All but these and what is below them: the server resets them.
    case excluding(FieldSet)
    /// Only what is at or below one of these paths.
    case including([[Step]])

    package enum Step: Hashable, Sendable {
        case field(String)
        /// Every element of a list.
        case any
    }

    package func filter(_ set: FieldSet) -> FieldSet {
        switch self {
        case .excluding(let fields): set.subtractingTrees(fields)
        case .including(let patterns): Self.matching(set, patterns.map { $0[...] })
        }
    }

    func filter(_ comparison: MergeComparison) -> MergeComparison {
        var result = comparison
        result.removed = filter(comparison.removed)
        result.modified = filter(comparison.modified)
        result.added = filter(comparison.added)
        return result
    }

    /// A place on the way to a pattern is kept too when it is in the set.
    private static func matching(_ set: FieldSet, _ patterns: [ArraySlice<Step>]) -> FieldSet {
        FieldSet(
            unsorted: set.nodes.compactMap { node in
                let fitting = patterns.filter { pattern in
                    switch (pattern.first, node.element) {
                    case (.any?, _): true
                    case (.field(let wanted)?, .field(let name)): wanted == name
                    default: false
                    }
                }
                if fitting.isEmpty { return nil }
                if fitting.contains(where: { $0.count == 1 }) { return node }
                var node = node
                node.below = matching(node.below, fitting.map { $0.dropFirst() })
                return node
            })
    }
}
