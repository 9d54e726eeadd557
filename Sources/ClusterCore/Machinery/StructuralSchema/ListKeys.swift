import API
package import JSON

/// What tells the elements of a list of type `map` or `set` apart.
package enum ListKeys {
    /// The key members of an element as an object, defaults included; nil when the list is no map.
    package static func key(_ element: JSONValue, _ schema: StructuralSchema) -> JSONValue? {
        guard schema.listType == "map", element.object != nil else { return .none }
        var key: JSONValue = [:]
        for name in schema.listMapKeys {
            if let value = element[name] { key[name] = value }
        }
        return .some(key)
    }

    /// The elements of a list by their keys; nil when the list is no map.
    package static func index(_ list: JSONValue, _ schema: StructuralSchema) -> [JSONValue: JSONValue]? {
        guard schema.listType == "map", let values = list.array else { return nil }
        var result: [JSONValue: JSONValue] = [:]
        for value in values {
            if let key = key(value, schema), result[key] == nil { result[key] = value }
        }
        return result
    }

    /// Elements of sets and maps that stand twice.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go`.
    static func duplicates(_ value: JSONValue, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        switch value {
        case .object(let object):
            return object.members.flatMap { member -> [FieldError] in
                guard let child = schema.child(member.key) else { return [] }
                let place = schema.properties[member.key] == nil ? path.key(member.key) : path(member.key)
                return duplicates(member.value, child, place)
            }
        case .array(let values):
            var errors: [FieldError] = []
            var seen: Set<JSONValue> = []
            var reported: Set<JSONValue> = []
            for (index, element) in values.enumerated() {
                let identity: JSONValue
                switch schema.listType {
                case "set": identity = element
                case "map": identity = key(element, schema) ?? element
                default: continue
                }
                if !seen.insert(identity).inserted, reported.insert(identity).inserted {
                    errors.append(.duplicate(path[index], identity))
                }
            }
            guard let items = schema.items else { return errors }
            for (index, element) in values.enumerated() { errors += duplicates(element, items, path[index]) }
            return errors
        default: return []
        }
    }
}
