import API
import JSON

/// One message type's tree to bytes. What does not fit its field is left out: trees come from the decoder.
struct ProtobufEncoder {
    let schema: Schema

    func message(_ object: JSONValue, _ id: MessageID) -> [UInt8] {
        let type = schema[id]
        var writer = ProtobufWriter()
        for number in type.numbers {
            if let nested = type.nested.first(where: { $0.number == number }) {
                writer.field(number, bytes: message(object, nested.type))
            } else if let field = type.field(number: number), let value = object[field.name], !value.isNull {
                write(value, field.type, number, &writer)
            }
        }
        return writer.bytes
    }

    private func write(_ value: JSONValue, _ type: FieldType, _ number: Int, _ writer: inout ProtobufWriter) {
        switch (type, value) {
        case (.list(let element), .array(let values)):
            for entry in values { write(entry, element, number, &writer) }
        case (.map(let element), .object(let object)):
            for member in object.members.sorted(by: { $0.key < $1.key }) {
                var entry = ProtobufWriter()
                entry.field(1, bytes: member.key.utf8)
                if case .list(let inner) = element {
                    var items = ProtobufWriter()
                    for item in member.value.array ?? [] { write(item, inner, 1, &items) }
                    entry.field(2, bytes: items.bytes)
                } else {
                    write(member.value, element, 2, &entry)
                }
                writer.field(number, bytes: entry.bytes)
            }
        case (.int32, .int(let value)), (.int64, .int(let value)): writer.field(number, varint: UInt64(bitPattern: value))
        case (.bool, .bool(let flag)): writer.field(number, varint: flag ? 1 : 0)
        case (.double, _):
            if let value = value.double { writer.field(number, fixed64: value.bitPattern) }
        default:
            if let content = content(value, type) { writer.field(number, bytes: content) }
        }
    }

    /// What stands behind a length; nil when the value does not fit.
    private func content(_ value: JSONValue, _ type: FieldType) -> [UInt8]? {
        var inner = ProtobufWriter()
        switch (type, value) {
        case (.string, .string(let text)): return Array(text.utf8)
        case (.bytes, .string(let text)): return Base64.decode(text)
        case (.message(let id), .object): return message(value, id)
        case (.time, .string(let text)), (.microTime, .string(let text)):
            guard let time = Timestamp(parsing: text) else { return nil }
            inner.field(1, varint: UInt64(bitPattern: time.seconds))
            inner.field(2, varint: UInt64(time.nanoseconds))
        case (.quantity, .string(let text)): inner.field(1, bytes: text.utf8)
        case (.intOrString, .int(let number)):
            inner.field(1, varint: 0)
            inner.field(2, varint: UInt64(bitPattern: number))
            inner.field(3, bytes: [])
        case (.intOrString, .string(let text)):
            inner.field(1, varint: 1)
            inner.field(2, varint: 0)
            inner.field(3, bytes: text.utf8)
        case (.rawExtension, _), (.fieldsV1, _), (.any, _): inner.field(1, bytes: JSONWriter.write(value))
        case (.schemaOrArray, _), (.schemaOrBool, _), (.schemaOrStringArray, _):
            guard let id = schema.id(named: "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps") else {
                return nil
            }
            switch value {
            case .bool(let flag): inner.field(1, varint: flag ? 1 : 0)
            case .object:
                if type == .schemaOrBool { inner.field(1, varint: 1) }
                inner.field(type == .schemaOrBool ? 2 : 1, bytes: message(value, id))
            case .array(let values):
                for entry in values {
                    if let text = entry.string {
                        inner.field(2, bytes: text.utf8)
                    } else {
                        inner.field(2, bytes: message(entry, id))
                    }
                }
            default: return nil
            }
        default: return nil
        }
        return inner.bytes
    }
}
