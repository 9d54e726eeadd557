import API
import JSON
import Support

/// Makes objects of any kind from its schema and a seed: every field may appear, with a value that fits.
struct ObjectMaker {
    var random: SeededRandom
    let schema = Schema.kubernetes

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func object(_ kind: KindDefinition) -> JSONValue {
        var object = message(kind.schemaType, depth: 0)
        object["apiVersion"] = .string(kind.gvk.apiVersion)
        object["kind"] = .string(kind.gvk.kind)
        return object
    }

    mutating func message(_ id: MessageID, depth: Int) -> JSONValue {
        var object = JSONObject()
        for field in schema[id].fields where field.name != "apiVersion" && field.name != "kind" {
            if depth > 7, field.type.message != nil { continue }
            let chance = depth < 4 ? 2 : 6
            guard Int.random(in: 0..<chance, using: &random) == 0 else { continue }
            object.members.append(JSONObject.Member(key: field.name, value: value(field.type, depth: depth)))
        }
        return .object(object)
    }

    mutating func value(_ type: FieldType, depth: Int) -> JSONValue {
        switch type {
        case .string: return .string(["", "a", "web-1", "ü"].randomElement(using: &random) ?? "")
        case .int32: return .int(Int64(Int32.random(in: -2...1000, using: &random)))
        case .int64: return .int(Int64.random(in: -2...(1 << 40), using: &random))
        case .bool: return .bool(Bool.random(using: &random))
        case .double: return .double(1.5)
        case .bytes: return .string(Base64.encode([1, 2, 3]))
        case .time: return "2026-11-21T08:00:00Z"
        case .microTime: return "2026-11-21T08:00:00.123456Z"
        case .quantity: return .string(["0", "500m", "64Mi", "1"].randomElement(using: &random) ?? "")
        case .intOrString: return Bool.random(using: &random) ? 80 : "http"
        case .rawExtension: return ["apiVersion": "v1", "kind": "X", "n": 1]
        case .fieldsV1: return ["f:metadata": ["f:labels": [:]]]
        case .any: return ["a": [1, 2]]
        case .schemaOrArray, .schemaOrBool: return ["type": "object"]
        case .schemaOrStringArray: return ["a", "b"]
        case .message(let id): return message(id, depth: depth + 1)
        case .list(let element):
            return .array((0..<Int.random(in: 0...2, using: &random)).map { _ in value(element, depth: depth + 1) })
        case .map(let element):
            let keys = ["a", "b/c"].prefix(Int.random(in: 0...2, using: &random))
            return .object(JSONObject(keys.map { JSONObject.Member(key: $0, value: value(element, depth: depth + 1)) }))
        }
    }
}
