import API
import JSON
import Machinery

/// What another server publishes of its group and version in OpenAPI. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `kube-aggregator/pkg/controllers/openapi/aggregator`, `openapiv3/aggregator`.
struct RemoteDocuments: Hashable, Sendable {
    /// `metrics.k8s.io/v1beta1`.
    var groupVersion: String
    /// Its document of version 3 as it came; empty: it has none.
    var version3: [UInt8] = []
    /// The content's own hash, which names the document.
    var version3Tag = ""
    /// Where the server has it, and what the server calls its state.
    var version3Path = ""
    /// Its part of the document of version 2: the paths of the group and version, and the definitions that they lead to.
    var paths: JSONValue = [:]
    var definitions: JSONValue = [:]
    /// What the server calls the state of its document of version 2.
    var version2Tag = ""

    init(groupVersion: String) { self.groupVersion = groupVersion }

    /// Takes over a whole document of version 2.
    mutating func setVersion2(_ document: JSONValue, tag: String) {
        version2Tag = tag
        (paths, definitions) = ([:], [:])
        for member in document["paths"]?.object?.members ?? [] where isOwn(member.key) { paths[member.key] = member.value }
        var open = Self.references(paths)
        while let name = open.popLast() {
            guard definitions[name] == nil, let found = document["definitions"]?[name] else { continue }
            definitions[name] = found
            open += Self.references(found)
        }
    }

    private func isOwn(_ path: String) -> Bool {
        path == "/apis/\(groupVersion)" || path.hasPrefix("/apis/\(groupVersion)/")
    }

    /// Adds the part to a document; a definition that says something else under a name that is taken gets another name.
    ///
    /// - Returns: What was added.
    @discardableResult
    func merge(into document: inout JSONValue) -> (paths: JSONValue, definitions: JSONValue) {
        var names: [String: String] = [:]
        var added: JSONValue = [:]
        for member in definitions.object?.members ?? [] {
            guard let known = document["definitions"]?[member.key] else {
                added[member.key] = member.value
                continue
            }
            // Words may differ between releases; what clients read is the shape.
            if Self.shape(known) == Self.shape(member.value) { continue }
            var number = 2
            while document["definitions"]?["\(member.key)_v\(number)"] != nil { number += 1 }
            names[member.key] = "\(member.key)_v\(number)"
            added["\(member.key)_v\(number)"] = member.value
        }
        var newPaths: JSONValue = [:]
        for member in paths.object?.members ?? [] where document["paths"]?[member.key] == nil {
            newPaths[member.key] = Self.renamed(member.value, names)
        }
        added = Self.renamed(added, names)
        for member in added.object?.members ?? [] { document[path: ["definitions", member.key]] = member.value }
        for member in newPaths.object?.members ?? [] { document[path: ["paths", member.key]] = member.value }
        return (newPaths, added)
    }

    private static let prefix = "#/definitions/"

    private static func references(_ value: JSONValue) -> [String] {
        switch value {
        case .array(let items): items.flatMap(references)
        case .object(let object):
            object.members.flatMap { member -> [String] in
                if member.key == "$ref", let text = member.value.string, text.hasPrefix(prefix) {
                    return [String(text.dropFirst(prefix.count))]
                }
                return references(member.value)
            }
        default: []
        }
    }

    private static func renamed(_ value: JSONValue, _ names: [String: String]) -> JSONValue {
        guard !names.isEmpty else { return value }
        switch value {
        case .array(let items): return .array(items.map { renamed($0, names) })
        case .object(let object):
            var result: JSONValue = [:]
            for member in object.members {
                if member.key == "$ref", let text = member.value.string, text.hasPrefix(prefix),
                    let name = names[String(text.dropFirst(prefix.count))]
                {
                    result[member.key] = .string(prefix + name)
                } else {
                    result[member.key] = renamed(member.value, names)
                }
            }
            return result
        default: return value
        }
    }

    private static func shape(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map(shape))
        case .object(let object):
            var result: JSONValue = [:]
            // A property may be called `description`; then it is an object.
            for member in object.members where member.key != "description" || member.value.object != nil {
                result[member.key] = shape(member.value)
            }
            return result
        default: return value
        }
    }
}
