package import JSON

/// Whether two trees mean the same: amounts by value, nothing and an empty list alike.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/equality/semantic.go`.
package enum SemanticEquality {
    private static let amounts: Set<String> = ["requests", "limits", "capacity", "overhead", "allocatable", "hard", "used"]

    package static func equal(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        if left == right { return true }
        return normal(left ?? .null) == normal(right ?? .null)
    }

    private static func normal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var members: [JSONObject.Member] = []
            for member in object.members {
                let isAmounts = amounts.contains(member.key)
                let value = isAmounts ? canonical(member.value) : normal(member.value)
                if value.isNull || value == .array([]) || (isAmounts && value == .object([:])) { continue }
                members.append(JSONObject.Member(key: member.key, value: value))
            }
            return .object(JSONObject(members))
        case .array(let values): return .array(values.map(normal))
        default: return value
        }
    }

    private static func canonical(_ value: JSONValue) -> JSONValue {
        guard case .object(let object) = value else { return value }
        return .object(
            JSONObject(
                object.members.map { member in
                    let amount = Quantity(json: member.value).map { JSONValue.string(String($0.nanos)) }
                    return JSONObject.Member(key: member.key, value: amount ?? member.value)
                }))
    }
}
