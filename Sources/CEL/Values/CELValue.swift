package import JSON

/// A value while an expression is evaluated.
package enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case timestamp(CELTimestamp)
    case duration(CELDuration)
    case list(CELList)
    case map(CELMap)
    case type(String)
    indirect case optional(CELValue?)
    /// A value of one of Kubernetes' libraries.
    case opaque(OpaqueValue)
    /// What `Object{...}` or `JSONPatch{...}` built.
    case structure(CELStructure)
}

/// The members that an expression set on a type with a name: `Object.spec{replicas: 1}`.
package struct CELStructure: Sendable {
    package var typeName: String
    /// In the order in which they were written.
    package var fields: [(name: String, value: CELValue)]
}

/// A list: values, or elements of a JSON array that are read when they are asked for.
package struct CELList: Sendable {
    enum Storage: Sendable {
        case values([CELValue])
        case json([JSONValue], SchemaType?)
    }

    var storage: Storage

    package init(_ values: [CELValue]) { storage = .values(values) }

    /// - Parameter schema: Of the list; nil: elements are what JSON says.
    package init(json: [JSONValue], _ schema: SchemaType?) { storage = .json(json, schema) }

    package var count: Int {
        switch storage {
        case .values(let values): values.count
        case .json(let values, _): values.count
        }
    }

    subscript(_ index: Int) -> CELValue {
        switch storage {
        case .values(let values): values[index]
        case .json(let values, let schema): CELValue(values[index], schema?.element)
        }
    }

    package var values: [CELValue] {
        switch storage {
        case .values(let values): values
        case .json(let values, let schema): values.map { CELValue($0, schema?.element) }
        }
    }

    /// How elements are told apart: nil where order counts.
    var schema: SchemaType? {
        if case .json(_, let schema) = storage { schema } else { nil }
    }
}

/// A map: entries of its own, or members of a JSON object that are read when they are asked for.
package struct CELMap: Sendable {
    enum Storage: Sendable {
        case entries(MapEntries)
        /// Of a map when the schema says what its values are, else of an object with named fields.
        case json(JSONObject, SchemaType?)
        case lazy(any LazyMembers)
    }

    var storage: Storage

    init(_ entries: MapEntries) { storage = .entries(entries) }

    package init(json: JSONObject, _ schema: SchemaType?) { storage = .json(json, schema) }

    /// Members that are worked out when they are asked for.
    package init(_ members: any LazyMembers) { storage = .lazy(members) }
}

/// Members of an object that are worked out when they are first asked for.
package protocol LazyMembers: Sendable {
    /// Nil: there is none of this name.
    func member(_ name: String) throws(EvaluationError) -> CELValue?
}

/// Entries of a map in the order of their insertion.
struct MapEntries: Sendable {
    private(set) var keys: [CELValue] = []
    private(set) var values: [CELValue] = []
    private var places: [MapKey: Int] = [:]

    var count: Int { keys.count }

    subscript(_ key: MapKey) -> CELValue? { places[key].map { values[$0] } }

    /// False when the key is there already.
    mutating func insert(_ key: CELValue, _ value: CELValue) -> Bool {
        guard let place = MapKey(key), places[place] == nil else { return false }
        places[place] = keys.count
        keys.append(key)
        values.append(value)
        return true
    }
}

/// A key of a map; numbers of different types that are equal are one key.
enum MapKey: Hashable, Sendable {
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case string(String)

    /// Nil: the value can be no key.
    init?(_ value: CELValue) {
        switch value {
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .int(number)
        case .uint(let number): self = Int64(exactly: number).map { .int($0) } ?? .uint(number)
        case .double(let number):
            if let whole = Int64(exactly: number) {
                self = .int(whole)
            } else if let whole = UInt64(exactly: number) {
                self = .uint(whole)
            } else {
                return nil
            }
        case .string(let text): self = .string(text)
        default: return nil
        }
    }
}

extension CELValue {
    package static func list(_ values: [CELValue]) -> CELValue { .list(CELList(values)) }

