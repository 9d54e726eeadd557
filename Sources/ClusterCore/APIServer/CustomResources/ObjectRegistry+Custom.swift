package import API
package import JSON
package import Machinery

// Bodies of every kind: tables read Kubernetes' own, structural schemas read custom ones.
extension ObjectRegistry {
    /// What is served at the moment.
    package var kinds: KindRegistry { caches.kinds }

    /// The kind under a path; what is not served is not found.
    package func served(_ resource: GroupVersionResource) throws(Status) -> KindDefinition {
        guard let kind = kinds.kind(resource) else { throw APIErrors.unknownPath }
        return kind
    }

    /// Reads the body of a write.
    ///
    /// - Parameter subresource: Empty for the object itself.
    package func decode(
        _ bytes: [UInt8], contentType: String?, _ kind: KindDefinition, subresource: String = "",
        fieldValidation: FieldValidation
    ) throws(Status) -> BodyDecoder.Decoded {
        let expected = kind.subresource(subresource)?.kind ?? kind.gvk
        guard let rules = kind.custom, expected == kind.gvk else {
            return try decoder.decode(
                bytes, contentType: contentType, expecting: expected, fieldValidation: fieldValidation)
        }
        return try CustomResourceDecoder(rules, parseYAML: decoder.parseYAML).decode(
            bytes, contentType: contentType, fieldValidation: fieldValidation)
    }

    /// A tree of a writer in this process, made canonical.
    package func normalize(_ tree: JSONValue, _ kind: KindDefinition) throws(Status) -> JSONValue {
        guard let rules = kind.custom else { return try decoder.decode(tree, as: kind.gvk, .ignore).object }
        return try CustomResourceDecoder(rules, parseYAML: nil).normalize(tree, .ignore).object
    }

    /// The object after a JSON, merge or strategic merge patch.
    func patched(_ current: JSONValue, by patch: PatchBody, _ kind: KindDefinition) throws(Status) -> BodyDecoder.Decoded {
        guard let rules = kind.custom else {
            return try patcher.apply(
                patch.bytes, contentType: patch.contentType, to: current, kind: kind.gvk,
                fieldValidation: patch.fieldValidation)
        }
        return try CustomResourceDecoder(rules, parseYAML: decoder.parseYAML).patch(
            patch.bytes, contentType: patch.contentType, to: current, fieldValidation: patch.fieldValidation)
    }
}

/// Custom objects out of the store, as readers see them.
enum CustomPresentation {
    /// The bytes under the schema of today, and those of the store where they differ.
    static func present(_ bytes: [UInt8], _ rules: CustomResourceRules) -> (shown: [UInt8], stored: [UInt8]?) {
        guard let tree = try? JSONParser.parse(bytes) else { return (bytes, nil) }
        var shown = tree
        rules.present(&shown)
        guard shown != tree else { return (bytes, nil) }
        return (JSONWriter.write(shown), bytes)
    }
}

extension CustomResourceRules {
    /// Refuses new objects of a definition that is being deleted.
    func admitCreate(_ kind: KindDefinition) throws(Status) {
        guard isTerminating else { return }
        var status = APIErrors.methodNotSupported(kind.gvr, "create")
        status.message = "create not allowed while custom resource definition is terminating"
        throw status
    }
}
