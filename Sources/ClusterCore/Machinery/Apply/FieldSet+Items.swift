import API
package import JSON

/// Values cut down by a field set.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/remove.go`.
extension FieldSet {
    /// The value without the places of the set; an object or list that loses everything is gone itself.
    package func removed(from value: JSONValue, _ type: MergeType) -> JSONValue {
        cut(value, type, extracts: false) ?? .null
    }

    /// Only the places of the set, with what leads to them.
    ///
    /// - Parameter withKeys: Whether elements of lists by keys keep the members that name them.
    package func extracted(from value: JSONValue, _ type: MergeType, withKeys: Bool = false) -> JSONValue {
        (withKeys ? addingKeys() : self).cut(value, type, extracts: true) ?? .null
    }

    private func addingKeys() -> FieldSet {
        FieldSet(
            unsorted: nodes.map { node in
                var node = node
                node.below = node.below.addingKeys()
                if case .key(let fields) = node.element {
                    for field in fields { node.below.insert([.field(field.name)]) }
                }
                return node
            })
    }

    private func cut(_ value: JSONValue, _ type: MergeType, extracts: Bool) -> JSONValue? {
        switch MergeAtom(type, for: value) {
        case .scalar: return value
        case .list(let element, let semantics):
            guard case .array(let values) = value, !values.isEmpty else { return nil }
            if semantics == .atomic { return extracts ? .some(value) : .none }
            let kept = elements(values, element, semantics, extracts)
            return kept.isEmpty ? .none : .some(.array(kept))
        case .object(let shape):
            guard case .object(let object) = value, !object.isEmpty else { return nil }
            if shape.isAtomic { return extracts ? .some(value) : .none }
            let kept = members(object, shape, extracts)
            return kept.isEmpty ? .none : .some(.object(JSONObject(kept)))
        }
    }

    private func elements(
        _ values: [JSONValue], _ type: MergeType, _ semantics: ListSemantics, _ extracts: Bool
    ) -> [JSONValue] {
        var kept: [JSONValue] = []
        for value in values {
            guard let element = try? ListElements.name(value, element: type, semantics) else { continue }
            let node = node(element)
            let below = node?.below ?? FieldSet()
            if extracts {
                guard node != nil else { continue }
                kept.append(below.isEmpty ? value : below.cut(value, type, extracts: true) ?? .null)
            } else if !(node?.isMember ?? false) {
                kept.append(below.isEmpty ? value : below.cut(value, type, extracts: false) ?? .null)
            }
        }
        return kept
    }

    private func members(_ object: JSONObject, _ shape: MergeObject, _ extracts: Bool) -> [JSONObject.Member] {
        var kept: [JSONObject.Member] = []
        for member in object.members {
            let type = shape.member(member.key) ?? .deduced
            guard let node = node(.field(member.key)) else {
                if !extracts { kept.append(member) }
                continue
            }
            if node.isMember, !extracts { continue }
            // A place that is wanted as such brings what the set names below it; a leaf brings itself.
            let found = node.below.cut(member.value, type, extracts: extracts) ?? .null
            kept.append(JSONObject.Member(key: member.key, value: found))
        }
        return kept
    }
}
