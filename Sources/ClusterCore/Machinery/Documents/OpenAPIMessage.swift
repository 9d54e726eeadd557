package import JSON

/// OpenAPI version 2 as the protobuf message that older kubectls and client-go ask for.
///
/// Holds what they read: paths with parameters and extensions, and every definition. Responses are left out.
/// - SeeAlso: `openapiv2/OpenAPIv2.proto` of gnostic for the field numbers.
package enum OpenAPIMessage {
    /// What a client's `Accept` may contain; the newer spelling has an `@`.
    package static let acceptedMediaTypes = [
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ]
    package static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    /// - Parameter document: The document in its JSON form.
    package static func encode(_ document: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.text(1, document["swagger"])
        var info = ProtobufWriter()
        info.text(1, document["info"]?["title"])
        info.text(2, document["info"]?["version"])
        writer.field(2, bytes: info.bytes)
        var paths = ProtobufWriter()
        for member in document["paths"]?.object?.members ?? [] {
            paths.field(2, bytes: named(member.key, pathItem(member.value)))
        }
        writer.field(8, bytes: paths.bytes)
        var definitions = ProtobufWriter()
        for member in document["definitions"]?.object?.members ?? [] {
            definitions.field(1, bytes: named(member.key, schema(member.value)))
        }
        writer.field(9, bytes: definitions.bytes)
        return writer.bytes
    }

    private static func named(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, bytes: name.utf8)
        writer.field(2, bytes: value)
        return writer.bytes
    }

    /// Any value, as YAML: JSON is YAML.
    private static func any(_ value: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(2, bytes: JSONWriter.write(value))
        return writer.bytes
    }

    private static func extensions(_ value: JSONValue, _ number: Int, _ writer: inout ProtobufWriter) {
        for member in value.object?.members ?? [] where member.key.hasPrefix("x-") {
            writer.field(number, bytes: named(member.key, any(member.value)))
        }
    }

    // MARK: - Paths

    private static func pathItem(_ item: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        for (method, number) in [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)] {
            if let operation = item[method] { writer.field(number, bytes: self.operation(operation)) }
        }
        for parameter in item["parameters"]?.array ?? [] { writer.field(9, bytes: self.parameter(parameter)) }
        return writer.bytes
    }

    private static func operation(_ operation: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.text(3, operation["description"])
        writer.text(5, operation["operationId"])
        for type in operation["produces"]?.array ?? [] { writer.text(6, type) }
        for type in operation["consumes"]?.array ?? [] { writer.text(7, type) }
        for parameter in operation["parameters"]?.array ?? [] { writer.field(8, bytes: self.parameter(parameter)) }
        writer.field(9, bytes: [])
        extensions(operation, 13, &writer)
        return writer.bytes
    }

    /// `ParametersItem`, in four layers.
    private static func parameter(_ parameter: JSONValue) -> [UInt8] {
        func wrapped(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.field(number, bytes: bytes)
            return writer.bytes
        }
        var writer = ProtobufWriter()
        let isRequired = parameter["required"]?.bool ?? false
        if parameter["in"]?.string == "body" {
            writer.text(2, parameter["name"])
            writer.text(3, parameter["in"])
            if isRequired { writer.field(4, varint: 1) }
            if let schema = parameter["schema"] { writer.field(5, bytes: self.schema(schema)) }
            return wrapped(1, wrapped(1, writer.bytes))
        }
        let isQuery = parameter["in"]?.string == "query"
        if isRequired { writer.field(1, varint: 1) }
        writer.text(2, parameter["in"])
        writer.text(3, parameter["description"])
        writer.text(4, parameter["name"])
        writer.text(isQuery ? 6 : 5, parameter["type"])
        if parameter["uniqueItems"]?.bool ?? false { writer.field(isQuery ? 20 : 19, varint: 1) }
        return wrapped(1, wrapped(2, wrapped(isQuery ? 3 : 4, writer.bytes)))
    }

    // MARK: - Schemas

    private static let texts = [("$ref", 1), ("format", 2), ("title", 3), ("description", 4), ("pattern", 13)]
    private static let doubles = [("multipleOf", 6), ("maximum", 7), ("minimum", 9)]
    private static let integers = [
        ("maxLength", 11), ("minLength", 12), ("maxItems", 14), ("minItems", 15), ("maxProperties", 17), ("minProperties", 18),
    ]
    private static let flags = [("exclusiveMaximum", 8), ("exclusiveMinimum", 10), ("uniqueItems", 16)]

    private static func schema(_ schema: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        for (name, number) in texts { writer.text(number, schema[name]) }
        if let value = schema["default"] { writer.field(5, bytes: any(value)) }
        for (name, number) in doubles {
            if let value = schema[name]?.double { writer.field(number, fixed64: value.bitPattern) }
        }
        for (name, number) in flags where schema[name]?.bool ?? false { writer.field(number, varint: 1) }
        for (name, number) in integers {
            if let value = schema[name]?.int { writer.field(number, varint: UInt64(bitPattern: value)) }
        }
        for name in schema["required"]?.array ?? [] { writer.text(19, name) }
        for value in schema["enum"]?.array ?? [] { writer.field(20, bytes: any(value)) }
        if let additional = schema["additionalProperties"] {
            var inner = ProtobufWriter()
            if let allows = additional.bool {
                inner.field(2, varint: allows ? 1 : 0)
            } else {
                inner.field(1, bytes: self.schema(additional))
            }
            writer.field(21, bytes: inner.bytes)
        }
        if let type = schema["type"]?.string {
            var inner = ProtobufWriter()
            inner.field(1, bytes: type.utf8)
            writer.field(22, bytes: inner.bytes)
        }
        if let items = schema["items"] {
            var inner = ProtobufWriter()
            inner.field(1, bytes: self.schema(items))
            writer.field(23, bytes: inner.bytes)
        }
        if let properties = schema["properties"]?.object {
            var inner = ProtobufWriter()
            for member in properties.members { inner.field(1, bytes: named(member.key, self.schema(member.value))) }
            writer.field(25, bytes: inner.bytes)
        }
        extensions(schema, 31, &writer)
        return writer.bytes
    }
}

extension ProtobufWriter {
    /// A text field; nothing for what is no text.
    fileprivate mutating func text(_ number: Int, _ value: JSONValue?) {
        if let text = value?.string { field(number, bytes: text.utf8) }
    }
}
