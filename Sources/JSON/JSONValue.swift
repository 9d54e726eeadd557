/// One JSON value: the tree that every generic step works on.
///
/// Numbers keep the form that decides their meaning in Kubernetes: a number without fraction and exponent that fits is an
/// `int`, everything else a `double`.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as an integer; a double counts when it has no fraction and fits.
    package var int: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object. Reading gives nil for anything that is not an object or lacks the key; writing nil removes
    /// the member, and writing into a value that is not an object turns it into one.
    package subscript(key: String) -> JSONValue? {
        get {
            if case .object(let object) = self { object[key] } else { nil }
        }
        set {
            var object: JSONObject = [:]
            if case .object(let current) = self {
                object = current
                self = .null  // the copy above is now the only owner, so the write below copies nothing
            }
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element of an array, nil out of bounds.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }

    /// The value below a path of member names; writing creates the objects on the way.
    package subscript(path path: [String]) -> JSONValue? {
        get {
            var value = self
            for key in path {
                guard let next = value[key] else { return nil }
                value = next
            }
            return value
        }
        set {
            guard let first = path.first else {
                self = newValue ?? .null
                return
            }
            let rest = Array(path.dropFirst())
            if rest.isEmpty {
                self[first] = newValue
            } else {
                var child = self[first] ?? .object([:])
                child[path: rest] = newValue
                self[first] = child
            }
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}

extension JSONValue {
    package init(_ value: some BinaryInteger) { self = .int(Int64(clamping: value)) }
    package init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }
    /// An object with sorted keys, so that equal maps encode to equal bytes.
    package init(_ map: [String: String]) {
        let members = map.sorted { $0.key < $1.key }
        self = .object(JSONObject(members.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }))
    }
}
