package import JSON

/// What one field holds, in the JSON form and on the wire.
package indirect enum FieldType: Hashable, Sendable {
    case string
    case int32
    case int64
    case bool
    case double
    /// Base64 text in JSON.
    case bytes
    /// RFC 3339, whole seconds.
    case time
    /// RFC 3339, microseconds.
    case microTime
    case quantity
    case intOrString
    /// A whole object of any kind.
    case rawExtension
    /// The field set of `managedFields`.
    case fieldsV1
    /// Any JSON value.
    case any
    case schemaOrArray
    case schemaOrBool
    case schemaOrStringArray
    case message(MessageID)
    case list(FieldType)
    /// By string keys.
    case map(FieldType)

    /// The message inside, through lists and maps.
    package var message: MessageID? {
        switch self {
        case .message(let id): id
        case .list(let element), .map(let element): element.message
        default: nil
        }
    }

    package var isMessage: Bool {
        if case .message = self { true } else { false }
    }
}

/// Position of a message type in its `Schema`.
package struct MessageID: Hashable, Sendable {
    package var index: Int
}

/// How a list merges.
package enum ListSemantics: Hashable, Sendable {
    case atomic
    case set
    case map(keys: [String])
}

/// One field of a message type.
package struct FieldDescriptor: Sendable {
    /// The JSON name.
    package var name: String
    /// The protobuf number; zero when the wire form nests the field in another message, or has none.
    package var number: Int
    package var type: FieldType
    /// Absent and zero differ: an explicit zero is kept.
    package var isPointer = false
    /// Written even when zero.
    package var isAlwaysWritten = false
    package var isRequired = false
    package var isAtomicMap = false
    /// The object merges member by member although its type says otherwise.
    package var isGranularMap = false
    /// Nil where the table says nothing: then a list is atomic.
    package var listSemantics: ListSemantics?
    /// The key of strategic merge; nil for lists of scalars and lists that are replaced.
    package var mergeKey: String?
    /// `merge`, `retainKeys`, `replace`.
    package var patchStrategies: [String] = []
    package var defaultValue: JSONValue?
    package var enumValues: [String] = []
}
