import API
import JSON
import Support

/// Objects of any kind from its schema and a seed, with the values at which encodings go wrong.
struct RandomObject {
    private var random: SeededRandom
    private let schema = Schema.kubernetes

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func object(_ kind: KindDefinition) -> JSONValue {
        var object = message(kind.schemaType, depth: 0)
        object["apiVersion"] = .string(kind.gvk.apiVersion)
        object["kind"] = .string(kind.gvk.kind)
        return object
    }

    private mutating func message(_ id: MessageID, depth: Int) -> JSONValue {
        var object = JSONObject()
        for field in schema[id].fields where field.name != "apiVersion" && field.name != "kind" {
            if depth > 6, field.type.message != nil { continue }
            guard Int.random(in: 0..<(depth < 3 ? 2 : 5), using: &random) == 0 else { continue }
            object.members.append(JSONObject.Member(key: field.name, value: value(field.type, depth: depth)))
        }
        return .object(object)
    }

    private mutating func pick(_ values: JSONValue...) -> JSONValue { values.randomElement(using: &random) ?? .null }

    private mutating func value(_ type: FieldType, depth: Int) -> JSONValue {
        switch type {
        case .string: return pick("", "a", "web-1", "ü\u{1F600}", "line\nbreak\t\"quoted\" \\", "<&>")
        case .int32: return pick(0, 1, -1, .int(Int64(Int32.max)), .int(Int64(Int32.min)))
        case .int64: return pick(0, 7, -7, .int(Int64.max), .int(Int64.min))
        case .bool: return pick(true, false)
        case .double: return pick(0.5, -1.5, 0, 3)
        case .bytes: return pick("", "AQID", "/+8=")
        case .time: return pick("2026-11-21T08:00:00Z", "1969-12-31T23:59:59Z", "0001-01-02T00:00:00Z", "9999-12-31T23:59:59Z")
        case .microTime: return pick("2026-11-21T08:00:00.123456Z", "1970-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.500000Z")
        case .quantity:
            return pick("0", "500m", "64Mi", "1", "0.1", "1e3", "1500m", "1024Ki", "-2", "12345678901234567890", "100u")
        case .intOrString: return pick(0, 80, "http", "", "25%", -1)
        case .rawExtension, .any: return pick(["apiVersion": "v1", "kind": "X", "n": 1], ["b": [1, "x", nil], "a": 1.5])
        case .fieldsV1: return ["f:metadata": ["f:labels": [".": [:], "f:a": [:]]], "f:spec": ["k:{\"name\":\"x\"}": [:]]]
        case .schemaOrArray: return pick(["type": "object"], [["type": "string"], ["type": "integer"]])
        case .schemaOrBool: return pick(true, false, ["type": "string"])
        case .schemaOrStringArray: return pick(["a", "b"], ["type": "object"])
        case .message(let id): return message(id, depth: depth + 1)
        case .list(let element):
            return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(element, depth: depth + 1) })
        case .map(let element):
            let keys = ["z", "b/c", "a", "ü", "B"].shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random))
            return .object(JSONObject(keys.map { JSONObject.Member(key: $0, value: value(element, depth: depth + 1)) }))
        }
    }
}
