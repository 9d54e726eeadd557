package import API
package import JSON

/// Reads bodies of custom objects: JSON or YAML, checked and pruned by the schema of their version.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/customresource_handler.go`, `schemaCoercingDecoder`.
package struct CustomResourceDecoder: Sendable {
    private let rules: CustomResourceRules
    private let parseYAML: BodyDecoder.YAMLParser?

    package init(_ rules: CustomResourceRules, parseYAML: BodyDecoder.YAMLParser?) {
        self.rules = rules
        self.parseYAML = parseYAML
    }

    /// What bodies may be written in.
    package static let bodyMediaTypes = ["application/json", "application/yaml"]

    package func decode(
        _ bytes: [UInt8], contentType: String?, fieldValidation: FieldValidation
    ) throws(Status) -> BodyDecoder.Decoded {
        var duplicates: [JSONParser.DuplicateKey] = []
        var repetitions: [String] = []
        let tree: JSONValue
        switch BodyDecoder.mediaType(contentType) {
        case "", "application/json":
            do throws(JSONError) {
                tree = try JSONParser.parse(bytes, duplicates: &duplicates)
            } catch {
                throw cannotDecode("couldn't get version/kind; json parse error: \(error)")
            }
        case "application/yaml":
            guard let parseYAML else { fallthrough }
            do {
                let body = try parseYAML(bytes)
                tree = body.tree
                repetitions = body.repetitions
            } catch {
                throw cannotDecode("error converting YAML to JSON: \(error)")
            }
        default: throw APIErrors.unsupportedMediaType(accepted: Self.bodyMediaTypes)
        }
        try checkKind(tree)
        return try normalize(tree, duplicates: duplicates, repetitions: repetitions, fieldValidation)
    }

    private func cannotDecode(_ why: String) -> Status {
        APIErrors.badRequest("the object provided is unrecognized (must be of type \(rules.kind.kind)): \(why)")
    }

    private func checkKind(_ tree: JSONValue) throws(Status) {
        guard tree.object != nil else {
            throw cannotDecode("couldn't get version/kind; json parse error: json: cannot unmarshal into Go value")
        }
        let kind = tree["kind"]?.string ?? ""
        let apiVersion = tree["apiVersion"]?.string ?? ""
        guard !kind.isEmpty else {
            throw APIErrors.badRequest("Object 'Kind' is missing in '\(JSONWriter.text(tree))'")
        }
        let found = GroupVersionKind(apiVersion: apiVersion, kind: kind)
        guard found.group == rules.kind.group, found.version == rules.kind.version else {
            throw APIErrors.badRequest(
                "the API version in the data (\(apiVersion)) does not match the expected API version (\(rules.kind.apiVersion))")
        }
        guard kind == rules.kind.kind else {
            throw APIErrors.badRequest(
                "\(kind) in version \"\(found.version)\" cannot be handled as a \(rules.kind.kind): no kind \"\(kind)\" is "
                    + "registered for version \"\(apiVersion)\" in scheme \"pkg/apiserver/customresource_handler.go\"")
        }
    }

    /// Checks and makes canonical a tree that is known to be of the kind: metadata, defaults, pruning.
    package func normalize(
        _ tree: JSONValue, duplicates: [JSONParser.DuplicateKey] = [], repetitions: [String] = [],
        _ fieldValidation: FieldValidation
    ) throws(Status) -> BodyDecoder.Decoded {
        guard TreeDepth.of(tree, max: BodyDecoder.depthMax) <= BodyDecoder.depthMax else {
            throw cannotHandle("exceeded max depth of \(BodyDecoder.depthMax)")
        }
        var unknown: [String] = []
        var object = tree
        do throws(FieldError) {
            if let metadata = tree["metadata"], !metadata.isNull {
                object["metadata"] = try EmbeddedObjects.metadata(metadata, FieldPath("metadata"), &unknown)
            }
            StructuralDefaulter.applyDefaults(&object, rules.schema)
            var pruner = StructuralPruner()
            pruner.prune(&object, rules.schema)
            StructuralDefaulter.pruneNulls(&object, rules.schema)
            unknown += pruner.removed
            try EmbeddedObjects.coerce(&object, rules.schema, FieldPath(), &unknown)
        } catch {
            throw cannotHandle(error.description)
        }
        var findings = duplicates.map { "duplicate field \"\(Self.path($0))\"" }
        findings += unknown.map { "unknown field \"\($0)\"" }
        if fieldValidation == .strict, !findings.isEmpty || !repetitions.isEmpty {
            let errors = YAMLBody.strictError(repetitions).map { [$0] } ?? []
            throw cannotHandle("strict decoding error: " + (errors + findings).joined(separator: ", "))
        }
        var result: JSONValue = ["apiVersion": .string(rules.kind.apiVersion), "kind": .string(rules.kind.kind)]
        for member in object.object?.members ?? [] where member.key != "kind" && member.key != "apiVersion" {
            result[member.key] = member.value
        }
        return BodyDecoder.Decoded(object: result, warnings: fieldValidation == .warn ? repetitions + findings : [])
    }

    private func cannotHandle(_ why: String) -> Status {
        APIErrors.badRequest(
            "\(rules.kind.kind) in version \"\(rules.kind.version)\" cannot be handled as a \(rules.kind.kind): \(why)")
    }

    private static func path(_ duplicate: JSONParser.DuplicateKey) -> String {
        var text = ""
        for part in duplicate.path + [duplicate.key] {
            text += text.isEmpty || part.hasPrefix("[") ? part : "." + part
        }
        return text
    }

    // MARK: - Patches

    /// What bodies of PATCH may be, server-side apply apart.
    package static let patchMediaTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml",
    ]

    /// The object after a JSON or merge patch, canonical.
    package func patch(
        _ bytes: [UInt8], contentType: String?, to current: JSONValue, fieldValidation: FieldValidation
    ) throws(Status) -> BodyDecoder.Decoded {
        let mediaType = BodyDecoder.mediaType(contentType)
        guard Self.patchMediaTypes.dropLast().contains(mediaType) else {
            throw APIErrors.unsupportedMediaType(accepted: Self.patchMediaTypes)
        }
        let edited = try Patcher.edited(bytes, mediaType, current, fieldValidation) { _ throws(PatchError) in
            throw .failed("strategic merge patch format is not supported")
        }
        let patched = edited.object
        let found = GroupVersionKind(apiVersion: patched["apiVersion"]?.string ?? "", kind: patched["kind"]?.string ?? "")
        guard found == rules.kind else {
            throw APIErrors.badRequest(
                "the API version in the data (\(found.apiVersion)) does not match the expected API version "
                    + "(\(rules.kind.apiVersion))")
        }
        var strict = try normalize(patched, .warn)
        strict.warnings = edited.strictErrors + strict.warnings
        if fieldValidation == .strict, !strict.warnings.isEmpty {
            throw APIErrors.invalid(
                GroupVersionKind(group: "", version: "", kind: ""), "",
                [
                    .invalid(
                        FieldPath("patch"), .string(JSONWriter.text(patched)),
                        "strict decoding error: " + strict.warnings.joined(separator: ", "))
                ])
        }
        return fieldValidation == .warn ? strict : BodyDecoder.Decoded(object: strict.object, warnings: [])
    }
}
