/// A type as the checker sees it.
package indirect enum CELType: Hashable, Sendable {
    case dyn
    /// The type of what was found wrong already.
    case error
    case null
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case timestamp
    case duration
    case list(CELType)
    case map(CELType, CELType)
    /// An object with fields, under its name.
    case object(String)
    /// A type of a library, with its parameters: `optional_type(int)`, `net.IP`.
    case opaque(String, [CELType])
    case type(CELType)
    case parameter(String)

    package static func optional(_ held: CELType) -> CELType { .opaque("optional_type", [held]) }

    var isDynamic: Bool { self == .dyn || self == .error }

    var parameters: [CELType] {
        switch self {
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        case .opaque(_, let parameters): parameters
        case .type(let inner): [inner]
        default: []
        }
    }

    func replacingParameters(_ change: (CELType) -> CELType) -> CELType {
        switch self {
        case .list(let element): .list(change(element))
        case .map(let key, let value): .map(change(key), change(value))
        case .opaque(let name, let parameters): .opaque(name, parameters.map(change))
        case .type(let inner): .type(change(inner))
        default: self
        }
    }

    var levels: Int { (parameters.map(\.levels).max() ?? 0) + 1 }
}

extension CELType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dyn: "dyn"
        case .error: "!error!"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .object(let name), .parameter(let name): name
        case .opaque(let name, let parameters):
            parameters.isEmpty ? name : "\(name)(\(parameters.map(\.description).joined(separator: ", ")))"
        case .type(let inner): "type(\(inner))"
        }
    }
}
