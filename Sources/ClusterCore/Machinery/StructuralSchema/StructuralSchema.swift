import API
package import CEL
package import JSON

/// The schema of a custom resource in one version, read once from `openAPIV3Schema`.
///
/// Reading never fails: what a schema must not say is found by `StructuralRules` before a definition is stored.
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/structural.go`.
package final class StructuralSchema: Sendable {
    /// What `additionalProperties` says.
    package enum Additional: Sendable {
        case absent
        case allowed(Bool)
        case schema(StructuralSchema)
    }

    /// Limits on values, nil where the schema has none.
    package struct Limits: Sendable {
        package var maximum: Double?
        package var minimum: Double?
        package var isMaximumExclusive = false
        package var isMinimumExclusive = false
        package var multipleOf: Double?
        package var maxLength: Int64?
        package var minLength: Int64?
        package var maxItems: Int64?
        package var minItems: Int64?
        package var maxProperties: Int64?
        package var minProperties: Int64?
    }

    /// As it was written.
    package let source: JSONValue
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`; empty: any.
    package let type: String
    package let properties: [String: StructuralSchema]
    /// The names of `properties`, sorted.
    package let propertyNames: [String]
    package let additional: Additional
    package let items: StructuralSchema?
    package let required: [String]
    package let isNullable: Bool
    package let defaultValue: JSONValue?
    package let preservesUnknown: Bool
    package let isIntOrString: Bool
    package let isEmbedded: Bool
    /// `atomic`, `set`, `map`; empty: not said, which means atomic.
    package let listType: String
    package let listMapKeys: [String]
    /// `atomic`, `granular`; empty: not said, which means granular.
    package let mapType: String
    package let format: String
    package let pattern: String
    /// Nil where there is no pattern, or one that does not parse.
    package let compiledPattern: Pattern?
    package let enumeration: [JSONValue]
    package let limits: Limits
    package let allOf: [StructuralSchema]
    package let anyOf: [StructuralSchema]
    package let oneOf: [StructuralSchema]
    package let not: StructuralSchema?
    /// Whether this schema or one below it has a default.
    package let hasDefaults: Bool

    package init(_ source: JSONValue) {
        self.source = source
        type = source["type"]?.string ?? ""
        var properties: [String: StructuralSchema] = [:]
        for member in source["properties"]?.object?.members ?? [] { properties[member.key] = StructuralSchema(member.value) }
        self.properties = properties
        propertyNames = properties.keys.sorted()
        switch source["additionalProperties"] {
        case .bool(let allows): additional = .allowed(allows)
        case .object(let object): additional = .schema(StructuralSchema(.object(object)))
        default: additional = .absent
        }
        items = source["items"]?.object.map { StructuralSchema(.object($0)) }
        required = source["required"]?.array?.compactMap(\.string) ?? []
        isNullable = source["nullable"]?.bool ?? false
        defaultValue = source["default"].flatMap { $0.isNull ? .none : .some($0) }
        preservesUnknown = source["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
        isIntOrString = source["x-kubernetes-int-or-string"]?.bool ?? false
        isEmbedded = source["x-kubernetes-embedded-resource"]?.bool ?? false
        listType = source["x-kubernetes-list-type"]?.string ?? ""
        listMapKeys = source["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
        mapType = source["x-kubernetes-map-type"]?.string ?? ""
        format = source["format"]?.string ?? ""
        pattern = source["pattern"]?.string ?? ""
        compiledPattern = pattern.isEmpty ? nil : try? Pattern(pattern)
        enumeration = source["enum"]?.array ?? []
        limits = Limits(source)
        allOf = Self.list(source["allOf"])
        anyOf = Self.list(source["anyOf"])
        oneOf = Self.list(source["oneOf"])
        not = source["not"].flatMap { $0.object == nil ? nil : StructuralSchema($0) }
        var nested = Array(properties.values)
        if let items { nested.append(items) }
        if case .schema(let schema) = additional { nested.append(schema) }
        hasDefaults = defaultValue != nil || nested.contains(where: \.hasDefaults)
    }

    private static func list(_ value: JSONValue?) -> [StructuralSchema] { value?.array?.map(StructuralSchema.init) ?? [] }

    /// The schema of a member that is no property; nil when there is none.
    package var additionalSchema: StructuralSchema? {
        if case .schema(let schema) = additional { schema } else { nil }
    }

    /// The schema of a member of an object.
    package func child(_ name: String) -> StructuralSchema? { properties[name] ?? additionalSchema }

    /// Everything: an object whose members are all kept.
    package static let anything = StructuralSchema(["type": "object", "x-kubernetes-preserve-unknown-fields": true])
}

extension StructuralSchema.Limits {
    init(_ source: JSONValue) {
        maximum = source["maximum"]?.double
        minimum = source["minimum"]?.double
        isMaximumExclusive = source["exclusiveMaximum"]?.bool ?? false
        isMinimumExclusive = source["exclusiveMinimum"]?.bool ?? false
        multipleOf = source["multipleOf"]?.double
        maxLength = source["maxLength"]?.int
        minLength = source["minLength"]?.int
        maxItems = source["maxItems"]?.int
        minItems = source["minItems"]?.int
        maxProperties = source["maxProperties"]?.int
        minProperties = source["minProperties"]?.int
    }
}
