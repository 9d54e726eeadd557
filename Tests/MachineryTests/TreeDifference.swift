import JSON

/// The first place where two trees differ, for readable failures; nil when they are equal.
func difference(_ left: JSONValue, _ right: JSONValue, at path: String = "") -> String? {
    if left == right { return nil }
    switch (left, right) {
    case (.object(let one), .object(let two)):
        for key in one.keys + two.keys where one[key] != two[key] {
            guard let first = one[key], let second = two[key] else {
                return
                    "\(path).\(key): \(one[key].map(JSONWriter.text) ?? "absent") and \(two[key].map(JSONWriter.text) ?? "absent")"
            }
            return difference(first, second, at: "\(path).\(key)")
        }
        return "\(path): repeated keys"
    case (.array(let one), .array(let two)) where one.count == two.count:
        for (index, pair) in zip(one, two).enumerated() where pair.0 != pair.1 {
            return difference(pair.0, pair.1, at: "\(path)[\(index)]")
        }
        return path
    default: return "\(path): \(JSONWriter.text(left)) and \(JSONWriter.text(right))"
    }
}
