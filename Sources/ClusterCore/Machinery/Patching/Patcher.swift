package import API
package import JSON

/// Applies the body of a PATCH to an object and gives the canonical result.
///
/// Server-side apply is no patch of this kind: `FieldManager` merges it.
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/patch.go`.
package struct Patcher: Sendable {
    private let decoder: BodyDecoder
    private let schema: Schema

    package init(decoder: BodyDecoder, schema: Schema = .kubernetes) {
        self.decoder = decoder
        self.schema = schema
    }

    /// - Parameters:
    ///   - contentType: Which patch it is; anything but the JSON, merge and strategic forms is refused with 415.
    ///   - current: The object as clients see it, in the kind's version.
    ///   - kind: The kind of the object: that of the subresource for `scale`.
    package func apply(
        _ bytes: [UInt8], contentType: String?, to current: JSONValue, kind: GroupVersionKind,
        fieldValidation: FieldValidation = .warn
    ) throws(Status) -> BodyDecoder.Decoded {
        let mediaType = BodyDecoder.mediaType(contentType)
        guard APIErrors.patchMediaTypes.dropLast().contains(mediaType), let type = schema.id(of: kind) else {
            throw APIErrors.unsupportedMediaType(accepted: APIErrors.patchMediaTypes)
        }
        let edited = try Self.edited(bytes, mediaType, current, fieldValidation) { patch throws(PatchError) in
            try StrategicMergePatch.apply(patch, to: current, as: type, schema: schema)
        }
        let patched = edited.object
        let isStrategic = mediaType == "application/strategic-merge-patch+json"
        let shown: String = isStrategic ? GoFormat.print(edited.patch) : JSONWriter.text(patched)
        if isStrategic, let problem = UnstructuredConversion(schema: schema).problem(patched, type) {
            throw Self.invalid(shown, problem)
        }
        return try decode(patched, edited.strictErrors, kind, type, shown, fieldValidation)
    }

    /// What a patch makes of a tree, not yet read as an object, and what a strict reader minds about the patch itself.
    ///
    /// - Parameters:
    ///   - mediaType: One of the three forms.
    ///   - strategic: Carries out a strategic merge patch, which is known to be an object.
    static func edited(
        _ bytes: [UInt8], _ mediaType: String, _ current: JSONValue, _ fieldValidation: FieldValidation,
        strategic: (JSONValue) throws(PatchError) -> JSONValue
    ) throws(Status) -> (patch: JSONValue, object: JSONValue, strictErrors: [String]) {
        var duplicates: [JSONParser.DuplicateKey] = []
        let patch: JSONValue
        do throws(JSONError) {
            patch = try JSONParser.parse(bytes, duplicates: &duplicates)
        } catch {
            throw unreadable(mediaType, "\(error)", fieldValidation)
        }
        var strictErrors = duplicates.map { "duplicate field \"\(path($0))\"" }
        do throws(PatchError) {
            if mediaType == "application/json-patch+json" {
                if fieldValidation != .ignore {
                    strictErrors = try (strictErrors + JSONPatch.unknownMembers(patch)).map { "json patch " + $0 }
                }
                return (patch, try JSONPatch.apply(patch, to: current), strictErrors)
            }
            guard patch.object != nil else { throw .malformed(noMap(patch)) }
            let isMerge = mediaType == "application/merge-patch+json"
            return (patch, isMerge ? MergePatch.apply(patch, to: current) : try strategic(patch), strictErrors)
        } catch {
            if case .malformed(let text) = error, patch.object == nil || mediaType == "application/json-patch+json",
                patch.array == nil || mediaType != "application/json-patch+json"
            {
                throw unreadable(mediaType, text, fieldValidation)
            }
            throw status(error)
        }
    }

    private static func noMap(_ patch: JSONValue) -> String {
        "json: cannot unmarshal \(BodyDecoder.word(patch)) into Go value of type map[string]interface {}"
    }

    /// A patch that is not of its form; each form says so in its own way.
    private static func unreadable(_ mediaType: String, _ why: String, _ fieldValidation: FieldValidation) -> Status {
        switch mediaType {
        case "application/strategic-merge-patch+json": APIErrors.badRequest(why)
        case "application/merge-patch+json" where fieldValidation == .ignore: APIErrors.badRequest("Invalid JSON Patch")
        case "application/json-patch+json" where fieldValidation == .ignore: APIErrors.badRequest(why)
        default: APIErrors.badRequest("error decoding patch: \(why)")
        }
    }

    private static func invalid(_ shown: String, _ why: String) -> Status {
        APIErrors.invalid(
            GroupVersionKind(group: "", version: "", kind: ""), "", [.invalid(FieldPath("patch"), .string(shown), why)])
    }

    private func decode(
        _ patched: JSONValue, _ duplicates: [String], _ kind: GroupVersionKind, _ type: MessageID,
        _ shown: String, _ fieldValidation: FieldValidation
    ) throws(Status) -> BodyDecoder.Decoded {
        guard patched["kind"]?.string ?? kind.kind == kind.kind,
            patched["apiVersion"]?.string ?? kind.apiVersion == kind.apiVersion
        else {
            throw APIErrors.badRequest(
                "the API version in the data (\(patched["apiVersion"]?.string ?? "")) does not match the expected API version "
                    + "(\(kind.apiVersion))")
        }
        let all: [String]
        do throws(TreeDecoder.TypeError) {
            let strict = try TreeDecoder.decode(patched, as: type, schema: schema).strictErrors
            all = duplicates + strict
            if fieldValidation == .strict, !all.isEmpty {
                throw TreeDecoder.TypeError(description: "strict decoding error: " + all.joined(separator: ", "))
            }
        } catch {
            throw Self.invalid(shown, error.description)
        }
        var decoded = try decoder.decode(patched, as: kind, .ignore)
        decoded.warnings = fieldValidation == .warn ? all : []
        return decoded
    }

    private static func path(_ duplicate: JSONParser.DuplicateKey) -> String {
        var text = ""
        for part in duplicate.path + [duplicate.key] {
            text += text.isEmpty || part.hasPrefix("[") ? part : "." + part
        }
        return text
    }

    private static func status(_ error: PatchError) -> Status {
        switch error {
        case .malformed(let text): APIErrors.badRequest(text)
        case .failed(let text): Status(code: 500, reason: "", message: text)
        case .tooLarge(let text): Status(code: 413, reason: "RequestEntityTooLarge", message: text)
        case .notApplicable:
            Status(
                code: 422, reason: "Invalid",
                message: "the server rejected our request due to an error in our request", details: Status.Details())
        }
    }
}
