import API
import JSON

extension FieldSet {
    /// With every declared member that leads to a place of the set, so that pruning can take an emptied object away.
    ///
    /// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `fieldpath/set.go`, `EnsureNamedFieldsAreMembers`.
    func withDeclaredMembers(_ type: MergeType?) -> FieldSet {
        FieldSet(
            unsorted: nodes.map { node in
                guard !node.below.isEmpty else { return node }
                var node = node
                var inner: MergeType?
                switch (node.element, type.map { MergeAtom($0, for: nil) }) {
                case (.field(let name), .object(let shape)?):
                    if shape.declared(name) != nil { node.isMember = true }
                    inner = shape.member(name)
                case (.key, .list(let element, _)?): inner = element
                default: break
                }
                node.below = node.below.withDeclaredMembers(inner)
                return node
            })
    }

    /// The set as it would have been written under today's schema: a place that became atomic is owned as a whole, one that was atomic
    /// owns what the live value has there.
    ///
    /// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/reconcile_schema.go`.
    func reconciled(with type: MergeType, live: JSONValue) -> FieldSet {
        changed(by: type, live) ?? self
    }

    /// Nil when nothing changed.
    fileprivate func changed(by type: MergeType, _ live: JSONValue?) -> FieldSet? {
        var changed = false
        var result: [Node] = []
        result.reserveCapacity(nodes.count)
        for node in nodes {
            guard let inner = Self.type(of: node.element, in: type) else {
                result.append(node)
                continue
            }
            let value = Self.value(at: node.element, of: live, type)
            let found = node.changed(by: inner, value)
            changed = changed || found != nil
            result.append(found ?? node)
        }
        return changed ? FieldSet(unsorted: result) : nil
    }

    private static func type(of element: PathElement, in type: MergeType) -> MergeType? {
        switch (element, type) {
        case (.field(let name), .map), (.field(let name), .structure): MergeObject(type: type).member(name)
        case (.key, .list(let inner, _)), (.value, .list(let inner, _)): inner
        default: nil
        }
    }

    private static func value(at element: PathElement, of live: JSONValue?, _ type: MergeType) -> JSONValue? {
        switch (element, type) {
        case (.field(let name), _): live?[name]
        case (.key, .list(let inner, let semantics)), (.value, .list(let inner, let semantics)):
            live?.array?.first { (try? ListElements.name($0, element: inner, semantics)) == element }
        default: nil
        }
    }
}

extension FieldSet.Node {
    fileprivate func changed(by type: MergeType, _ live: JSONValue?) -> FieldSet.Node? {
        let wasAtomic = isMember && below.isEmpty
        switch MergeAtom(type, for: .none) {
        case .scalar: return nil
        case .list(_, .atomic):
            return below.isEmpty ? nil : FieldSet.Node(element: element, isMember: true, below: FieldSet())
        case .list: break
        case .object(let shape):
            if case .deduced = type { return nil }
            if shape.isAtomic {
                return below.isEmpty ? nil : FieldSet.Node(element: element, isMember: true, below: FieldSet())
            }
        }
        if wasAtomic {
            guard let live, let found = try? FieldSet(of: live, type), !found.isEmpty else { return nil }
            return FieldSet.Node(element: element, isMember: true, below: found)
        }
        return below.changed(by: type, live).map { FieldSet.Node(element: element, isMember: isMember, below: $0) }
    }
}
