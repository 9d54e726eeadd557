package import API
import ControlLoop
package import JSON
package import Machinery

/// What a write answers: an object in the cache, or a document made for the answer.
package struct WriteResult: Sendable {
    package enum Content: Sendable {
        case object(CachedObject, KindDefinition)
        case document(JSONValue)
    }

    package var code: Int
    package var content: Content
    package var warnings: [String] = []
    private let registry: ObjectRegistry

    init(code: Int = 200, _ content: Content, warnings: [String] = [], _ registry: ObjectRegistry) {
        self.code = code
        self.content = content
        self.warnings = warnings
        self.registry = registry
    }

    package var json: JSONValue {
        switch content {
        case .object(let object, let kind): registry.tree(object, as: kind)
        case .document(let value): value
        }
    }
}

/// The body of a PATCH.
package struct PatchBody: Sendable {
    package var bytes: [UInt8]
    package var contentType: String?
    package var fieldValidation: FieldValidation

    package init(bytes: [UInt8], contentType: String?, fieldValidation: FieldValidation) {
        self.bytes = bytes
        self.contentType = contentType
        self.fieldValidation = fieldValidation
    }
}

/// Writes to objects and to what hangs below them: `status`, `scale`, `binding`, `eviction`, `finalize`, `token`.
package struct SubresourceWriter: Sendable {
    let registry: ObjectRegistry
    let tokens: TokenIssuer

    package init(registry: ObjectRegistry, tokens: TokenIssuer) {
        self.registry = registry
        self.tokens = tokens
    }

    private static let success: JSONValue = [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201,
    ]

    package func create(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ body: JSONValue, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        switch subresource {
        case "binding":
            try await PodBinding.bind(registry, key, body, options)
            return WriteResult(code: 201, .document(Self.success), registry)
        case "eviction":
            let deletion = DeleteOptionsReader.options(body["deleteOptions"] ?? [:])
            _ = try await registry.delete(kind, key, deletion, options)
            return WriteResult(code: 201, .document(Self.success), registry)
        case "token":
            return WriteResult(code: 201, .document(try tokens.issue(kind, key, body)), registry)
        default: throw APIErrors.methodNotSupported(kind.gvr, "create")
        }
    }

    package func update(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ body: JSONValue, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        switch subresource {
        case "scale":
            return try await scale(kind, key, options) { _ throws(Status) in (body, []) }
        case "finalize":
            let object = try await registry.modify(kind, key, part: .special, options) { old throws(Status) in
                var new = old
                new[path: ["spec", "finalizers"]] = body["spec"]?["finalizers"] ?? []
                new[path: ["metadata", "resourceVersion"]] = body["metadata"]?["resourceVersion"]
                return new
            }
            return WriteResult(.object(object, kind), registry)
        case "", "status":
            let (object, created) = try await registry.update(
                kind, key, body, part: WritePart(subresource: subresource), options)
            return WriteResult(code: created ? 201 : 200, .object(object, kind), registry)
        default:
            let object = try await registry.modify(kind, key, part: .special, options) { old throws(Status) in
                try SubresourcePart.merge(subresource, body, into: old, kind)
            }
            return WriteResult(.object(object, kind), registry)
        }
    }

    package func patch(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ patch: PatchBody, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        if subresource == "scale" {
            return try await scale(kind, key, options) { current throws(Status) in
                let decoded = try registry.patcher.apply(
                    patch.bytes, contentType: patch.contentType, to: current, kind: Scale.gvk,
                    fieldValidation: patch.fieldValidation)
                return (decoded.object, decoded.warnings)
            }
        }
        var warnings: [String] = []
        let object = try await registry.modify(kind, key, part: WritePart(subresource: subresource), options) {
            old throws(Status) in
            let decoded = try registry.patcher.apply(
                patch.bytes, contentType: patch.contentType, to: old, kind: kind.gvk,
                fieldValidation: patch.fieldValidation)
            warnings = decoded.warnings
            var new = decoded.object
            let found = old["metadata"]?["resourceVersion"]
            // A patch that does not mention the revision is made again on the newest object when someone was faster.
            if new["metadata"]?["resourceVersion"] == found { new[path: ["metadata", "resourceVersion"]] = nil }
            guard new["metadata"]?["name"]?.string == key.name else {
                throw APIErrors.badRequest(
                    "the name of the object (\(new["metadata"]?["name"]?.string ?? "")) does not match the name on the URL "
                        + "(\(key.name))")
            }
            if subresource.isEmpty || subresource == "status" { return new }
            return try SubresourcePart.merge(subresource, new, into: old, kind)
        }
        return WriteResult(.object(object, kind), warnings: warnings, registry)
    }

    func scale(
        _ kind: KindDefinition, _ key: NamespacedName, _ options: WriteOptions,
        _ change: (JSONValue) throws(Status) -> (JSONValue, [String])
    ) async throws(Status) -> WriteResult {
        var warnings: [String] = []
        let object = try await registry.modify(kind, key, part: .whole, options) { old throws(Status) in
            let current = Scale.read(old)
            let (wanted, found) = try change(current)
            warnings = found
            let replicas = wanted["spec"]?["replicas"]?.int ?? 0
            guard replicas >= 0 else {
                throw APIErrors.invalid(
                    Scale.gvk, key.name,
                    [.invalid(FieldPath("spec")("replicas"), .int(replicas), "must be greater than or equal to 0")])
            }
            var new = old
            new[path: ["spec", "replicas"]] = .int(replicas)
            let revision = wanted["metadata"]?["resourceVersion"]
            let isUnchanged = revision == current["metadata"]?["resourceVersion"]
            new[path: ["metadata", "resourceVersion"]] = isUnchanged ? nil : revision
            return new
        }
        return WriteResult(.document(Scale.read(registry.tree(object, as: kind))), warnings: warnings, registry)
    }
}
