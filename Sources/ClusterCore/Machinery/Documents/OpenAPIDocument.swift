package import API
package import JSON

/// The description of the API that clients read before they apply, create or explain.
///
/// - SeeAlso: Kubernetes 1.36 `api/openapi-spec`, `kubectl/pkg/util/openapi`.
package struct OpenAPIDocument: Sendable {
    package static let titleVersion = "v1.36.0"

    private let kinds: [KindDefinition]
    private let schema: Schema

    package init(kinds: [KindDefinition] = Catalog.kinds, schema: Schema = .kubernetes) {
        self.kinds = kinds
        self.schema = schema
    }

    /// `api/v1`, `apis/apps/v1`: the documents below `/openapi/v3/`.
    package var paths: [String] {
        var result: [String] = []
        for kind in kinds where result.last != Self.path(kind.gvk) {
            if !result.contains(Self.path(kind.gvk)) { result.append(Self.path(kind.gvk)) }
        }
        return result
    }

    private static func path(_ kind: GroupVersionKind) -> String {
        kind.group.isEmpty ? "api/\(kind.version)" : "apis/\(kind.group)/\(kind.version)"
    }

    /// `/openapi/v3`: every document with the hash of its content.
    ///
    /// - Parameter hashes: By path, from `hash(of:)` over the documents' bytes.
    package func index(hashes: [String: String]) -> JSONValue {
        var found: JSONValue = [:]
        for path in paths {
            found[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hashes[path] ?? "0")")]
        }
        return ["paths": found]
    }

    /// A name for content: FNV-1a over 128 bits, in hexadecimal.
    package static func hash(of bytes: [UInt8]) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in bytes { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b }
        let text = String(hash, radix: 16, uppercase: true)
        return String(repeating: "0", count: 32 - text.count) + text
    }

    /// One document of version 3; nil for a path that is not offered.
    package func version3(_ path: String) -> JSONValue? {
        let offered = kinds.filter { Self.path($0.gvk) == path }
        if offered.isEmpty { return nil }
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(Self.titleVersion)],
            "paths": paths(offered, .version3), "components": ["schemas": definitions(offered, .version3)],
        ]
    }

    /// The one document of version 2, as JSON.
    package func version2() -> JSONValue {
        [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(Self.titleVersion)],
            "paths": paths(kinds, .version2), "definitions": definitions(kinds, .version2),
        ]
    }

    /// The members that custom kinds add to the document of version 2.
    package func customVersion2() -> (paths: JSONValue, definitions: JSONValue) {
        let custom = kinds.filter { $0.custom != nil }
        let definitions = custom.flatMap { kind in
            kind.custom.map { CustomOpenAPI(dialect: .version2).schemas(kind, $0) } ?? []
        }
        return (paths(custom, .version2), .object(JSONObject(definitions)))
    }

    private func paths(_ kinds: [KindDefinition], _ dialect: OpenAPIDialect) -> JSONValue {
        let custom = kinds.filter { $0.custom != nil }.flatMap { [$0.gvk, CustomOpenAPI.listKind($0.gvk)] }
        return OpenAPIPathWriter(dialect: dialect, schema: schema, custom: Set(custom)).paths(kinds)
    }

    private func definitions(_ kinds: [KindDefinition], _ dialect: OpenAPIDialect) -> JSONValue {
        let writer = OpenAPISchemaWriter(schema: schema, dialect: dialect)
        let custom = kinds.flatMap { kind in
            kind.custom.map { CustomOpenAPI(dialect: dialect).schemas(kind, $0) } ?? []
        }
        return writer.schemas(roots: roots(kinds), more: custom)
    }

    /// Kinds, their lists, the kinds of their subresources, and what every verb speaks of.
    private func roots(_ kinds: [KindDefinition]) -> [MessageID] {
        var result: [MessageID] = []
        for kind in kinds {
            result += kind.subresources.compactMap { schema.id(of: $0.kind) }
            if kind.custom != nil { continue }
            result.append(kind.schemaType)
            let list = GroupVersionKind(group: kind.gvk.group, version: kind.gvk.version, kind: kind.gvk.kind + "List")
            if let id = schema.id(of: list) { result.append(id) }
        }
        let common = ["DeleteOptions", "Status", "APIResourceList", "ObjectMeta", "ListMeta"].compactMap {
            schema.id(named: "apimachinery.pkg.apis.meta.v1.\($0)")
        }
        return result + common
    }
}

/// Which OpenAPI is written.
enum OpenAPIDialect: Sendable {
    case version2, version3

    var referencePrefix: String { self == .version2 ? "#/definitions/" : "#/components/schemas/" }
}

/// Message types as JSON schemas, with the extensions that Kubernetes clients read.
struct OpenAPISchemaWriter {
    let schema: Schema
    let dialect: OpenAPIDialect

