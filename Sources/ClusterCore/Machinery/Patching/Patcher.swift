package import API
package import JSON

/// Applies the body of a PATCH to an object and gives the canonical result.
///
/// Server-side apply is refused as an unknown format.
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
        var duplicates: [JSONParser.DuplicateKey] = []
        let patch: JSONValue
        do throws(JSONError) {
            patch = try JSONParser.parse(bytes, duplicates: &duplicates)
        } catch {
            throw APIErrors.badRequest("error decoding patch: \(error)")
        }
        let patched: JSONValue
        do throws(PatchError) {
            switch mediaType {
            case "application/json-patch+json": patched = try JSONPatch.apply(patch, to: current)
            case "application/merge-patch+json":
                guard patch.object != nil else { throw .malformed("Invalid JSON Patch") }
                patched = MergePatch.apply(patch, to: current)
            default: patched = try StrategicMergePatch.apply(patch, to: current, as: type, schema: schema)
            }
        } catch {
            throw Self.status(error)
        }
        let isStrategic = mediaType == "application/strategic-merge-patch+json"
        let shown: String = isStrategic ? GoFormat.print(patch) : JSONWriter.text(patched)
        return try decode(patched, duplicates, kind, type, shown, fieldValidation)
    }

    private func decode(
        _ patched: JSONValue, _ duplicates: [JSONParser.DuplicateKey], _ kind: GroupVersionKind, _ type: MessageID,
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
            all = duplicates.map { "duplicate field \"\(Self.path($0))\"" } + strict
            if fieldValidation == .strict, !all.isEmpty {
                throw TreeDecoder.TypeError(description: "strict decoding error: " + all.joined(separator: ", "))
            }
        } catch {
            throw APIErrors.invalid(
                GroupVersionKind(group: "", version: "", kind: ""), "",
                [.invalid(FieldPath("patch"), .string(shown), error.description)])
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
        case .tooLarge(let text): Status(code: 413, reason: "RequestEntityTooLarge", message: text)
        case .notApplicable:
            Status(
                code: 422, reason: "Invalid",
                message: "the server rejected our request due to an error in our request", details: Status.Details())
        }
    }
}
