package import API
package import JSON

/// Reads a tree as one message type: checks the type of every field, finds fields that the type does not have, and gives the
/// canonical form, which is the one Go would write.
///
/// Canonical: unknown fields and nulls are gone, zeros are gone unless the field is a pointer or always written, absent fields that
/// are always written are there, times and quantities are in their one spelling.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/runtime/serializer/json`, `sigs.k8s.io/json`.
package struct TreeDecoder {
    /// A value that does not fit its field; the text is Go's.
    package struct TypeError: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    package struct Decoded: Sendable {
        package var object: JSONValue
        /// `unknown field "spec.foo"`, `duplicate field "spec.replicas"`: in the order of the text, each once.
        package var strictErrors: [String]
    }

    /// Findings beyond this are not collected.
    static let strictErrorsMax = 100

    package static func decode(
        _ value: JSONValue, as type: MessageID, duplicates: [JSONParser.DuplicateKey] = [], schema: Schema = .kubernetes
    ) throws(TypeError) -> Decoded {
        var decoder = TreeDecoder(schema: schema, duplicates: duplicates)
        let object = try decoder.message(value, type, nil)
        return Decoded(object: object, strictErrors: decoder.strictErrors)
    }

    private enum Step {
        case name(String)
        case key(String)
        case index(Int)
    }

    private let schema: Schema
    private var duplicates: [String: Set<String>] = [:]
    private var path: [Step] = []
    /// Names of the Go structs around the current place.
    private var structs: [MessageID] = []
    private var strictErrors: [String] = []
    private var strictErrorsSeen: Set<String> = []

    private init(schema: Schema, duplicates: [JSONParser.DuplicateKey]) {
        self.schema = schema
        for duplicate in duplicates {
            var place = ""
            for part in duplicate.path {
                if part.hasPrefix("["), part.hasSuffix("]"), Int(part.dropFirst().dropLast()) != nil {
                    place += part
                } else {
                    place += place.isEmpty ? part : "." + part
                }
            }
            self.duplicates[place, default: []].insert(duplicate.key)
        }
    }

    private mutating func message(_ value: JSONValue, _ id: MessageID, _ field: FieldDescriptor?) throws(TypeError) -> JSONValue {
        guard case .object(let object) = value else {
            if value.isNull { return zero(of: id) }
            throw mismatch(value, goName(.message(id)))
        }
        let type = schema[id]
        structs.append(id)
        defer { structs.removeLast() }
        let repeated = duplicates.isEmpty ? nil : duplicates[strictPath()]
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count)
        for member in object.members {
            path.append(.name(member.key))
            defer { path.removeLast() }
            guard let field = type.field(member.key) else {
                report("unknown field")
                continue
            }
            if let found = try self.member(member.value, field) {
                members.append(JSONObject.Member(key: member.key, value: found))
            }
            if repeated?.contains(member.key) ?? false { report("duplicate field") }
        }
        var result = JSONObject(members)
        addAbsent(to: &result, type)
        return .object(result)
    }

    /// Nil when the canonical form leaves the member out.
    private mutating func member(_ value: JSONValue, _ field: FieldDescriptor) throws(TypeError) -> JSONValue? {
        if value.isNull { return .none }
        let found = try self.value(value, field.type, field)
        if !ZeroValue.isZero(found, field.type) || field.isPointer { return found }
        guard field.isAlwaysWritten else { return .none }
        // Upstream keeps objects as protobuf, which does not tell an empty list from none.
        switch field.type {
        case .list, .map: return .some(.null)
        default: return found
        }
    }

    private func addAbsent(to object: inout JSONObject, _ type: MessageType) {
        for field in type.fields where object.index(of: field.name) == nil {
            guard let zero = ZeroValue.written(field, schema) else { continue }
            object.members.append(JSONObject.Member(key: field.name, value: zero))
        }
    }

    private func zero(of id: MessageID) -> JSONValue {
        var object = JSONObject()
        addAbsent(to: &object, schema[id])
        return .object(object)
    }

    private mutating func value(_ value: JSONValue, _ type: FieldType, _ field: FieldDescriptor) throws(TypeError) -> JSONValue {
        switch type {
        case .message(let id): return try message(value, id, field)
        case .list(let element): return try list(value, element, field)
        case .map(let element): return try map(value, element, field)
        case .schemaOrArray, .schemaOrBool, .schemaOrStringArray: return try schemaUnion(value)
        case .rawExtension, .fieldsV1, .any: return value
        default: return try scalar(value, type)
        }
    }

    /// A schema below `items`, `additionalProperties` and the like, where it may also be a flag or a list.
    ///
    /// Upstream reads these with their own readers, which drop unknown and repeated fields without a word.
    private func schemaUnion(_ value: JSONValue) throws(TypeError) -> JSONValue {
        // Only a schema has such fields.
        guard let type = structs.last else { return value }
        switch value {
        case .object: return try Self.decode(value, as: type, schema: schema).object
        case .array(let values):
            var result: [JSONValue] = []
            for entry in values { result.append(try schemaUnion(entry)) }
            return .array(result)
        default: return value
        }
    }

    private mutating func list(_ value: JSONValue, _ element: FieldType, _ field: FieldDescriptor) throws(TypeError) -> JSONValue
    {
        guard case .array(let values) = value else { throw mismatch(value, goName(.list(element))) }
        var result: [JSONValue] = []
        result.reserveCapacity(values.count)
        for (index, entry) in values.enumerated() {
            path.append(.index(index))
            defer { path.removeLast() }
            result.append(
                entry.isNull ? ZeroValue.of(element, schema) : try self.value(entry, element, field))
        }
        return .array(result)
    }

    private mutating func map(_ value: JSONValue, _ element: FieldType, _ field: FieldDescriptor) throws(TypeError) -> JSONValue {
        guard case .object(let object) = value else { throw mismatch(value, goName(.map(element))) }
        let repeated = duplicates.isEmpty ? nil : duplicates[strictPath()]
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count)
        for member in object.members {
            path.append(.key(member.key))
            defer { path.removeLast() }
            let found = member.value.isNull ? ZeroValue.of(element, schema) : try self.value(member.value, element, field)
            members.append(JSONObject.Member(key: member.key, value: found))
            if repeated?.contains(member.key) ?? false { report("duplicate field") }
        }
        return .object(JSONObject(members))
    }

    private func scalar(_ value: JSONValue, _ type: FieldType) throws(TypeError) -> JSONValue {
        switch (type, value) {
        case (.string, .string), (.bool, .bool), (.int64, .int): return value
        case (.int32, .int(let number)) where Int32(exactly: number) != nil: return value
        case (.double, .int), (.double, .double): return value
        case (.intOrString, .string): return value
        case (.intOrString, .int(let number)) where Int32(exactly: number) != nil: return value
        case (.bytes, .string(let text)):
            guard let bytes = Base64.decode(text) else { throw TypeError(description: "illegal base64 data at input byte 0") }
            return .string(Base64.encode(bytes))
        case (.time, .string(let text)):
            return .string(try timestamp(text, "2006-01-02T15:04:05Z07:00").description)
        case (.microTime, .string(let text)):
            return .string(try timestamp(text, "2006-01-02T15:04:05.000000Z07:00").microDescription)
        case (.quantity, _): return try quantity(value)
        default: throw mismatch(value, goName(type))
        }
    }

    private func timestamp(_ text: String, _ layout: String) throws(TypeError) -> Timestamp {
        guard let time = Timestamp(parsing: text) else {
            throw TypeError(description: "parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"2006\"")
        }
        return time
    }

    private func quantity(_ value: JSONValue) throws(TypeError) -> JSONValue {
        guard let quantity = Quantity(json: value) else {
            throw TypeError(
                description:
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        }
        return .string(quantity.description)
    }

    // MARK: - Words

    private func mismatch(_ value: JSONValue, _ goType: String) -> TypeError {
        let found: String
        switch value {
        case .null: found = "null"
        case .bool: found = "bool"
        case .string: found = "string"
        case .array: found = "array"
        case .object: found = "object"
        case .int(let number): found = goType.hasPrefix("int") ? "number \(number)" : "number"
        case .double(let number): found = goType.hasPrefix("int") ? "number \(number)" : "number"
        }
        let names = path.compactMap { if case .name(let name) = $0 { name } else { nil } }
        guard let owner = structs.last, !names.isEmpty else {
            return TypeError(description: "json: cannot unmarshal \(found) into Go value of type \(goType)")
        }
        let field = "\(schema[owner].shortName).\(names.joined(separator: "."))"
        return TypeError(description: "json: cannot unmarshal \(found) into Go struct field \(field) of type \(goType)")
    }

    private func goName(_ type: FieldType) -> String {
        switch type {
        case .string, .time, .microTime, .quantity: "string"
        case .int32, .intOrString: "int32"
        case .int64: "int64"
        case .bool: "bool"
        case .double: "float64"
        case .bytes: "[]uint8"
        case .rawExtension: "runtime.RawExtension"
        case .fieldsV1: "v1.FieldsV1"
        case .any, .schemaOrArray, .schemaOrBool, .schemaOrStringArray: "v1.JSON"
        case .message(let id): schema[id].goName
        case .list(let element): "[]" + goName(element)
        case .map(let element): "map[string]" + goName(element)
        }
    }

    private mutating func report(_ what: String) {
        guard strictErrors.count < Self.strictErrorsMax else { return }
        let text = "\(what) \"\(strictPath())\""
        if strictErrorsSeen.insert(text).inserted { strictErrors.append(text) }
    }

    private func strictPath() -> String {
        var text = ""
        for step in path {
            switch step {
            case .name(let name), .key(let name): text += text.isEmpty ? name : "." + name
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
