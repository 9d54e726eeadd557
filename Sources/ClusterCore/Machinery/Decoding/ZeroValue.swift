import API
import JSON

/// Go's zero values, which decide what the canonical form writes.
enum ZeroValue {
    static func isZero(_ value: JSONValue, _ type: FieldType) -> Bool {
        switch (type, value) {
        case (.string, .string(let text)), (.bytes, .string(let text)): text.isEmpty
        case (.bool, .bool(let flag)): !flag
        case (.int32, .int(let number)), (.int64, .int(let number)): number == 0
        case (.double, .int(let number)): number == 0
        case (.double, .double(let number)): number == 0
        case (.list, .array(let values)): values.isEmpty
        case (.map, .object(let object)): object.isEmpty
        default: false
        }
    }

    /// What the canonical form writes for an absent field; nil when it writes nothing.
    ///
    /// A message that is no pointer is written even when empty, a time that is no pointer as null and a quantity (`divisor`) as 0,
    /// because Go's `omitempty` does not apply to structs; `creationTimestamp` alone says `omitzero`.
    static func written(_ field: FieldDescriptor, _ schema: Schema) -> JSONValue? {
        if field.isPointer { return .none }
        switch field.type {
        case .message, .quantity: return of(field.type, schema)
        case .time where field.name != "creationTimestamp", .microTime: return .some(.null)
        case .list where field.isAlwaysWritten, .map where field.isAlwaysWritten, .rawExtension where field.isAlwaysWritten:
            return .some(.null)
        default: return field.isAlwaysWritten ? .some(of(field.type, schema)) : .none
        }
    }

    static func of(_ type: FieldType, _ schema: Schema) -> JSONValue {
        switch type {
        case .string, .bytes: return ""
        case .bool: return false
        case .int32, .int64, .double, .intOrString: return 0
        case .quantity: return "0"
        case .message(let id):
            var object = JSONObject()
            for field in schema[id].fields {
                if let zero = written(field, schema) { object.members.append(JSONObject.Member(key: field.name, value: zero)) }
            }
            return .object(object)
        default: return .null
        }
    }
}
