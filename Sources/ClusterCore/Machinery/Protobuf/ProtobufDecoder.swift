import API
import JSON

/// One message type's bytes to a tree.
struct ProtobufDecoder {
    let schema: Schema

    func message(_ bytes: ArraySlice<UInt8>, _ id: MessageID, depth: Int) throws(ProtobufError) -> JSONValue {
        var object = JSONObject()
        try read(bytes, id, into: &object, depth: depth)
        return .object(object)
    }

    private func read(
        _ bytes: ArraySlice<UInt8>, _ id: MessageID, into object: inout JSONObject, depth: Int
    ) throws(ProtobufError) {
        guard depth < ProtobufCodec.depthMax else { throw .tooDeep(limit: ProtobufCodec.depthMax) }
        let type = schema[id]
        var reader = ProtobufReader(bytes)
        var lists: [(name: String, values: [JSONValue])] = []
        var maps: [(name: String, values: JSONObject)] = []
        while let (number, value) = try reader.next() {
            if let nested = type.nested.first(where: { $0.number == number }) {
                guard case .bytes(let content) = value else {
                    throw .wrongWireType(field: type.shortName, wireType: value.wireType)
                }
                try read(content, nested.type, into: &object, depth: depth + 1)
                continue
            }
            guard let field = type.field(number: number) else { continue }
            switch field.type {
            case .list(let element):
                let found = try elements(value, element, field, depth)
                if let index = lists.firstIndex(where: { $0.name == field.name }) {
                    lists[index].values += found
                } else {
                    lists.append((field.name, found))
                }
            case .map(let element):
                let (key, entry) = try mapEntry(value, element, field, depth)
                if let index = maps.firstIndex(where: { $0.name == field.name }) {
                    maps[index].values.members.append(JSONObject.Member(key: key, value: entry))
                } else {
                    maps.append((field.name, JSONObject([JSONObject.Member(key: key, value: entry)])))
                }
            default: object[field.name] = try self.value(value, field.type, field, depth)
            }
        }
        for list in lists { object[list.name] = .array(list.values) }
        for map in maps { object[map.name] = .object(Self.lastOfEach(map.values)) }
    }

    /// A key that the wire repeats keeps its last value.
    private static func lastOfEach(_ object: JSONObject) -> JSONObject {
        var positions: [String: Int] = [:]
        var members: [JSONObject.Member] = []
        for member in object.members {
            if let position = positions[member.key] {
                members[position] = member
            } else {
                positions[member.key] = members.count
                members.append(member)
            }
        }
        return JSONObject(members)
    }

    /// One element, or several where numbers are packed.
    private func elements(
        _ value: ProtobufReader.Value, _ type: FieldType, _ field: FieldDescriptor, _ depth: Int
    ) throws(ProtobufError) -> [JSONValue] {
        guard case .bytes(let content) = value, [.int32, .int64, .bool].contains(type) else {
            return [try self.value(value, type, field, depth)]
        }
        var reader = ProtobufReader(content)
        var result: [JSONValue] = []
        while !reader.isAtEnd { result.append(try self.value(.varint(try reader.varint()), type, field, depth)) }
        return result
    }

    private func mapEntry(
        _ value: ProtobufReader.Value, _ type: FieldType, _ field: FieldDescriptor, _ depth: Int
    ) throws(ProtobufError) -> (String, JSONValue) {
        guard case .bytes(let content) = value else { throw .wrongWireType(field: field.name, wireType: value.wireType) }
        var key = ""
        var entry: JSONValue?
        var reader = ProtobufReader(content)
        while let (number, value) = try reader.next() {
            if number == 1, case .bytes(let text) = value { key = String(decoding: text, as: UTF8.self) }
            guard number == 2 else { continue }
            if case .list(let element) = type {
                entry = .array(try wrapped(value, element, field, depth))
            } else {
                entry = try self.value(value, type, field, depth)
            }
        }
        return (key, entry ?? ZeroValue.of(type, schema))
    }

    /// A list inside a map travels in a message with `items` as its first field.
    private func wrapped(
        _ value: ProtobufReader.Value, _ type: FieldType, _ field: FieldDescriptor, _ depth: Int
    ) throws(ProtobufError) -> [JSONValue] {
        guard case .bytes(let content) = value else { throw .wrongWireType(field: field.name, wireType: value.wireType) }
        var result: [JSONValue] = []
        var reader = ProtobufReader(content)
        while let (number, value) = try reader.next() {
            if number == 1 { result.append(try self.value(value, type, field, depth)) }
        }
        return result
    }