    /// Every type that `roots` reach, by full name.
    ///
    /// - Parameter more: Definitions that no table has.
    func schemas(roots: [MessageID], more: [JSONObject.Member] = []) -> JSONValue {
        var reached: Set<MessageID> = Set(roots)
        var open = roots
        while let id = open.popLast() {
            for field in schema[id].fields {
                if let next = field.type.message, reached.insert(next).inserted { open.append(next) }
            }
        }
        var members = reached.map { id in
            JSONObject.Member(key: Self.name(schema[id]), value: message(schema[id]))
        }
        members += Self.leaves.map { JSONObject.Member(key: $0.name, value: leaf($0)) } + more
        members.append(
            JSONObject.Member(
                key: Self.patchName,
                value: ["type": "object", "description": "Patch is a change of an object, in one of several forms."]))
        members.sort { $0.key < $1.key }
        return .object(JSONObject(members))
    }

    static let patchName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"

    static func name(_ type: MessageType) -> String { "io.k8s." + type.name }

    private struct Leaf {
        var name: String
        var type: FieldType
    }

    private static let leaves = [
        Leaf(name: "io.k8s.apimachinery.pkg.api.resource.Quantity", type: .quantity),
        Leaf(name: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", type: .fieldsV1),
        Leaf(name: "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", type: .microTime),
        Leaf(name: "io.k8s.apimachinery.pkg.apis.meta.v1.Time", type: .time),
        Leaf(name: "io.k8s.apimachinery.pkg.runtime.RawExtension", type: .rawExtension),
        Leaf(name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString", type: .intOrString),
    ]

    private func leaf(_ leaf: Leaf) -> JSONValue {
        switch leaf.type {
        case .time, .microTime: ["type": "string", "format": "date-time"]
        case .quantity where dialect == .version3: ["oneOf": [["type": "string"], ["type": "number"]]]
        case .quantity: ["type": "string"]
        case .intOrString where dialect == .version3:
            ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
        case .intOrString: ["type": "string", "format": "int-or-string"]
        default: ["type": "object"]
        }
    }

    private func message(_ type: MessageType) -> JSONValue {
        var properties: JSONValue = [:]
        for field in type.fields { properties[field.name] = property(field, of: type) }
        var result: JSONValue = ["type": "object", "properties": properties]
        if let text = Descriptions.type(type.name) { result["description"] = .string(text) }
        let required = type.fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { result["required"] = JSONValue(required) }
        if type.isAtomicMap { result["x-kubernetes-map-type"] = "atomic" }
        if !type.kinds.isEmpty {
            result["x-kubernetes-group-version-kind"] = .array(
                type.kinds.map { text in
                    let parts = text.split(separator: "/").map(String.init)
                    let kind = GroupVersionKind(apiVersion: parts.dropLast().joined(separator: "/"), kind: parts.last ?? "")
                    return Self.json(kind)
                })
        }
        return result
    }

    static func json(_ kind: GroupVersionKind) -> JSONValue {
        ["group": .string(kind.group), "kind": .string(kind.kind), "version": .string(kind.version)]
    }

    private func property(_ field: FieldDescriptor, of type: MessageType) -> JSONValue {
        var result = value(field.type)
        var extras: JSONObject = [:]
        if let text = Descriptions.field(field.name, of: type.name) { extras["description"] = .string(text) }
        if let value = field.defaultValue { extras["default"] = value }
        switch field.listSemantics {
        case .atomic: extras["x-kubernetes-list-type"] = "atomic"
        case .set: extras["x-kubernetes-list-type"] = "set"
        case .map(let keys):
            extras["x-kubernetes-list-map-keys"] = JSONValue(keys)
            extras["x-kubernetes-list-type"] = "map"
        case nil: break
        }
        if field.isAtomicMap { extras["x-kubernetes-map-type"] = "atomic" }
        if let key = field.mergeKey { extras["x-kubernetes-patch-merge-key"] = .string(key) }
        if !field.patchStrategies.isEmpty {
            extras["x-kubernetes-patch-strategy"] = .string(field.patchStrategies.joined(separator: ","))
        }
        if extras.isEmpty { return result }
        if result["$ref"] != nil, dialect == .version3 { result = ["allOf": [result]] }
        for extra in extras { result[extra.key] = extra.value }
        return result
    }

    private func value(_ type: FieldType) -> JSONValue {
        switch type {
        case .string: ["type": "string"]
        case .int32: ["type": "integer", "format": "int32"]
        case .int64: ["type": "integer", "format": "int64"]
        case .bool: ["type": "boolean"]
        case .double: ["type": "number", "format": "double"]
        case .bytes: ["type": "string", "format": "byte"]
        case .any, .schemaOrArray, .schemaOrBool, .schemaOrStringArray: [:]
        case .message(let id): reference(Self.name(schema[id]))
        case .list(let element): ["type": "array", "items": value(element)]
        case .map(let element): ["type": "object", "additionalProperties": value(element)]
        case .time, .microTime, .quantity, .intOrString, .rawExtension, .fieldsV1:
            reference(Self.leaves.first { $0.type == type }?.name ?? "")
        }
    }

    private func reference(_ name: String) -> JSONValue { ["$ref": .string(dialect.referencePrefix + name)] }
}
