/// A set of places in an object: who owns what.
///
/// A place may be in the set without what is below it, and the other way round.
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `fieldpath/set.go`.
package struct FieldSet: Hashable, Sendable {
    struct Node: Hashable, Sendable {
        var element: PathElement
        /// Whether the place itself is in the set.
        var isMember: Bool
        /// What of the places below is.
        var below: FieldSet

        var isEmpty: Bool { !isMember && below.isEmpty }
    }

    /// Sorted by element, each once, none empty.
    private(set) var nodes: [Node]

    package init() { nodes = [] }

    package init(_ paths: [[PathElement]]) {
        self.init()
        for path in paths { insert(path[...]) }
    }

    /// Nodes in any order, each element once; empty ones are dropped.
    init(unsorted nodes: [Node]) {
        self.nodes = nodes.filter { !$0.isEmpty }
        let isSorted = zip(self.nodes, self.nodes.dropFirst()).allSatisfy { $0.element < $1.element }
        if !isSorted { self.nodes.sort { $0.element < $1.element } }
    }

    /// A path of member names.
    package static func fields(_ paths: [String]...) -> FieldSet { FieldSet(paths.map { $0.map(PathElement.field) }) }

    package var isEmpty: Bool { nodes.isEmpty }

    /// The number of places.
    package var count: Int { nodes.reduce(0) { $0 + ($1.isMember ? 1 : 0) + $1.below.count } }

    // MARK: - Members

    package func contains(_ path: [PathElement]) -> Bool { contains(path[...]) }

    private func contains(_ path: ArraySlice<PathElement>) -> Bool {
        guard let first = path.first, let node = node(first) else { return false }
        return path.count == 1 ? node.isMember : node.below.contains(path.dropFirst())
    }

    func node(_ element: PathElement) -> Node? {
        let index = position(of: element)
        return nodes.indices.contains(index) && nodes[index].element == element ? nodes[index] : nil
    }

    /// What is in the set below `element`, seen from there.
    func below(_ element: PathElement) -> FieldSet { node(element)?.below ?? FieldSet() }

    package mutating func insert(_ path: [PathElement]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        let index = position(of: first)
        if !nodes.indices.contains(index) || nodes[index].element != first {
            nodes.insert(Node(element: first, isMember: false, below: FieldSet()), at: index)
        }
        if path.count == 1 { nodes[index].isMember = true } else { nodes[index].below.insert(path.dropFirst()) }
    }

    /// Where `element` is or would go.
    private func position(of element: PathElement) -> Int {
        if let last = nodes.last, last.element < element { return nodes.count }
        var (low, high) = (0, nodes.count)
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Every place in the set: those of one level in order before those below them.
    package var paths: [[PathElement]] {
        var result: [[PathElement]] = []
        collect([], &result)
        return result
    }

    private func collect(_ prefix: [PathElement], _ result: inout [[PathElement]]) {
        for node in nodes where node.isMember { result.append(prefix + [node.element]) }
        for node in nodes where !node.below.isEmpty { node.below.collect(prefix + [node.element], &result) }
    }

    // MARK: - Algebra

    package func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return combine(other) { left, right in
            guard let left else { return right }
            guard let right else { return left }
            return Node(
                element: left.element, isMember: left.isMember || right.isMember, below: left.below.union(right.below))
        }
    }

    package func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return combine(other) { left, right in
            guard let left, let right else { return nil }
            return Node(
                element: left.element, isMember: left.isMember && right.isMember, below: left.below.intersection(right.below))
        }
    }

    /// Without the places of `other`; what is below such a place stays.
    package func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combine(other) { left, right in
            guard let left else { return nil }
            guard let right else { return left }
            return Node(
                element: left.element, isMember: left.isMember && !right.isMember, below: left.below.subtracting(right.below))
        }
    }

    /// Without the places of `other` and everything below them.
    package func subtractingTrees(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combine(other) { left, right in
            guard let left else { return nil }
            guard let right else { return left }
            if right.isMember { return nil }
            return Node(element: left.element, isMember: left.isMember, below: left.below.subtractingTrees(right.below))
        }
    }

    /// Walks both in order, and keeps what `choose` makes of each element.
    private func combine(_ other: FieldSet, _ choose: (Node?, Node?) -> Node?) -> FieldSet {
        var result = FieldSet()
        result.nodes.reserveCapacity(max(nodes.count, other.nodes.count))
        var (left, right) = (0, 0)
        while left < nodes.count || right < other.nodes.count {
            let order: Int
            if left == nodes.count {
                order = 1
            } else if right == other.nodes.count {
                order = -1
            } else {
                order = PathElement.compare(nodes[left].element, other.nodes[right].element)
            }
            let chosen = choose(order <= 0 ? nodes[left] : nil, order >= 0 ? other.nodes[right] : nil)
            if let chosen, !chosen.isEmpty { result.nodes.append(chosen) }
            if order <= 0 { left += 1 }
            if order >= 0 { right += 1 }
        }
        return result
    }
}

/// One path a line, as upstream prints sets.
extension FieldSet: CustomStringConvertible {
    package var description: String {
        paths.map { $0.map(\.description).joined() }.joined(separator: "\n")
    }
}
