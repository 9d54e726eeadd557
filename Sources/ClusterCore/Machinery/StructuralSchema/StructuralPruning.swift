import API
package import JSON

/// Removes from objects what their schema does not name.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go`.
package struct StructuralPruner {
    /// Paths of what was removed, `spec.foo`, in the order of the text.
    package private(set) var removed: [String] = []

    static let typeMembers: Set<String> = ["apiVersion", "kind", "metadata"]

    package init() {}

    /// Prunes a whole object: `apiVersion`, `kind` and `metadata` at its root stay.
    package mutating func prune(_ object: inout JSONValue, _ schema: StructuralSchema) {
        prune(&object, schema, FieldPath(), isResource: true)
    }

    /// - Parameter isResource: Whether the value is a whole object, at the root or embedded.
    mutating func prune(_ value: inout JSONValue, _ schema: StructuralSchema?, _ path: FieldPath, isResource: Bool) {
        switch value {
        case .object(let object):
            let keepsUnknown = schema?.preservesUnknown ?? false
            var result = JSONObject()
            result.members.reserveCapacity(object.count)
            for member in object.members {
                let known = schema?.properties[member.key]
                var child = member.value
                if isResource, Self.typeMembers.contains(member.key) {
                    // Metadata has a schema of its own.
                } else if let known {
                    prune(&child, known, path(member.key), isResource: known.isEmbedded)
                } else if let schema, case .schema(let additional) = schema.additional {
                    prune(&child, additional, path(member.key), isResource: additional.isEmbedded)
                } else if let schema, case .allowed(true) = schema.additional, !keepsUnknown {
                    prune(&child, nil, path(member.key), isResource: false)
                } else if !keepsUnknown {
                    removed.append(path(member.key).description)
                    continue
                }
                result.members.append(JSONObject.Member(key: member.key, value: child))
            }
            value = .object(result)
        case .array(var values):
            let items = schema?.items
            if items == nil, schema?.preservesUnknown ?? false { return }
            value = .null
            for index in values.indices {
                prune(&values[index], items, path[index], isResource: items?.isEmbedded ?? false)
            }
            value = .array(values)
        default: break
        }
    }
}

/// Fills in what writers left out.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go`, `prunenulls.go`.
package enum StructuralDefaulter {
    /// Writes the defaults of absent members, and of nulls that may not be null.
    package static func applyDefaults(_ value: inout JSONValue, _ schema: StructuralSchema) {
        guard schema.hasDefaults else { return }
        switch value {
        case .object(var object):
            value = .null
            for name in schema.propertyNames {
                guard let property = schema.properties[name], let given = property.defaultValue else { continue }
                if let found = object[name], !(found.isNull && !property.isNullable) { continue }
                object[name] = given
            }
            for index in object.members.indices {
                let key = object.members[index].key
                guard let child = schema.child(key) else { continue }
                if object.members[index].value.isNull, !child.isNullable, schema.properties[key] == nil,
                    let given = child.defaultValue
                {
                    object.members[index].value = given
                }
                applyDefaults(&object.members[index].value, child)
            }
            value = .object(object)
        case .array(var values):
            guard let items = schema.items else { return }
            value = .null
            for index in values.indices {
                if values[index].isNull, !items.isNullable, let given = items.defaultValue { values[index] = given }
                applyDefaults(&values[index], items)
            }
            value = .array(values)
        default: break
        }
    }

    /// Removes nulls from members that may not be null and have no default to replace them.
    package static func pruneNulls(_ value: inout JSONValue, _ schema: StructuralSchema) {
        switch value {
        case .object(var object):
            value = .null
            object.members.removeAll { member in
                guard member.value.isNull, let child = schema.child(member.key) else { return false }
                return !child.isNullable && child.defaultValue == nil
            }
            for index in object.members.indices {
                if let child = schema.child(object.members[index].key) { pruneNulls(&object.members[index].value, child) }
            }
            value = .object(object)
        case .array(var values):
            guard let items = schema.items else { return }
            value = .null
            for index in values.indices { pruneNulls(&values[index], items) }
            value = .array(values)
        default: break
        }
    }
}