    private func value(
        _ value: ProtobufReader.Value, _ type: FieldType, _ field: FieldDescriptor, _ depth: Int
    ) throws(ProtobufError) -> JSONValue {
        switch (type, value) {
        case (.string, .bytes(let text)): return .string(String(decoding: text, as: UTF8.self))
        case (.bytes, .bytes(let content)): return .string(Base64.encode(Array(content)))
        case (.int32, .varint(let number)): return .int(Int64(Int32(truncatingIfNeeded: number)))
        case (.int64, .varint(let number)): return .int(Int64(bitPattern: number))
        case (.bool, .varint(let number)): return .bool(number != 0)
        case (.double, .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (.message(let id), .bytes(let content)): return try message(content, id, depth: depth + 1)
        case (.time, .bytes(let content)): return try time(content, micro: false)
        case (.microTime, .bytes(let content)): return try time(content, micro: true)
        case (.quantity, .bytes(let content)): return try firstString(content) ?? "0"
        case (.intOrString, .bytes(let content)): return try intOrString(content)
        case (.rawExtension, .bytes(let content)): return try raw(content, depth)
        case (.any, .bytes(let content)) where content.isEmpty:
            // A struct without fields, as the status subresource of a custom kind: there, and empty. JSON always has its bytes.
            return [:]
        case (.fieldsV1, .bytes(let content)), (.any, .bytes(let content)): return try json(content)
        case (.schemaOrArray, .bytes(let content)), (.schemaOrBool, .bytes(let content)),
            (.schemaOrStringArray, .bytes(let content)):
            return try schemaOr(content, type, depth)
        default: throw .wrongWireType(field: field.name, wireType: value.wireType)
        }
    }

    /// Null for Go's zero time, which travels as an empty message.
    private func time(_ content: ArraySlice<UInt8>, micro: Bool) throws(ProtobufError) -> JSONValue {
        if content.isEmpty { return .null }
        var seconds: Int64 = 0
        var nanos: Int64 = 0
        var reader = ProtobufReader(content)
        while let (number, value) = try reader.next() {
            guard case .varint(let bits) = value else { continue }
            if number == 1 { seconds = Int64(bitPattern: bits) }
            if number == 2 { nanos = Int64(bitPattern: bits) }
        }
        // Years 1 to 9999: what RFC 3339 can say.
        guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanos) else {
            throw .invalidNested("time out of range")
        }
        let time = Timestamp(seconds: seconds, nanoseconds: Int32(nanos))
        return .string(micro ? time.microDescription : time.description)
    }

    private func firstString(_ content: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue? {
        var reader = ProtobufReader(content)
        var result: JSONValue?
        while let (number, value) = try reader.next() {
            if number == 1, case .bytes(let text) = value { result = .string(String(decoding: text, as: UTF8.self)) }
        }
        return result
    }

    private func intOrString(_ content: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var isString = false
        var number: Int64 = 0
        var text = ""
        var reader = ProtobufReader(content)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .varint(let bits)): isString = bits == 1
            case (2, .varint(let bits)): number = Int64(Int32(truncatingIfNeeded: bits))
            case (3, .bytes(let content)): text = String(decoding: content, as: UTF8.self)
            default: break
            }
        }
        return isString ? .string(text) : .int(number)
    }

    /// An embedded object: JSON, or protobuf with its magic.
    private func raw(_ content: ArraySlice<UInt8>, _ depth: Int) throws(ProtobufError) -> JSONValue {
        var reader = ProtobufReader(content)
        var bytes: [UInt8] = []
        while let (number, value) = try reader.next() {
            if number == 1, case .bytes(let found) = value { bytes = Array(found) }
        }
        if bytes.isEmpty { return .null }
        guard bytes.starts(with: ProtobufCodec.magic) else { return try parse(bytes) }
        let envelope = try ProtobufCodec.envelope(bytes)
        let kind = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
        guard let type = schema.id(of: kind) else { throw .invalidNested("no kind \(kind)") }
        var tree = try message(envelope.raw, type, depth: depth + 1)
        tree["apiVersion"] = .string(envelope.apiVersion)
        tree["kind"] = .string(envelope.kind)
        return tree
    }

    private func json(_ content: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var reader = ProtobufReader(content)
        var bytes: [UInt8] = []
        while let (number, value) = try reader.next() {
            if number == 1, case .bytes(let found) = value { bytes = Array(found) }
        }
        return bytes.isEmpty ? .null : try parse(bytes)
    }

    private func parse(_ bytes: [UInt8]) throws(ProtobufError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(bytes)
        } catch {
            throw .invalidNested(error.description)
        }
    }

    /// The three unions of `JSONSchemaProps`: a schema, or an array, a flag, or strings.
    private func schemaOr(_ content: ArraySlice<UInt8>, _ type: FieldType, _ depth: Int) throws(ProtobufError) -> JSONValue {
        guard let id = schema.id(named: "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps") else { return .null }
        var reader = ProtobufReader(content)
        var single: JSONValue?
        var many: [JSONValue] = []
        var allows: JSONValue?
        while let (number, value) = try reader.next() {
            switch (type, number, value) {
            case (.schemaOrBool, 1, .varint(let bits)): allows = .bool(bits != 0)
            case (.schemaOrBool, 2, .bytes(let found)), (_, 1, .bytes(let found)):
                single = try message(found, id, depth: depth + 1)
            case (.schemaOrStringArray, 2, .bytes(let found)): many.append(.string(String(decoding: found, as: UTF8.self)))
            case (_, 2, .bytes(let found)): many.append(try message(found, id, depth: depth + 1))
            default: break
            }
        }
        return single ?? allows ?? .array(many)
    }
}
