package import API
import JSON

/// The merge types of Kubernetes' own kinds, read from the schema tables.
package enum BuiltInMergeTypes {
    /// Nil when no table declares the kind.
    package static func type(of kind: GroupVersionKind) -> MergeType? {
        Schema.kubernetes.id(of: kind).map { .structure(BuiltInStructure(type: $0), isAtomic: false) }
    }

    /// `metadata`, which custom objects share with all others.
    package static let objectMeta: MergeType = named("apimachinery.pkg.apis.meta.v1.ObjectMeta")

    private static func named(_ name: String) -> MergeType {
        Schema.kubernetes.id(named: name).map { .structure(BuiltInStructure(type: $0), isAtomic: false) } ?? .deduced
    }

    /// By message and field, in the order of the tables; built once, as every write asks.
    fileprivate static let members: [[MergeType]] = Schema.kubernetes.types.map { type in
        type.fields.map { mergeType(of: $0.type, $0) }
    }

    private static func mergeType(of type: FieldType, _ field: FieldDescriptor?) -> MergeType {
        switch type {
        case .string, .bytes, .time, .microTime: .scalar(.string)
        case .int32, .int64, .double: .scalar(.number)
        case .bool: .scalar(.boolean)
        case .quantity, .intOrString: .scalar(.any)
        case .rawExtension: .map(element: .deduced, isAtomic: false)
        case .fieldsV1, .any, .schemaOrArray, .schemaOrBool, .schemaOrStringArray: .deduced
        case .message(let id): .structure(BuiltInStructure(type: id), isAtomic: isAtomic(id, field))
        // What a field says of its list or map does not reach into the elements.
        case .list(let element): .list(element: mergeType(of: element, nil), field?.listSemantics ?? .atomic)
        case .map(let element): .map(element: mergeType(of: element, nil), isAtomic: field?.isAtomicMap ?? false)
        }
    }

    private static func isAtomic(_ id: MessageID, _ field: FieldDescriptor?) -> Bool {
        if field?.isGranularMap ?? false { return false }
        return Schema.kubernetes[id].isAtomicMap || field?.isAtomicMap ?? false
    }
}

/// A message of the tables.
private struct BuiltInStructure: MergeStructure {
    let type: MessageID
    var undeclared: MergeType? { nil }

    func member(_ name: String) -> MergeType? {
        guard let index = Schema.kubernetes[type].fieldIndex(name) else { return nil }
        return BuiltInMergeTypes.members[type.index][index]
    }

    func defaultValue(of name: String) -> JSONValue? { Schema.kubernetes[type].field(name)?.defaultValue }
}
