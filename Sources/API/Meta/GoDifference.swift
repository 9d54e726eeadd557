package import JSON

/// The difference of two values in the form that upstream appends to some refusals: Go syntax, a line per field, a minus
/// for what was and a plus for what is wanted. Upstream calls the text unstable, so nobody may parse it.
///
/// - SeeAlso: Kubernetes 1.36 `ValidatePodUpdate`, which prints `cmp.Diff` of `github.com/google/go-cmp`.
package enum GoDifference {
    /// - Parameter type: The Go type, `core.PodSpec`, whose fields the table of `api.core.v1.PodSpec` names.
    package static func print(_ type: String, from old: JSONValue, to new: JSONValue) -> String {
        let name = type.split(separator: ".").last.map(String.init) ?? type
        var lines = ["  \(type){"]
        lines += fields(Schema.kubernetes.type(named: "api.core.v1.\(name)"), old, new, depth: 1)
        return (lines + ["  }", ""]).joined(separator: "\n")
    }

    /// Fields of a pod that upstream keeps elsewhere once it has read them.
    private static let moved: Set<String> = [
        "serviceAccount", "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers",
    ]

    /// Where upstream's struct has a field: in order of number, but for those of a pod that came later.
    private static func place(_ field: FieldDescriptor) -> (Int, Int) {
        switch field.name {
        case "initContainers": (1, 1)
        case "ephemeralContainers": (2, 1)
        case "automountServiceAccountToken": (8, 1)
        default: (field.number, 0)
        }
    }

    private static func fields(_ type: MessageType?, _ old: JSONValue, _ new: JSONValue, depth: Int) -> [String] {
        guard let type else { return entries(old, new, depth: depth) }
        var lines: [String] = []
        var identical = 0
        for field in type.fields.sorted(by: { place($0) < place($1) })
        where !moved.contains(field.name) || old[field.name] != new[field.name] {
            let (was, wanted) = (old[field.name] ?? .null, new[field.name] ?? .null)
            if SemanticEquality.equal(was, wanted) {
                identical += 1
                continue
            }
            lines += elided(&identical, "field", depth: depth)
            lines += change(field, was, wanted, depth: depth)
        }
        return lines + elided(&identical, "field", depth: depth)
    }

    private static func change(
        _ field: FieldDescriptor, _ old: JSONValue, _ new: JSONValue, depth: Int
    ) -> [String] {
        let name = GoValue.goName(field.name)
        switch (old, new) {
        case (.object, .object):
            let type = field.type.isMessage ? field.type.message.map { Schema.kubernetes[$0] } : nil
            let header = type.map { (field.isPointer ? "&" : "") + "core." + $0.shortName } ?? "map[string]string"
            return [line(" ", depth, "\(name): \(header){")] + fields(type, old, new, depth: depth + 1)
                + [line(" ", depth, "},")]
        case (.array(let before), .array(let after)):
            let type = field.type.message.map { Schema.kubernetes[$0] }
            return [line(" ", depth, "\(name): []\(type.map { "core." + $0.shortName } ?? "string"){")]
                + elements(type, before, after, depth: depth + 1) + [line(" ", depth, "},")]
        default:
            return [
                line("-", depth, "\(name): \(text(old, field)),"), line("+", depth, "\(name): \(text(new, field)),"),
            ]
        }
    }

    private static func elements(
        _ type: MessageType?, _ old: [JSONValue], _ new: [JSONValue], depth: Int
    ) -> [String] {
        var lines: [String] = []
        var identical = 0
        for index in 0..<max(old.count, new.count) {
            let was: JSONValue? = old.indices.contains(index) ? .some(old[index]) : .none
            let wanted: JSONValue? = new.indices.contains(index) ? .some(new[index]) : .none
            if let was, let wanted, SemanticEquality.equal(was, wanted) {
                identical += 1
                continue
            }
            lines += elided(&identical, "element", depth: depth)
            if let was, let wanted, was.object != nil, wanted.object != nil {
                lines.append(line(" ", depth, "{"))
                lines += fields(type, was, wanted, depth: depth + 1)
                lines.append(line(" ", depth, "},"))
            } else {
                if let was { lines.append(line("-", depth, inline(was) + ",")) }
                if let wanted { lines.append(line("+", depth, inline(wanted) + ",")) }
            }
        }
        return lines + elided(&identical, "element", depth: depth)
    }

    private static func entries(_ old: JSONValue, _ new: JSONValue, depth: Int) -> [String] {
        var lines: [String] = []
        var identical = 0
        let keys = Set((old.object?.keys ?? []) + (new.object?.keys ?? []))
        for key in keys.sorted() {
            if SemanticEquality.equal(old[key], new[key]) {
                identical += 1
                continue
            }
            if let was = old[key] { lines.append(line("-", depth, "\"\(key)\": \(inline(was)),")) }
            if let wanted = new[key] { lines.append(line("+", depth, "\"\(key)\": \(inline(wanted)),")) }
        }
        return elided(&identical, "entr", depth: depth) + lines
    }

    private static func elided(_ count: inout Int, _ what: String, depth: Int) -> [String] {
        defer { count = 0 }
        if count == 0 { return [] }
        let plural = what == "entr" ? (count == 1 ? "entry" : "entries") : count == 1 ? what : what + "s"
        return [line(" ", depth, "... // \(count) identical \(plural)")]
    }

    private static func line(_ sign: String, _ depth: Int, _ text: String) -> String {
        "\(sign) \(String(repeating: "\t", count: depth))\(text)"
    }

    private static func text(_ value: JSONValue, _ field: FieldDescriptor) -> String {
        if !value.isNull { return (field.isPointer ? "&" : "") + inline(value) }
        if field.isPointer { return "nil" }
        switch field.type {
        case .string: return "\"\""
        case .int32, .int64, .double: return "0"
        case .bool: return "false"
        default: return "nil"
        }
    }

    private static func inline(_ value: JSONValue) -> String {
        switch value {
        case .object(let object):
            "{" + object.members.map { "\(GoValue.goName($0.key)): \(inline($0.value))" }.joined(separator: ", ") + "}"
        case .array(let values): "{" + values.map(inline).joined(separator: ", ") + "}"
        case .null: "nil"
        default: JSONWriter.text(value)
        }
    }
}
