import API
package import JSON

/// What changed from one value to another of the same type; no place is in two of the sets.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/compare.go`.
package struct MergeComparison: Hashable, Sendable {
    package var removed = FieldSet()
    /// In both, but different.
    package var modified = FieldSet()
    package var added = FieldSet()

    package init() {}

    package var isSame: Bool { removed.isEmpty && modified.isEmpty && added.isEmpty }

    package init(from old: JSONValue, to new: JSONValue, _ type: MergeType) throws(MergeTypeError) {
        let found = try Self.compare(old, new, type)
        self.init(found.below)
    }

    private init(_ change: Below) {
        removed = FieldSet(unsorted: change.removed)
        modified = FieldSet(unsorted: change.modified)
        added = FieldSet(unsorted: change.added)
    }

    /// Without the places of `fields` and everything below them.
    func excluding(_ fields: FieldSet) -> MergeComparison {
        var result = self
        result.removed = removed.subtractingTrees(fields)
        result.modified = modified.subtractingTrees(fields)
        result.added = added.subtractingTrees(fields)
        return result
    }

    // MARK: - Walk

    private enum Change { case none, removed, modified, added }

    /// Nodes of one level, in any order.
    private struct Below {
        var removed: [FieldSet.Node] = []
        var modified: [FieldSet.Node] = []
        var added: [FieldSet.Node] = []

        /// Takes in what was found at `element`.
        mutating func take(_ element: PathElement, _ found: Found) {
            func put(_ change: Change, _ nodes: [FieldSet.Node], into list: inout [FieldSet.Node]) {
                let isMember = found.own == change
                if nodes.isEmpty, !isMember { return }
                list.append(FieldSet.Node(element: element, isMember: isMember, below: FieldSet(unsorted: nodes)))
            }
            put(.removed, found.below.removed, into: &removed)
            put(.modified, found.below.modified, into: &modified)
            put(.added, found.below.added, into: &added)
        }

        mutating func append(_ other: Below) {
            removed += other.removed
            modified += other.modified
            added += other.added
        }
    }

    private struct Found {
        var own = Change.none
        var isLeaf = false
        var below = Below()
    }

    /// - Parameters:
    ///   - old: Nil when absent; not both are.
    private static func compare(_ old: JSONValue?, _ new: JSONValue?, _ type: MergeType) throws(MergeTypeError) -> Found {
        if let old, let new, old == new { return Found() }
        var found: Found
        let before = MergeAtom(type, for: old)
        let after = MergeAtom(type, for: new)
        if new == nil {
            found = try visit(before, old, new)
        } else if old == nil || before.hasForm(of: after) {
            found = try visit(after, old, new)
        } else {
            // A deduced place changed its form: what it held goes, what it holds comes.
            let first = try visit(before, old, new)
            found = try visit(after, old, new)
            if first.isLeaf { found.own = first.own }
            found.below.append(first.below)
        }
        if !found.isLeaf, found.own == .none { found.own = old == nil ? .added : new == nil ? .removed : .none }
        return found
    }

    private static func leaf(_ old: JSONValue?, _ new: JSONValue?) -> Found {
        switch (old, new) {
        case (nil, _): Found(own: .added, isLeaf: true)
        case (_, nil): Found(own: .removed, isLeaf: true)
        case (let old?, let new?): Found(own: ValueOrder.areEqual(old, new) ? .none : .modified, isLeaf: true)
        }
    }

    private static func visit(_ atom: MergeAtom, _ old: JSONValue?, _ new: JSONValue?) throws(MergeTypeError) -> Found {
        switch atom {
        case .scalar(let scalar):
            if let before = old.flatMap({ MergeValidation.problem($0, scalar) }),
                let after = new.flatMap({ MergeValidation.problem($0, scalar) })
            {
                throw MergeTypeError(findings: ["lhs: " + before, "rhs: " + after])
            }
            return leaf(old, new)
        case .list(let element, let semantics):
            let before = old?.array ?? []
            let after = new?.array ?? []
            if semantics == .atomic || (before.isEmpty && after.isEmpty) { return leaf(old, new) }
            return Found(below: try elements(before, after, element, semantics))
        case .object(let shape):
            let before = old?.object ?? [:]
            let after = new?.object ?? [:]
            if shape.isAtomic || (before.isEmpty && after.isEmpty) { return leaf(old, new) }
            return Found(below: try members(before, after, shape))
        }
    }

    private static func members(
        _ old: JSONObject, _ new: JSONObject, _ shape: MergeObject
    ) throws(MergeTypeError) -> Below {
        var result = Below()
        func type(_ name: String) throws(MergeTypeError) -> MergeType {
            if let type = shape.member(name) { return type }
            throw MergeTypeError(findings: [".\(name): field not declared in schema"])
        }
        let after = MemberLookup(new)
        for member in old.members {
            result.take(.field(member.key), try compare(member.value, after[member.key], type(member.key)))
        }
        let before = MemberLookup(old)
        for member in new.members where before[member.key] == nil {
            result.take(.field(member.key), try compare(nil, member.value, type(member.key)))
        }
        return result
    }

    private static func elements(
        _ old: [JSONValue], _ new: [JSONValue], _ type: MergeType, _ semantics: ListSemantics
    ) throws(MergeTypeError) -> Below {
        let (order, before) = try index(old, type, semantics)
        let (newOrder, after) = try index(new, type, semantics)
        var result = Below()
        for element in order + newOrder.filter({ before[$0] == nil }) {
            let old = before[element] ?? []
            let new = after[element] ?? []
            switch (old.count, new.count) {
            case (0...1, 0...1):
                result.take(element, try compare(old.first, new.first, type))
            // An element that stands several times is compared as a whole.
            case (2..., 2...):
                if old.count != new.count || !zip(old, new).allSatisfy({ ValueOrder.areEqual($0, $1) }) {
                    result.take(element, Found(own: .modified))
                }
            case (2..., _):
                var found = try new.first.map { value throws(MergeTypeError) in try compare(nil, value, type) } ?? Found()
                let isAdded = found.own == .added
                found.own = .removed
                result.take(element, found)
                if isAdded { result.added = Self.adding(element, to: result.added) }
            default:
                var found = try old.first.map { value throws(MergeTypeError) in try compare(value, nil, type) } ?? Found()
                let isRemoved = found.own == .removed
                found.own = .added
                result.take(element, found)
                if isRemoved { result.removed = Self.adding(element, to: result.removed) }
            }
        }
        return result
    }

    private static func adding(_ element: PathElement, to nodes: [FieldSet.Node]) -> [FieldSet.Node] {
        var nodes = nodes
        if let index = nodes.lastIndex(where: { $0.element == element }) {
            nodes[index].isMember = true
        } else {
            nodes.append(FieldSet.Node(element: element, isMember: true, below: FieldSet()))
        }
        return nodes
    }

    /// Elements in order of first appearance, and their values.
    private static func index(
        _ values: [JSONValue], _ type: MergeType, _ semantics: ListSemantics
    ) throws(MergeTypeError) -> (order: [PathElement], values: [PathElement: [JSONValue]]) {
        var order: [PathElement] = []
        var found: [PathElement: [JSONValue]] = [:]
        for value in values {
            let element = try ListElements.name(value, element: type, semantics)
            if found[element, default: []].isEmpty { order.append(element) }
            found[element, default: []].append(value)
        }
        return (order, found)
    }
}

/// Members by name: a scan while they are few, a table when they are many.
struct MemberLookup {
    private let object: JSONObject
    private let positions: [String: Int]?

    init(_ object: JSONObject) {
        self.object = object
        positions =
            object.count <= 16 ? nil : Dictionary(object.members.enumerated().map { ($1.key, $0) }) { first, _ in first }
    }

    subscript(key: String) -> JSONValue? {
        guard let positions else { return object[key] }
        return positions[key].map { object.members[$0].value }
    }
}
