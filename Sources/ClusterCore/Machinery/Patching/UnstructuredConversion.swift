import API
import JSON

/// Why a merged tree cannot become an object, in the words of the converter that strategic merge uses; it walks fields in the order
/// of the type, not of the text.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/runtime/converter.go`, `fromUnstructured`.
struct UnstructuredConversion {
    let schema: Schema

    /// Nil when everything fits.
    func problem(_ value: JSONValue, _ type: MessageID) -> String? { problem(value, .message(type)) }

    private func problem(_ value: JSONValue, _ type: FieldType) -> String? {
        if value.isNull { return nil }
        switch (type, value) {
        case (.message(let id), .object(let object)):
            for field in schema[id].fields {
                if let member = object[field.name], let found = problem(member, field.type) { return found }
            }
            return nil
        case (.message, _): return "cannot restore struct from: \(kind(value))"
        case (.list(let element), .array(let values)): return values.lazy.compactMap { problem($0, element) }.first
        case (.list, _): return "cannot restore slice from \(kind(value))"
        case (.map(let element), .object(let object)):
            return object.members.lazy.compactMap { problem($0.value, element) }.first
        case (.map, _): return "cannot restore map from \(kind(value))"
        default: return scalarProblem(value, type)
        }
    }

    private func scalarProblem(_ value: JSONValue, _ type: FieldType) -> String? {
        guard let wanted = goType(type) else { return nil }
        switch (type, value) {
        case (.string, .string), (.bool, .bool), (.int32, .int), (.int64, .int), (.double, .int), (.double, .double): return nil
        case (.int32, .double(let number)), (.int64, .double(let number)):
            return number == number.rounded() ? nil : "cannot convert float64 to \(wanted)"
        // A number can become a character, as far as Go's types go.
        case (.string, .int): return "cannot convert int64 to \(wanted)"
        default: return "unrecognized type: \(wanted)"
        }
    }

    /// Nil for types that read JSON themselves.
    private func goType(_ type: FieldType) -> String? {
        switch type {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        default: nil
        }
    }

    private func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "invalid"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "slice"
        case .object: "map"
        }
    }
}
