package import JSON

/// A patch that cannot be applied.
package enum PatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The patch itself is malformed: 400.
    case malformed(String)
    /// The patch is fine but does not fit the object: 422.
    case notApplicable(String)
    /// More work than a request may ask for: 413.
    case tooLarge(String)

    package var description: String {
        switch self {
        case .malformed(let text), .notApplicable(let text), .tooLarge(let text): text
        }
    }
}

/// RFC 6902.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/patch.go`, `jsonPatcher`.
package enum JSONPatch {
    package static let operationsMax = 10_000
    /// Nesting that a patch may build up.
    package static let depthMax = 512
    /// Bytes that `copy` may add in one patch.
    package static let copiedBytesMax = 3 * 1024 * 1024

    package static func apply(_ patch: JSONValue, to document: JSONValue) throws(PatchError) -> JSONValue {
        guard let operations = patch.array else {
            throw .malformed("json: cannot unmarshal into Go value of type jsonpatch.Patch")
        }
        guard operations.count <= operationsMax else {
            throw .tooLarge("The allowed maximum operations in a JSON patch is \(operationsMax), got \(operations.count)")
        }
        var result = document
        var work = Work(depth: TreeDepth.of(document, max: depthMax))
        for operation in operations { try apply(operation, to: &result, &work) }
        return result
    }

    /// What a patch has cost so far.
    private struct Work {
        var copiedBytes = 0
        /// The document is nested at most this deep.
        var depth: Int

        /// Notes that a value of `depth` is put below a path.
        mutating func put(depth: Int, below path: [String]) throws(PatchError) {
            self.depth = max(self.depth, depth + path.count)
            guard self.depth <= depthMax else { throw .notApplicable("exceeded max depth of \(depthMax)") }
        }
    }

    private static func apply(_ operation: JSONValue, to document: inout JSONValue, _ work: inout Work) throws(PatchError) {
        guard operation.object != nil, let name = operation["op"]?.string, let text = operation["path"]?.string else {
            throw .malformed("Invalid JSON Patch: an operation needs op and path")
        }
        let path = try pointer(text)
        switch name {
        case "add":
            let value = try value(operation)
            try work.put(depth: TreeDepth.of(value, max: depthMax), below: path)
            try write(value, at: path[...], in: &document, mode: .add)
        case "replace":
            let value = try value(operation)
            try work.put(depth: TreeDepth.of(value, max: depthMax), below: path)
            try write(value, at: path[...], in: &document, mode: .replace)
        case "remove":
            _ = try remove(at: path[...], in: &document)
        case "move":
            let from = try pointer(operation["from"]?.string ?? "")
            guard !path.starts(with: from) || path == from else { throw .notApplicable("cannot move \(text) into itself") }
            try work.put(depth: max(0, work.depth - from.count), below: path)
            let found = try remove(at: from[...], in: &document)
            try write(found, at: path[...], in: &document, mode: .add)
        case "copy":
            let from = try pointer(operation["from"]?.string ?? "")
            guard let found = read(from, in: document) else { throw .notApplicable("nothing to copy from") }
            try work.put(depth: max(0, work.depth - from.count), below: path)
            work.copiedBytes += JSONWriter.write(found).count
            guard work.copiedBytes <= copiedBytesMax else {
                throw .notApplicable(
                    "Unable to complete the copy, the accumulated size increase of copy is \(work.copiedBytes) bytes, exceeding the limit "
                        + "\(copiedBytesMax)")
            }
            try write(found, at: path[...], in: &document, mode: .add)
        case "test":
            let expected = operation["value"] ?? .null
            guard (read(path, in: document) ?? .null) == expected else {
                throw .notApplicable("testing value \(text) failed")
            }
        default: throw .malformed("Unexpected kind: \(name)")
        }
    }

    private static func value(_ operation: JSONValue) throws(PatchError) -> JSONValue {
        guard let value = operation["value"] else { throw .malformed("Invalid JSON Patch: an operation needs a value") }
        return value
    }

    /// `/spec/containers/0` to its parts; `~1` is a slash, `~0` a tilde.
    private static func pointer(_ text: String) throws(PatchError) -> [String] {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { throw .malformed("Invalid JSON Patch: path \(text)") }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(unescaped)
    }

    private static func unescaped(_ part: Substring) -> String {
        guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
        var result = ""
        var escaped = false
        for character in part {
            if escaped {
                result += character == "1" ? "/" : character == "0" ? "~" : "~\(character)"
                escaped = false
            } else if character == "~" {
                escaped = true
            } else {
                result.append(character)
            }
        }
        return escaped ? result + "~" : result
    }

    private static func read(_ path: [String], in document: JSONValue) -> JSONValue? {
        var current = document
        for part in path {
            switch current {
            case .object: guard let next = current[part] else { return nil }; current = next
            case .array(let values):
                guard let index = Int(part), values.indices.contains(index) else { return nil }
                current = values[index]
            default: return nil
            }
        }
        return current
    }

    private enum Mode { case add, replace }

    private static func write(
        _ value: JSONValue, at path: ArraySlice<String>, in node: inout JSONValue, mode: Mode
    ) throws(PatchError) {
        guard let part = path.first else {
            node = value
            return
        }
        let isLast = path.count == 1
        switch node {
        case .object:
            if isLast {
                if mode == .replace, node[part] == nil {
                    throw .notApplicable("replace operation does not apply: missing key \(part)")
                }
                node[part] = value
                return
            }
            guard var child = node[part] else { throw .notApplicable("operation does not apply: missing path \(part)") }
            try write(value, at: path.dropFirst(), in: &child, mode: mode)
            node[part] = child
        case .array(var values):
            if isLast, mode == .add {
                let index = try part == "-" ? values.count : index(part, max: values.count)
                values.insert(value, at: index)
            } else {
                let index = try index(part, max: values.count - 1)
                try write(value, at: path.dropFirst(), in: &values[index], mode: mode)
            }
            node = .array(values)
        default: throw .notApplicable("operation does not apply: \(part) is not below an object or array")
        }
    }

    private static func remove(at path: ArraySlice<String>, in node: inout JSONValue) throws(PatchError) -> JSONValue {
        guard let part = path.first else {
            defer { node = .null }
            return node
        }
        let isLast = path.count == 1
        switch node {
        case .object:
            guard var child = node[part] else { throw .notApplicable("Unable to remove nonexistent key: \(part)") }
            if isLast {
                node[part] = nil
                return child
            }
            let found = try remove(at: path.dropFirst(), in: &child)
            node[part] = child
            return found
        case .array(var values):
            let index = try index(part, max: values.count - 1)
            let found = isLast ? values.remove(at: index) : try remove(at: path.dropFirst(), in: &values[index])
            node = .array(values)
            return found
        default: throw .notApplicable("Unable to remove nonexistent key: \(part)")
        }
    }

    private static func index(_ text: String, max: Int) throws(PatchError) -> Int {
        guard let index = Int(text), index >= 0, index <= max, text == String(index) else {
            throw .notApplicable("Unable to access invalid index: \(text)")
        }
        return index
    }
}

/// RFC 7396.
package enum MergePatch {
    package static func apply(_ patch: JSONValue, to document: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = MemberTable(document.object ?? [:])
        for member in changes.members {
            if member.value.isNull {
                result[member.key] = .none
            } else {
                result[member.key] = apply(member.value, to: result[member.key] ?? .null)
            }
        }
        return .object(result.object)
    }
}
