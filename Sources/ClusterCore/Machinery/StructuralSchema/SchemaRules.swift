import API
import JSON

/// What a schema in a CustomResourceDefinition may say, member by member.
///
/// Rules in CEL (`x-kubernetes-validations`) are judged by their form alone; the server compiles and evaluates them.
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`,
///   `ValidateCustomResourceDefinitionOpenAPISchema`.
struct SchemaRules {
    private static let types: Set<String> = ["array", "boolean", "integer", "number", "object", "string"]
    private static let metaMembers: Set<String> = ["metadata", "kind", "apiVersion"]

    /// Nil: defaults may be set; else why not.
    private var forbidsDefaults: String?
    private var isInsideMetadata = false

    static func validate(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        SchemaRules().check(schema, path, isRoot: true)
    }

    private func check(_ schema: StructuralSchema, _ path: FieldPath, isRoot: Bool = false) -> [FieldError] {
        var errors = words(schema, path)
        if schema.source["uniqueItems"]?.bool ?? false {
            errors.append(
                .forbidden(
                    path("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"))
        }
        switch schema.additional {
        case .absent, .allowed(true): break
        case .allowed(false), .schema:
            if !schema.properties.isEmpty {
                errors.append(
                    .forbidden(
                        path("additionalProperties"), "additionalProperties and properties are mutual exclusive"))
            }
        }
        if let additional = schema.additionalSchema {
            var inner = self
            if isInsideMetadata { inner.forbidsDefaults = "inside additionalProperties applying to object metadata" }
            errors += inner.check(additional, path("additionalProperties"))
        }
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            var inner = self
            if isRoot || schema.isEmbedded, Self.metaMembers.contains(name) {
                inner.isInsideMetadata = true
                if isRoot { inner.forbidsDefaults = "in top-level \(name)" }
            }
            errors += inner.check(property, path("properties").key(name))
        }
        if let not = schema.not { errors += check(not, path("not")) }
        for (name, schemas) in [("allOf", schema.allOf), ("oneOf", schema.oneOf), ("anyOf", schema.anyOf)] {
            for (index, inner) in schemas.enumerated() { errors += check(inner, path(name)[index]) }
        }
        if let items = schema.items { errors += check(items, path("items")) }
        if schema.source["x-kubernetes-preserve-unknown-fields"] == false {
            errors.append(.invalid(path("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"))
        }
        return errors + mapType(schema, path) + listType(schema, path) + listKeys(schema, path) + rules(schema, path)
    }

    /// Members of JSON Schema that are not taken here.
    private static let unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"]

    private func words(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if !schema.type.isEmpty, !Self.types.contains(schema.type) {
            errors.append(.notSupported(path("type"), .string(schema.type), supported: Array(Self.types)))
        }
        if schema.defaultValue != nil, let why = forbidsDefaults {
            errors.append(.forbidden(path("default"), "must not be set \(why)"))
        }
        for name in Self.unsupported {
            guard let found = schema.source[name], found != "", found != [:], !found.isNull else { continue }
            errors.append(.forbidden(path(name), "\(name) is not supported"))
        }
        if schema.type == "null" {
            errors.append(.forbidden(path("type"), "type cannot be set to null, use nullable as an alternative"))
        }
        if schema.source["items"]?.array != nil {
            errors.append(.forbidden(path("items"), "items must be a schema object and not an array"))
        }
        if isInsideMetadata, schema.isEmbedded {
            errors.append(.forbidden(path("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"))
        }
        return errors
    }

    private func mapType(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard !schema.mapType.isEmpty else { return [] }
        var errors: [FieldError] = []
        if schema.type != "object" {
            let why = "must be object if x-kubernetes-map-type is specified"
            errors.append(
                schema.type.isEmpty ? .required(path("type"), why) : .invalid(path("type"), .string(schema.type), why))
        }
        if !["atomic", "granular"].contains(schema.mapType) {
            errors.append(
                .notSupported(path("x-kubernetes-map-type"), .string(schema.mapType), supported: ["atomic", "granular"]))
        }
        return errors
    }

    private func listType(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard !schema.listType.isEmpty else { return [] }
        var errors: [FieldError] = []
        if schema.type != "array" {
            let why = "must be array if x-kubernetes-list-type is specified"
            errors.append(
                schema.type.isEmpty ? .required(path("type"), why) : .invalid(path("type"), .string(schema.type), why))
        } else if schema.listType == "set", let items = schema.items {
            let why = "must be atomic as item of a list with x-kubernetes-list-type=set"
            if items.type == "array", !["", "atomic"].contains(items.listType) {
                errors.append(.invalid(path("items")("x-kubernetes-list-type"), .string(items.listType), why))
            }
            if items.type == "object", items.mapType != "atomic" {
                errors.append(.invalid(path("items")("x-kubernetes-map-type"), .null, why))
            }
        }
        if !["atomic", "set", "map"].contains(schema.listType) {
            errors.append(
                .notSupported(path("x-kubernetes-list-type"), .string(schema.listType), supported: ["atomic", "set", "map"]))
        }
        return errors
    }

    private func listKeys(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        let keysPath = path("x-kubernetes-list-map-keys")
        var errors: [FieldError] = []
        if !schema.listMapKeys.isEmpty, schema.listType != "map" {
            let why = "must be map if x-kubernetes-list-map-keys is non-empty"
            let at = path("x-kubernetes-list-type")
            errors.append(schema.listType.isEmpty ? .required(at, why) : .invalid(at, .string(schema.listType), why))
        }
        if let items = schema.items, ["set", "map"].contains(schema.listType), items.isNullable {
            errors.append(
                .forbidden(path("items")("nullable"), "cannot be nullable when x-kubernetes-list-type is \(schema.listType)"))
        }
        guard schema.listType == "map" else { return errors }
        if schema.listMapKeys.isEmpty {
            errors.append(.required(keysPath, "must not be empty if x-kubernetes-list-type is map"))
        }
        guard let items = schema.items else {
            return errors + [.required(path("items"), "must have a schema if x-kubernetes-list-type is map")]
        }
        guard items.type == "object" else {
            return errors + [
                .invalid(
                    path("items")("type"), .string(items.type),
                    "must be object if parent array's x-kubernetes-list-type is map")
            ]
        }
        var seen: Set<String> = []
        for key in schema.listMapKeys {
            let at = path("items")("properties").key(key)
            if !seen.insert(key).inserted {
                errors.append(.invalid(keysPath, JSONValue(schema.listMapKeys), "must not contain duplicate entries"))
            }
            guard let property = items.properties[key] else {
                errors.append(
                    .invalid(keysPath, JSONValue(schema.listMapKeys), "entries must all be names of item properties"))
                continue
            }
            if ["array", "object"].contains(property.type) {
                errors.append(
                    .invalid(
                        at("type"), .string(items.type), "must be a scalar type if parent array's x-kubernetes-list-type is map"))
            }
            if !items.required.contains(key), property.defaultValue == nil {
                errors.append(
                    .required(
                        at("default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
            }
            if property.isNullable {
                errors.append(
                    .forbidden(
                        at("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
            }
        }
        return errors
    }

    /// Rules in CEL: their form alone.
    private func rules(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in (schema.source["x-kubernetes-validations"]?.array ?? []).enumerated() {
            let at = path("x-kubernetes-validations")[index]
            func bare(_ name: String) -> String {
                String((rule[name]?.string ?? "").filter { !$0.isWhitespace })
            }
            func hasLines(_ name: String) -> Bool { (rule[name]?.string ?? "").contains(where: \.isNewline) }
            let message = rule["message"]?.string ?? ""
            if bare("rule").isEmpty {
                errors.append(.required(at("rule"), "rule is not specified"))
            } else if !message.isEmpty, bare("message").isEmpty {
                errors.append(.invalid(at("message"), .string(message), "message must be non-empty if specified"))
            } else if hasLines("message") {
                errors.append(.invalid(at("message"), .string(message), "message must not contain line breaks"))
            } else if hasLines("rule"), message.isEmpty {
                errors.append(.required(at("message"), "message must be specified if rule contains line breaks"))
            }
            let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
            if let reason = rule["reason"]?.string, !reasons.contains(reason) {
                errors.append(.notSupported(at("reason"), .string(reason), supported: reasons))
            }
        }
        return errors
    }
}

/// Whether defaults fit the schemas that they stand in.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.
enum DefaultRules {
    static func validate(_ schema: StructuralSchema, _ path: FieldPath, isRoot: Bool = true) -> [FieldError] {
        var errors: [FieldError] = []
        if let value = schema.defaultValue {
            let at = path("default")
            var pruned = value
            var pruner = StructuralPruner()
            pruner.prune(&pruned, schema, FieldPath(), isResource: schema.isEmbedded)
            if pruned != value { errors.append(.invalid(at, value, "must not have unknown fields")) }
            let embedded = EmbeddedObjects.validate(value, schema, at)
            errors += embedded.isEmpty ? StructuralValidator.validate(value, schema, at: at) : embedded
        }
        if let items = schema.items { errors += validate(items, path("items"), isRoot: false) }
        for name in schema.propertyNames {
            if isRoot || schema.isEmbedded, StructuralPruner.typeMembers.contains(name) { continue }
            if let property = schema.properties[name] {
                errors += validate(property, path("properties").key(name), isRoot: false)
            }
        }
        return errors
    }
}
