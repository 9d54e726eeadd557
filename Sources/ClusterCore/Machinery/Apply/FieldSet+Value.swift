import API
package import JSON

extension FieldSet {
    /// Every leaf of a value, every element of its sets and lists by keys, and every member that no schema declares.
    ///
    /// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/tofieldset.go`.
    package init(of value: JSONValue, _ type: MergeType) throws(MergeTypeError) {
        self = try Self.node(value, type).below
    }

    private typealias Found = (isMember: Bool, below: FieldSet)

    private static func node(_ value: JSONValue, _ type: MergeType) throws(MergeTypeError) -> Found {
        switch MergeAtom(type, for: value) {
        case .scalar, .list(_, .atomic): return (true, FieldSet())
        case .list(let element, let semantics):
            guard case .array(let values) = value else { return (false, FieldSet()) }
            return (false, try elements(values, element, semantics))
        case .object(let shape):
            if shape.isAtomic { return (true, FieldSet()) }
            guard case .object(let object) = value else { return (false, FieldSet()) }
            var nodes: [Node] = []
            nodes.reserveCapacity(object.count)
            for member in object.members {
                guard let type = shape.member(member.key) else {
                    throw MergeTypeError(findings: [".\(member.key): field not declared in schema"])
                }
                let found = try node(member.value, type)
                let isOwnedItself =
                    member.value.isNull || member.value.object?.isEmpty ?? false || shape.declared(member.key) == nil
                nodes.append(
                    Node(element: .field(member.key), isMember: found.isMember || isOwnedItself, below: found.below))
            }
            return (false, FieldSet(unsorted: nodes))
        }
    }

    /// An element that stands more than once is owned as a whole, without its inside.
    private static func elements(
        _ values: [JSONValue], _ type: MergeType, _ semantics: ListSemantics
    ) throws(MergeTypeError) -> FieldSet {
        var positions: [PathElement: Int] = [:]
        var nodes: [Node] = []
        nodes.reserveCapacity(values.count)
        for value in values {
            let element = try ListElements.name(value, element: type, semantics)
            if let position = positions[element] {
                nodes[position].below = FieldSet()
            } else {
                positions[element] = nodes.count
                nodes.append(Node(element: element, isMember: true, below: try node(value, type).below))
            }
        }
        return FieldSet(unsorted: nodes)
    }
}
