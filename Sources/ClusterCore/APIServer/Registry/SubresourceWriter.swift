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
        try registry.access.admitCreateBelow(kind, key, subresource, body, options.user)
        var options = options
        options.subresource = subresource
        let body = try await registry.admitSubresource(.create, kind, key, body, options)
        options.needsAdmission = false
        switch subresource {
        case "binding":
            try await PodBinding.bind(registry, key, body, options)
            return WriteResult(code: 201, .document(Self.success), registry)
        case "eviction":
            try await Eviction(registry: registry, kind: kind, key: key, options: options).evict(body)
            return WriteResult(code: 201, .document(Self.success), registry)
        case "token":
            return WriteResult(code: 201, .document(try tokens.issue(kind, key, body)), registry)
        default: throw APIErrors.methodNotSupported(kind.gvr, "create")
        }
    }

    package func update(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ body: JSONValue, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        var options = options
        options.subresource = subresource
        switch subresource {
        case "scale":
            return try await scale(kind, key, options) { _ throws(Status) in (body, []) }
        case "finalize":
            let object = try await registry.modify(
                kind, key, part: .special, options, books: .update(subresource: subresource)
            ) { old throws(Status) in
                var new = old
                new[path: ["spec", "finalizers"]] = body["spec"]?["finalizers"] ?? []
                new[path: ["metadata", "resourceVersion"]] = body["metadata"]?["resourceVersion"]
                let errors = kind.rules.validateSubresourceUpdate(subresource, new: new, old: old)
                guard errors.isEmpty else { throw APIErrors.invalid(kind.gvk, key.name, errors) }
                return new
            }
            return WriteResult(.object(object, kind), registry)
        case "", "status":
            let (object, created) = try await registry.update(
                kind, key, body, part: WritePart(subresource: subresource), options)
            return WriteResult(code: created ? 201 : 200, .object(object, kind), registry)
        case "approval":
            return WriteResult(.object(try await approve(kind, key, options) { _ in body }, kind), registry)
        default:
            let object = try await registry.modify(
                kind, key, part: .special, options, books: .update(subresource: subresource)
            ) { old throws(Status) in
                try SubresourcePart.merge(subresource, body, into: old, kind)
            }
            return WriteResult(.object(object, kind), registry)
        }
    }

    package func patch(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ patch: PatchBody, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        let mediaType = BodyDecoder.mediaType(patch.contentType)
        let accepted = kind.custom == nil ? APIErrors.patchMediaTypes : CustomResourceDecoder.patchMediaTypes
        guard accepted.contains(mediaType) else { throw APIErrors.unsupportedMediaType(accepted: accepted) }
        var options = options
        options.subresource = subresource
        if mediaType == ApplyConfiguration.mediaType {
            return try await apply(kind, key, subresource, patch, options)
        }
        if subresource == "scale" {
            return try await scale(kind, key, options) { current throws(Status) in
                let decoded = try registry.patcher.apply(
                    patch.bytes, contentType: patch.contentType, to: current, kind: Scale.gvk,
                    fieldValidation: patch.fieldValidation)
                return (decoded.object, decoded.warnings)
            }
        }
        var warnings: [String] = []
        if subresource == "approval" {
            let object = try await approve(kind, key, options) { old throws(Status) in
                let decoded = try registry.patcher.apply(
                    patch.bytes, contentType: patch.contentType, to: old, kind: kind.gvk,
                    fieldValidation: patch.fieldValidation)
                warnings = decoded.warnings
                return decoded.object
            }
            return WriteResult(.object(object, kind), warnings: warnings, registry)
        }
        let object = try await registry.modify(
            kind, key, part: WritePart(subresource: subresource), options, books: .update(subresource: subresource)
        ) { old throws(Status) in
            let decoded = try registry.patched(old, by: patch, kind)
            warnings = decoded.warnings
            var new = decoded.object
            let found = old["metadata"]?["resourceVersion"]
            // A patch that does not mention the revision is made again on the newest object when someone was faster.
            if new["metadata"]?["resourceVersion"] == found { new[path: ["metadata", "resourceVersion"]] = nil }
            try registry.checkPlace(new, kind, key)
            if subresource.isEmpty || subresource == "status" { return new }
            return try SubresourcePart.merge(subresource, new, into: old, kind)
        }
        return WriteResult(.object(object, kind), warnings: warnings, registry)
    }
}
