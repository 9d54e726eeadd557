package import JSON

/// One step from an object or list to something in it.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `fieldpath/element.go`.
package enum PathElement: Hashable, Sendable {
    case field(String)
    /// The element of a list by keys whose members have these values; sorted by name.
    case key([KeyField])
    /// The element of a set.
    case value(JSONValue)
    case index(Int)

    package struct KeyField: Hashable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// `["containerPort": 80, "protocol": "TCP"]`, in any order.
    package static func keyed(_ fields: [KeyField]) -> PathElement {
        .key(fields.sorted { ValueOrder.compare($0.name, $1.name) < 0 })
    }
}

/// Written as paths are shown to people: `.spec.ports[port=80,protocol="TCP"].name`.
extension PathElement: CustomStringConvertible {
    package var description: String {
        switch self {
        case .field(let name): "." + name
        case .key(let fields): "[" + fields.map { "\($0.name)=\(JSONWriter.text($0.value))" }.joined(separator: ",") + "]"
        case .value(let value): "[=\(JSONWriter.text(value))]"
        case .index(let index): "[\(index)]"
        }
    }
}

extension PathElement: Comparable {
    package static func < (left: PathElement, right: PathElement) -> Bool { compare(left, right) < 0 }

    /// Fields, keys, values, positions; each by its own order.
    static func compare(_ left: PathElement, _ right: PathElement) -> Int {
        switch (left, right) {
        case (.field(let one), .field(let two)): return ValueOrder.compare(one, two)
        case (.key(let one), .key(let two)):
            for (first, second) in zip(one, two) {
                let names = ValueOrder.compare(first.name, second.name)
                if names != 0 { return names }
                let values = ValueOrder.compare(first.value, second.value)
                if values != 0 { return values }
            }
            return one.count - two.count
        case (.value(let one), .value(let two)): return ValueOrder.compare(one, two)
        case (.index(let one), .index(let two)): return one < two ? -1 : one == two ? 0 : 1
        default: return left.rank - right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }
}

/// The order of values in field sets, and when two count as equal.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `value/value.go`, `Compare` and `Equals`.
enum ValueOrder {
    /// By bytes, as Go compares; Swift's own order is by characters.
    static func compare(_ left: String, _ right: String) -> Int {
        if left == right, left.utf8.count == right.utf8.count { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : left.utf8.elementsEqual(right.utf8) ? 0 : 1
    }

    /// Numbers, strings, flags, lists, objects, null.
    static func compare(_ left: JSONValue, _ right: JSONValue) -> Int {
        switch (left, right) {
        case (.int(let one), .int(let two)): return one < two ? -1 : one == two ? 0 : 1
        case (.int, .double), (.double, .int), (.double, .double):
            let (one, two) = (left.double ?? 0, right.double ?? 0)
            return one < two ? -1 : one == two ? 0 : 1
        case (.string(let one), .string(let two)): return compare(one, two)
        case (.bool(let one), .bool(let two)): return one == two ? 0 : two ? -1 : 1
        case (.array(let one), .array(let two)):
            for (first, second) in zip(one, two) {
                let order = compare(first, second)
                if order != 0 { return order }
            }
            return one.count - two.count
        case (.object(let one), .object(let two)): return compare(sorted(one), sorted(two))
        default: return rank(left) - rank(right)
        }
    }

    private static func compare(_ left: [JSONObject.Member], _ right: [JSONObject.Member]) -> Int {
        for (first, second) in zip(left, right) {
            let names = compare(first.key, second.key)
            if names != 0 { return names }
            let values = compare(first.value, second.value)
            if values != 0 { return values }
        }
        return left.count - right.count
    }

    private static func sorted(_ object: JSONObject) -> [JSONObject.Member] {
        object.members.sorted { compare($0.key, $1.key) < 0 }
    }

    private static func rank(_ value: JSONValue) -> Int {
        switch value {
        case .int, .double: 0
        case .string: 1
        case .bool: 2
        case .array: 3
        case .object: 4
        case .null: 5
        }
    }

    /// A number equals itself in either form.
    static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool { left == right || compare(left, right) == 0 }
}
