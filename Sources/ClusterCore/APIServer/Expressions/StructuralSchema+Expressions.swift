import CEL
import Machinery

extension StructuralSchema {
    /// What expressions know of values of this schema; nil: they cannot see them.
    ///
    /// - Parameters:
    ///   - isResource: Whether values are whole objects, with a kind and metadata of their own.
    ///   - name: Of the type, unlike that of any other type beside it.
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/common/schemas.go`, `SchemaDeclType`.
    func expressionType(isResource: Bool, name: String) -> SchemaType? {
        if isIntOrString { return .dyn }
        switch isResource ? "object" : type {
        case "array":
            guard let element = items?.expressionType(isResource: items?.isEmbedded ?? false, name: name + ".@idx") else {
                return nil
            }
            return .list(element, kind: listKind, sizeMax: limits.maxItems.map { Int(clamping: $0) })
        case "object":
            if let values = additionalSchema, !isResource {
                return values.expressionType(isResource: values.isEmbedded, name: name + ".@elem").map {
                    .map($0, sizeMax: limits.maxProperties.map { Int(clamping: $0) })
                }
            }
            return .object(name, fields(isResource: isResource, name))
        case "string":
            let sizeMax = limits.maxLength.map { Int(clamping: $0) }
            switch format {
            case "byte": return SchemaType(.bytes, sizeMax: sizeMax)
            case "duration": return .duration
            case "date", "date-time": return .timestamp
            default: return SchemaType(.string, sizeMax: sizeMax)
            }
        case "boolean": return .bool
        case "number": return .double
        case "integer": return .int
        default: return nil
        }
    }

    private var listKind: SchemaType.ListKind {
        switch listType {
        case "set": .set
        case "map": .map(keys: listMapKeys)
        default: .atomic
        }
    }

    private func fields(isResource: Bool, _ name: String) -> [SchemaType.Field] {
        var result: [SchemaType.Field] = []
        for property in propertyNames where !(isResource && Self.ofEveryResource.contains(property)) {
            guard let schema = properties[property],
                let type = schema.expressionType(isResource: schema.isEmbedded, name: "\(name).\(property)")
            else { continue }
            result.append(.init(property, type, isRequired: required.contains(property)))
        }
        guard isResource else { return result }
        let metadata = SchemaType.object(
            name + ".metadata", [.init("name", .string), .init("generateName", .string)])
        return result + [.init("apiVersion", .string), .init("kind", .string), .init("metadata", metadata)]
    }

    /// Members of whole objects that expressions see whatever the schema says.
    private static let ofEveryResource: Set<String> = ["apiVersion", "kind", "metadata"]
}
