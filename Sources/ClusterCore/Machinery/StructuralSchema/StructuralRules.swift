import API
import CEL
import JSON

/// What makes a schema structural: each field's type is told once and outside of value checks.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/validation.go`, `complete.go`.
enum StructuralRules {
    private enum Level { case root, item, field }

    /// Everything that keeps a schema from being structural, in order of text.
    static func validate(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        let errors = invariants(schema, .root, path) + completeness(schema, path)
        return errors.sorted { $0.description < $1.description }
    }

    private static func invariants(_ schema: StructuralSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if schema.type == "array", schema.items == nil { errors.append(.required(path("items"), "must be specified")) }
        if let items = schema.items { errors += invariants(items, .item, path("items")) }
        for name in schema.propertyNames {
            if let property = schema.properties[name] {
                errors += invariants(property, .field, path("properties").key(name))
            }
        }
        if case .absent = schema.additional {
        } else {
            if level == .root { errors.append(.forbidden(path("additionalProperties"), "must not be used at the root")) }
            if schema.isEmbedded {
                errors.append(
                    .forbidden(
                        path("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set"))
            }
        }
        if let additional = schema.additionalSchema {
            errors += invariants(additional, .field, path("additionalProperties"))
        }
        errors += extensions(schema, path)
        errors += values(
            schema, skipsAnyOf: isIntOrString(schema.anyOf),
            skipsFirstAllOf: schema.allOf.first.map { isIntOrString($0.anyOf) } ?? false, path)
        return errors + type(schema, level, path) + metadata(schema, level, path)
    }

    private static func extensions(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard schema.isIntOrString else { return [] }
        let why = "must be false if x-kubernetes-int-or-string is true"
        var errors: [FieldError] = []
        if schema.preservesUnknown { errors.append(.invalid(path("x-kubernetes-preserve-unknown-fields"), true, why)) }
        if schema.isEmbedded { errors.append(.invalid(path("x-kubernetes-embedded-resource"), true, why)) }
        return errors
    }

    private static func type(_ schema: StructuralSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        let at = path("type")
        if schema.isEmbedded, schema.type != "object" {
            let why = "must be object if x-kubernetes-embedded-resource is true"
            return [schema.type.isEmpty ? .required(at, why) : .invalid(at, .string(schema.type), why)]
        }
        if schema.type.isEmpty, !schema.isIntOrString, !schema.preservesUnknown {
            switch level {
            case .root: return [.required(at, "must not be empty at the root")]
            case .item: return [.required(at, "must not be empty for specified array items")]
            case .field: return [.required(at, "must not be empty for specified object fields")]
            }
        }
        if level == .root, !schema.type.isEmpty, schema.type != "object" {
            return [.invalid(at, .string(schema.type), "must be object at the root")]
        }
        return []
    }

    /// Metadata is told by Kubernetes; a schema may only narrow the name at the root.
    private static func metadata(_ schema: StructuralSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let isResource = level == .root || schema.isEmbedded
        let properties = path("properties")
        if isResource {
            for name in ["kind", "apiVersion"] {
                if let found = schema.properties[name], found.type != "string" {
                    errors.append(.invalid(properties.key(name)("type"), .string(found.type), "must be string"))
                }
            }
        }
        if let metadata = schema.properties["metadata"] {
            let at = properties.key("metadata")
            if isResource, metadata.type != "object" {
                errors.append(.invalid(at("type"), .string(metadata.type), "must be object"))
            }
            if level == .root {
                let allowed: Set<String> = ["type", "properties", "description", "default"]
                let others = metadata.source.object?.members.filter { !allowed.contains($0.key) } ?? []
                let names = Set(metadata.propertyNames).subtracting(["name", "generateName"])
                if !others.isEmpty || !names.isEmpty {
                    errors.append(
                        .forbidden(
                            at, "must not specify anything other than name and generateName, but metadata is implicitly specified"
                        ))
                }
            }
        }
        if schema.isEmbedded, !schema.preservesUnknown, schema.properties.isEmpty {
            errors.append(
                .required(
                    properties,
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"))
        }
        return errors
    }

    private static func isIntOrString(_ schemas: [StructuralSchema]) -> Bool {
        schemas.map(\.source) == [["type": "integer"], ["type": "string"]]
    }

    private static func values(
        _ schema: StructuralSchema, skipsAnyOf: Bool, skipsFirstAllOf: Bool, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !skipsAnyOf {
            for (index, nested) in schema.anyOf.enumerated() {
                errors += self.nested(nested, skipsAnyOf: false, path("anyOf")[index])
            }
        }
        for (index, nested) in schema.allOf.enumerated() {
            errors += self.nested(nested, skipsAnyOf: skipsFirstAllOf && index == 0, path("allOf")[index])
        }
        for (index, nested) in schema.oneOf.enumerated() {
            errors += self.nested(nested, skipsAnyOf: false, path("oneOf")[index])
        }
        if let not = schema.not { errors += nested(not, skipsAnyOf: false, path("not")) }
        if !schema.pattern.isEmpty {
            do throws(Pattern.SyntaxError) {
                _ = try Pattern(schema.pattern)
            } catch {
                errors.append(
                    .invalid(
                        path("pattern"), .string(schema.pattern),
                        "must be a valid regular expression, but isn't: \(error)"))
            }
        }
        return errors
    }

    /// Members that only the structural part of a schema may have, and why not elsewhere.
    private static let structuralMembers: [(name: String, why: String)] = [
        ("type", "must be empty to be structural"), ("additionalProperties", "must be undefined to be structural"),
        ("default", "must be undefined to be structural"), ("title", "must be empty to be structural"),
        ("description", "must be empty to be structural"), ("nullable", "must be false to be structural"),
        ("externalDocs", "must be undefined to be structural"),
        ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
        ("x-kubernetes-embedded-resource", "must be false to be structural"),
        ("x-kubernetes-int-or-string", "must be false to be structural"),
        ("x-kubernetes-list-map-keys", "must be empty to be structural"),
        ("x-kubernetes-list-type", "must be undefined to be structural"),
        ("x-kubernetes-map-type", "must be undefined to be structural"),
        ("x-kubernetes-validations", "must be empty to be structural"),
    ]

    /// A schema under `allOf`, `anyOf`, `oneOf` or `not` may only check values.
    private static func nested(_ schema: StructuralSchema, skipsAnyOf: Bool, _ path: FieldPath) -> [FieldError] {
        var errors = values(schema, skipsAnyOf: skipsAnyOf, skipsFirstAllOf: false, path)
        if let items = schema.items { errors += nested(items, skipsAnyOf: false, path("items")) }
        for name in schema.propertyNames {
            if let property = schema.properties[name] {
                errors += nested(property, skipsAnyOf: false, path("properties").key(name))
            }
        }
        for (name, why) in structuralMembers {
            guard let found = schema.source[name], found != false, found != "", found != [], !found.isNull else { continue }
            errors.append(.forbidden(path(name), why))
        }
        if schema.properties["metadata"] != nil {
            errors.append(
                .forbidden(path("properties").key("metadata"), "must not be specified in a nested context"))
        }
        return errors
    }

    // MARK: - Completeness

    private static func completeness(_ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        var errors = told(schema, by: schema, path, path)
        if let items = schema.items { errors += completeness(items, path("items")) }
        for name in schema.propertyNames {
            if let property = schema.properties[name] { errors += completeness(property, path("properties").key(name)) }
        }
        if let additional = schema.additionalSchema { errors += completeness(additional, path("additionalProperties")) }
        return errors
    }

    /// Whatever `values` checks must be told by `schema`.
    private static func told(
        _ values: StructuralSchema, by schema: StructuralSchema?, _ path: FieldPath, _ valuesPath: FieldPath
    ) -> [FieldError] {
        var nested: [(StructuralSchema, FieldPath)] = []
        if let not = values.not { nested.append((not, valuesPath("not"))) }
        for (name, schemas) in [("allOf", values.allOf), ("anyOf", values.anyOf), ("oneOf", values.oneOf)] {
            nested += schemas.enumerated().map { ($1, valuesPath(name)[$0]) }
        }
        var errors: [FieldError] = []
        for (inner, place) in nested {
            errors += told(inner, by: schema, path, place)
            if let items = inner.items { errors += members(items, schema?.items, path("items"), place("items")) }
            for name in inner.propertyNames {
                guard let property = inner.properties[name] else { continue }
                errors += members(
                    property, schema?.properties[name], path("properties").key(name), place("properties").key(name))
            }
        }
        return errors
    }

    private static func members(
        _ values: StructuralSchema, _ schema: StructuralSchema?, _ path: FieldPath, _ valuesPath: FieldPath
    ) -> [FieldError] {
        guard let schema else { return [.required(path, "because it is defined in \(valuesPath)")] }
        var errors = told(values, by: schema, path, valuesPath)
        if let items = values.items { errors += members(items, schema.items, path("items"), valuesPath("items")) }
        for name in values.propertyNames {
            guard let property = values.properties[name] else { continue }
            errors += members(
                property, schema.properties[name], path("properties").key(name), valuesPath("properties").key(name))
        }
        return errors
    }
}
