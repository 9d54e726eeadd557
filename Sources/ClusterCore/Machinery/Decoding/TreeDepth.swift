import JSON

/// How deep a tree is nested; counted without recursion, so any tree can be asked.
enum TreeDepth {
    /// Stops counting beyond `max`.
    static func of(_ value: JSONValue, max: Int) -> Int {
        var level = [value]
        var depth = 0
        while !level.isEmpty, depth <= max {
            depth += 1
            var next: [JSONValue] = []
            for value in level {
                switch value {
                case .array(let values): next += values
                case .object(let object): next += object.members.map(\.value)
                default: break
                }
            }
            level = next
        }
        return depth
    }
}
