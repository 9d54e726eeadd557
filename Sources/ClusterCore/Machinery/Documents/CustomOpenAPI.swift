import API
import JSON

/// Custom kinds as OpenAPI schemas.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/controller/openapi/builder/builder.go`, `openapi/v2/conversion.go`.
struct CustomOpenAPI {
    let dialect: OpenAPIDialect

    /// `com.example.v1.Widget`: the name of a definition.
    static func name(_ kind: GroupVersionKind) -> String {
        (kind.group.split(separator: ".").reversed().map(String.init) + [kind.version, kind.kind]).joined(separator: ".")
    }

    static func listKind(_ kind: GroupVersionKind) -> GroupVersionKind {
        GroupVersionKind(group: kind.group, version: kind.version, kind: kind.kind + "List")
    }

    /// The kind and its list.
    func schemas(_ kind: KindDefinition, _ rules: CustomResourceRules) -> [JSONObject.Member] {
        [
            JSONObject.Member(key: Self.name(kind.gvk), value: object(kind.gvk, rules.schema)),
            JSONObject.Member(key: Self.name(Self.listKind(kind.gvk)), value: list(kind.gvk)),
        ]
    }

    private func object(_ kind: GroupVersionKind, _ schema: StructuralSchema) -> JSONValue {
        var result: JSONValue
        if dialect == .version2, schema.preservesUnknown {
            // kubectl takes every named property for a complete list.
            result = ["type": "object"]
        } else {
            result = converted(schema.source)
            addTypeMembers(&result)
        }
        result["x-kubernetes-group-version-kind"] = [OpenAPISchemaWriter.json(kind)]
        return result
    }

    private func list(_ kind: GroupVersionKind) -> JSONValue {
        var properties: JSONValue = [:]
        addTypeDescriptions(&properties)
        properties["items"] = [
            "type": "array", "items": ["$ref": .string(dialect.referencePrefix + Self.name(kind))],
            "description": .string("The objects of the list, each of kind \(kind.kind)."),
        ]
        properties["metadata"] = reference("ListMeta", "Standard list metadata: where the list ends and how to go on.")
        return [
            "type": "object", "description": .string("\(kind.kind)List is a list of \(kind.kind)."), "required": ["items"],
            "properties": properties, "x-kubernetes-group-version-kind": [OpenAPISchemaWriter.json(Self.listKind(kind))],
        ]
    }

    private func addTypeMembers(_ schema: inout JSONValue) {
        var properties = schema["properties"] ?? [:]
        addTypeDescriptions(&properties)
        properties["metadata"] = reference(
            "ObjectMeta", "Standard object's metadata: its name, namespace, labels, annotations and owners.")
        schema["properties"] = properties
    }

    private func addTypeDescriptions(_ properties: inout JSONValue) {
        properties["apiVersion"] = ["type": "string", "description": .string(Descriptions.apiVersion)]
        properties["kind"] = ["type": "string", "description": .string(Descriptions.kind)]
    }

    private func reference(_ type: String, _ description: String) -> JSONValue {
        let target = JSONValue.string("\(dialect.referencePrefix)io.k8s.apimachinery.pkg.apis.meta.v1.\(type)")
        switch dialect {
        case .version2: return ["description": .string(description), "$ref": target]
        case .version3: return ["description": .string(description), "allOf": [["$ref": target]]]
        }
    }

    private func converted(_ schema: JSONValue) -> JSONValue {
        var result = schema
        for name in ["properties", "patternProperties"] {
            guard let object = result[name]?.object else { continue }
            result[name] = .object(
                JSONObject(object.members.map { JSONObject.Member(key: $0.key, value: converted($0.value)) }))
        }
        for name in ["items", "additionalProperties"] where result[name]?.object != nil {
            result[name] = result[name].map(converted)
        }
        if let format = result["format"]?.string, !StringFormat.isKnown(format) { result["format"] = .none }
        switch dialect {
        case .version2: simplify(&result, from: schema)
        case .version3:
            if result["x-kubernetes-int-or-string"]?.bool ?? false, result["anyOf"] == nil, result["allOf"] == nil {
                result["anyOf"] = [["type": "integer"], ["type": "string"]]
            }
        }
        if result["x-kubernetes-embedded-resource"]?.bool ?? false, dialect == .version3 || result["properties"] != nil {
            addTypeMembers(&result)
        }
        return result
    }

    /// Takes out what version 2 of OpenAPI, or kubectl's reading of it, does not know.
    private func simplify(_ schema: inout JSONValue, from original: JSONValue) {
        for name in ["allOf", "oneOf", "anyOf", "not"] { schema[name] = .none }
        if let required = schema["required"]?.array {
            // A property that may be null loses its type, so it cannot be demanded either.
            let left = required.filter { name in
                !(original["properties"]?[name.string ?? ""]?["nullable"]?.bool ?? false)
            }
            schema["required"] = left.isEmpty ? .none : .some(.array(left))
        }
        if schema["nullable"]?.bool ?? false {
            for name in ["type", "nullable", "items", "properties"] { schema[name] = .none }
        }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool ?? false {
            for name in ["items", "properties"] { schema[name] = .none }
            if schema["type"]?.string == "object" { schema["type"] = .none }
        }
        if schema["items"] == nil, schema["type"]?.string == "array" { schema["type"] = .none }
    }
}
