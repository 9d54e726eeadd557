import API
import CEL
import Machinery

/// What expressions know of Kubernetes' own kinds, read from the schema tables.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/openapi`.
struct BuiltInTypes {
    private let schema = Schema.kubernetes
    private var known: [MessageID: SchemaType] = [:]
    /// Messages around the one that is being read: a type cannot contain itself.
    private var open: Set<MessageID> = []

    /// Nil when no table declares the kind.
    static func type(of kind: GroupVersionKind) -> SchemaType? {
        var types = BuiltInTypes()
        guard let id = types.schema.id(of: kind) else { return nil }
        return types.root(types.message(id))
    }

    /// A custom kind, with the metadata of every object; nil: its schema says nothing that can be relied on.
    static func type(of custom: CustomResourceRules) -> SchemaType? {
        guard !custom.schema.preservesUnknown,
            let declared = custom.schema.expressionType(isResource: true, name: custom.kind.kind)
        else { return nil }
        var types = BuiltInTypes()
        var fields = declared.fields
        guard let id = types.schema.id(named: "apimachinery.pkg.apis.meta.v1.ObjectMeta") else { return nil }
        fields["metadata"] = .init("metadata", types.message(id))
        return SchemaType(declared.type, fields: fields)
    }

    private func root(_ type: SchemaType) -> SchemaType {
        var fields = type.fields
        for name in ["apiVersion", "kind"] where fields[name] == nil { fields[name] = .init(name, .string) }
        return SchemaType(type.type, fields: fields)
    }

    private mutating func message(_ id: MessageID) -> SchemaType {
        if let known = known[id] { return known }
        guard open.insert(id).inserted else { return .dyn }
        defer { open.remove(id) }
        let message = schema[id]
        var fields: [SchemaType.Field] = []
        for field in message.fields { fields.append(.init(field.name, type(field.type), isRequired: field.isRequired)) }
        let type = SchemaType.object("io.k8s." + message.name, fields)
        known[id] = type
        return type
    }

    private mutating func type(_ type: FieldType) -> SchemaType {
        switch type {
        case .string: .string
        case .int32, .int64: .int
        case .bool: .bool
        case .double: .double
        case .bytes: .bytes
        case .time, .microTime: .timestamp
        case .quantity, .intOrString, .rawExtension, .fieldsV1, .any, .schemaOrArray, .schemaOrBool, .schemaOrStringArray: .dyn
        case .message(let id): message(id)
        case .list(let element): .list(self.type(element))
        case .map(let element): .map(self.type(element))
        }
    }
}
