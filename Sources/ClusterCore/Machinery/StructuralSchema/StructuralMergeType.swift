import API
import JSON

extension StructuralSchema {
    /// How values of this schema merge under server-side apply.
    ///
    /// - SeeAlso: Kubernetes 1.36 `kube-openapi/pkg/schemaconv`.
    package var mergeType: MergeType {
        if isIntOrString { return .scalar(.any) }
        switch type {
        case "string": return .scalar(.string)
        case "integer", "number": return .scalar(.number)
        case "boolean": return .scalar(.boolean)
        case "array": return .list(element: items?.mergeType ?? .deduced, listSemantics)
        case "object":
            let isAtomic = mapType == "atomic"
            if properties.isEmpty, !isEmbedded {
                switch additional {
                case .schema(let schema): return .map(element: schema.mergeType, isAtomic: isAtomic)
                case .allowed(true): return .map(element: .deduced, isAtomic: isAtomic)
                default: if preservesUnknown { return isAtomic ? .map(element: .deduced, isAtomic: true) : .deduced }
                }
            }
            return .structure(StructuralMembers(schema: self, isRoot: false), isAtomic: isAtomic)
        default: return .deduced
        }
    }

    /// How whole objects of this schema merge, their metadata included.
    package var objectMergeType: MergeType { .structure(StructuralMembers(schema: self, isRoot: true), isAtomic: false) }

    private var listSemantics: ListSemantics {
        switch listType {
        case "set": .set
        case "map": .map(keys: listMapKeys)
        default: .atomic
        }
    }
}

/// The members of an object that a schema declares.
private struct StructuralMembers: MergeStructure {
    let schema: StructuralSchema
    let isRoot: Bool

    func member(_ name: String) -> MergeType? {
        if isRoot || schema.isEmbedded {
            switch name {
            case "apiVersion", "kind": return .scalar(.string)
            case "metadata": return BuiltInMergeTypes.objectMeta
            default: break
            }
        }
        return schema.properties[name]?.mergeType
    }

    var undeclared: MergeType? {
        if case .schema(let additional) = schema.additional { return additional.mergeType }
        return schema.preservesUnknown ? .deduced : .none
    }

    func defaultValue(of name: String) -> JSONValue? { schema.properties[name]?.defaultValue ?? .none }
}
