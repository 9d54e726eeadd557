package import JSON

/// A patch that cannot be applied.
package enum PatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The patch itself is malformed: 400.
    case malformed(String)
    /// The patch is fine but does not fit the object: 422.
    case notApplicable(String)
    /// A merge that upstream gives up without saying whose fault it is: 500.
    case failed(String)
    /// More work than a request may ask for: 413.
    case tooLarge(String)

    package var description: String {
        switch self {
        case .malformed(let text), .notApplicable(let text), .failed(let text), .tooLarge(let text): text
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
            throw .malformed("json: cannot unmarshal \(BodyDecoder.word(patch)) into Go value of type jsonpatch.Patch")
        }
        guard operations.count <= operationsMax else {
            throw .tooLarge("The allowed maximum operations in a JSON patch is \(operationsMax), got \(operations.count)")
        }
        var result = document
        var work = Work(depth: TreeDepth.of(document, max: depthMax))
        for operation in operations { try apply(operation, to: &result, &work) }
        return result
    }

    /// `unknown field "[0].foo"` for members that no operation has.
    ///
    /// - Throws: When a member is of the wrong type, which only a strict reader minds.
    static func unknownMembers(_ patch: JSONValue) throws(PatchError) -> [String] {
        guard let operations = patch.array else {
            throw .malformed("json: cannot unmarshal \(BodyDecoder.word(patch)) into Go value of type []handlers.jsonPatchOp")
        }
        var unknown: [String] = []
        for (index, operation) in operations.enumerated() {
            guard let object = operation.object else {
                if operation.isNull { continue }
                throw .malformed(
                    "error decoding patch: json: cannot unmarshal \(BodyDecoder.word(operation)) into Go value of type "
                        + "handlers.jsonPatchOp")
            }
            for member in object.members {
                switch member.key {
                case "value": break
                case "op", "path", "from":
                    guard member.value.string != nil || member.value.isNull else {
                        throw .malformed(
                            "error decoding patch: json: cannot unmarshal \(BodyDecoder.word(member.value)) into Go struct field "
                                + "jsonPatchOp.\(member.key) of type string")
                    }
                default: unknown.append("unknown field \"[\(index)].\(member.key)\"")
                }
            }
        }
        return unknown
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

        mutating func copy(_ value: JSONValue) throws(PatchError) {
            copiedBytes += JSONWriter.write(value).count
            guard copiedBytes <= copiedBytesMax else {
                throw .notApplicable(
                    "Unable to complete the copy, the accumulated size increase of copy is \(copiedBytes) bytes, exceeding the limit "
                        + "\(copiedBytesMax)")
            }
        }
    }

    private static func apply(_ operation: JSONValue, to document: inout JSONValue, _ work: inout Work) throws(PatchError) {
        guard let text = operation["path"]?.string else { throw .notApplicable("operation missing path field") }
        let value = operation["value"] ?? .null
        switch operation["op"]?.string ?? "unknown" {
        case "add":
            let path = try pointer(text)
            try work.put(depth: TreeDepth.of(value, max: depthMax), below: path)
            try write(value, at: path[...], in: &document, .add)
        case "replace":
            try work.put(depth: TreeDepth.of(value, max: depthMax), below: text.isEmpty ? [] : pointer(text))
            if text.isEmpty {
                guard value.object != nil || value.array != nil else {
                    throw .notApplicable("replace operation value must be object or array")
                }
                document = value
            } else {
                try write(value, at: pointer(text)[...], in: &document, .set)
            }
        case "remove": try write(.null, at: pointer(text)[...], in: &document, .remove)
        case "move":
            let from = try pointer(operation["from"]?.string)
            guard let found = try read(from[...], in: document) else {
                throw .notApplicable("Unable to remove nonexistent key: \(from.last ?? "")")
            }
            try write(.null, at: from[...], in: &document, .remove)
            let path = try pointer(text)
            try work.put(depth: max(0, work.depth - from.count), below: path)
            try write(found, at: path[...], in: &document, .add)
        case "copy":
            let from = try pointer(operation["from"]?.string)
            let found = try read(from[...], in: document) ?? .null
            let path = try pointer(text)
            try work.put(depth: max(0, work.depth - from.count), below: path)
            try work.copy(found)
            try write(found, at: path[...], in: &document, .add)
        case "test":
            let found = text.isEmpty ? document : try read(pointer(text)[...], in: document) ?? .null
            guard found == value else { throw .notApplicable("testing value \(text) failed") }
        case let name: throw .notApplicable("Unexpected kind: \(name)")
        }
    }

    /// `/spec/containers/0` to its parts; `~1` is a slash, `~0` a tilde. What stands before the first slash says nothing, as upstream's
    /// library has it, and a path without a slash leads nowhere.
    private static func pointer(_ text: String?) throws(PatchError) -> [String] {
        guard let text else { throw .notApplicable("operation, missing from field") }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { throw .notApplicable("doc is missing path: \(text)") }
        return parts.dropFirst().map(unescaped)
    }

    private static func unescaped(_ part: Substring) -> String {
        guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
        return String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
    }

    /// Nil when an object lacks the last part; anything else that is missing does not apply.
    private static func read(_ path: ArraySlice<String>, in node: JSONValue) throws(PatchError) -> JSONValue? {
        guard let part = path.first else { return node }
        let next: JSONValue?
        switch node {
        case .object(let object): next = object[part]
        case .array(let values): next = values[try position(part, count: values.count)]
        default: throw .notApplicable("doc is missing path: \(part)")
        }
        if path.count == 1 { return next }
        guard let next else { throw .notApplicable("doc is missing path: \(part)") }
        return try read(path.dropFirst(), in: next)
    }

    private enum Edit { case add, set, remove }

    /// Changes what is at `path`. An object takes a value whether or not it had one there.
    private static func write(
        _ value: JSONValue, at path: ArraySlice<String>, in node: inout JSONValue, _ edit: Edit
    ) throws(PatchError) {
        guard let part = path.first else { return }
        let isLast = path.count == 1
        switch node {
        case .object(var object):
            node = .null  // the copy above is now the only owner
            defer { node = .object(object) }
            if !isLast {
                guard var child = object[part] else { throw .notApplicable("doc is missing path: \(part)") }
                try write(value, at: path.dropFirst(), in: &child, edit)
                object[part] = child
            } else if edit == .remove {
                guard object[part] != nil else { throw .notApplicable("Unable to remove nonexistent key: \(part)") }
                object[part] = nil
            } else {
                object[part] = value
            }
        case .array(var values):
            node = .null
            defer { node = .array(values) }
            switch (isLast, edit) {
            case (false, _): try write(value, at: path.dropFirst(), in: &values[position(part, count: values.count)], edit)
            case (true, .add):
                values.insert(value, at: part == "-" ? values.count : try position(part, count: values.count + 1))
            case (true, .set): values[try position(part, count: values.count)] = value
            case (true, .remove): values.remove(at: try position(part, count: values.count))
            }
        default: throw .notApplicable("doc is missing path: \(part)")
        }
    }

    /// A negative index counts from the end.
    private static func position(_ text: String, count: Int) throws(PatchError) -> Int {
        guard let index = Int(text), index < count, index >= -count else {
            throw .notApplicable("Unable to access invalid index: \(text)")
        }
        return index < 0 ? index + count : index
    }
}

/// RFC 7396.
package enum MergePatch {
    package static func apply(_ patch: JSONValue, to document: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return document.object == nil ? withoutNulls(patch) : patch }
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

    /// Objects in lists of a patch lose their nulls too.
    private static func withoutNulls(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(withoutNulls))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !$0.value.isNull }
                        .map { JSONObject.Member(key: $0.key, value: withoutNulls($0.value)) }))
        default: value
        }
    }
}