    /// A value out of JSON.
    ///
    /// - Parameter schema: What its type is; nil: what JSON says, whole numbers being `int`.
    package init(_ json: JSONValue, _ schema: SchemaType? = nil) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = schema?.type == .double ? .double(Double(number)) : .int(number)
        case .double(let number):
            if schema?.type == .int, let whole = Int64(exactly: number) { self = .int(whole) } else { self = .double(number) }
        case .string(let text): self = schema.flatMap { Self.read(text, as: $0) } ?? .string(text)
        case .array(let values): self = .list(CELList(json: values, schema))
        case .object(let object): self = .map(CELMap(json: object, schema))
        }
    }

    /// Texts of formats that have a type of their own.
    private static func read(_ text: String, as schema: SchemaType) -> CELValue? {
        switch schema.type {
        case .timestamp: CELTimestamp(text).map { .timestamp($0) } ?? CELTimestamp(date: text).map { .timestamp($0) }
        case .duration: CELDuration(goText: text).map { .duration($0) }
        case .bytes: Base64Text.decode(text).map { .bytes($0) }
        default: nil
        }
    }

    package var bool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// As `type(x)` names it.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map(let map): map.objectTypeName ?? "map"
        case .type: "type"
        case .optional: "optional_type"
        case .opaque(let value): value.typeName
        case .structure(let value): value.typeName
        }
    }

    /// What cost is counted in: scalars of a string, bytes, elements; one for the rest.
    var traversalSize: Int {
        switch self {
        case .string(let text): text.unicodeScalars.count
        case .bytes(let bytes): bytes.count
        case .list(let list): list.count
        case .map(let map): map.count
        case .opaque(let value): value.size
        default: 1
        }
    }

    /// As JSON, for patches and messages; nil where JSON has no form.
    package var json: JSONValue? {
        switch self {
        case .null: return .some(.null)
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .uint(let number): return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
        case .double(let number): return number.isFinite ? .double(number) : nil
        case .string(let text): return .string(text)
        case .bytes(let bytes): return .string(Base64Text.encode(bytes))
        case .timestamp(let time): return .string(time.description)
        case .duration(let time): return .string(time.description)
        case .list(let list):
            if case .json(let values, _) = list.storage { return .array(values) }
            var values: [JSONValue] = []
            for value in list.values {
                guard let json = value.json else { return nil }
                values.append(json)
            }
            return .array(values)
        case .map(let map): return map.json
        case .optional(let held): return held?.json
        case .structure(let structure):
            var object = JSONObject()
            for (name, value) in structure.fields {
                guard let json = value.json else { return nil }
                object[name] = json
            }
            return .object(object)
        case .type, .opaque: return nil
        }
    }
}

extension CELMap {
    package var count: Int {
        switch storage {
        case .entries(let entries): entries.count
        case .json(let object, _): object.count
        case .lazy: 0
        }
    }

    /// Nil for maps.
    var objectTypeName: String? {
        guard case .json(_, let schema?) = storage, case .object(let name) = schema.type else { return nil }
        return name
    }

    /// In order: of insertion, or as written.
    var keys: [CELValue] {
        switch storage {
        case .entries(let entries): entries.keys
        case .json(let object, _): object.members.map { .string($0.key) }
        case .lazy: []
        }
    }

    /// The value under a key; nil: there is none.
    func value(_ key: CELValue) throws(EvaluationError) -> CELValue? {
        switch storage {
        case .entries(let entries): return MapKey(key).flatMap { entries[$0] }
        case .json(let object, let schema):
            guard case .string(let name) = key else { return nil }
            return Self.member(name, of: object, schema)
        case .lazy(let members):
            guard case .string(let name) = key else { return nil }
            return try members.member(name)
        }
    }

    private static func member(_ name: String, of object: JSONObject, _ schema: SchemaType?) -> CELValue? {
        guard let schema else { return object[name].map { CELValue($0) } }
        if let element = schema.element { return object[name].map { CELValue($0, element) } }
        let field = schema.fields[name]
        return object[field?.name ?? name].map { CELValue($0, field?.type) }
    }

    var json: JSONValue? {
        switch storage {
        case .json(let object, _): return .object(object)
        case .lazy: return nil
        case .entries(let entries):
            var object = JSONObject()
            for (key, value) in zip(entries.keys, entries.values) {
                guard case .string(let name) = key, let json = value.json else { return nil }
                object[name] = json
            }
            return .object(object)
        }
    }
}
