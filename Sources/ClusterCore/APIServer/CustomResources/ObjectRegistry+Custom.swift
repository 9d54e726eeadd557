package import API
package import JSON
package import Machinery
import Store

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
    /// The object under the schema of today; one that a webhook converts stays in the version that it was stored in.
    ///
    /// - Parameters:
    ///   - kind: The storage version.
    ///   - bytes: As stored, with `resourceVersion`.
    static func object(
        _ kind: CachedKind, _ rules: CustomResourceRules, _ bytes: [UInt8], _ key: NamespacedName, _ revision: Revision,
        isStored: Bool
    ) -> CachedObject {
        guard let tree = try? JSONParser.parse(bytes) else {
            return CachedObject(kind: kind, key: key, revision: revision, bytes: bytes, isStored: isStored)
        }
        let current = kind.definition.gvk.apiVersion
        let apiVersion = tree["apiVersion"]?.string ?? current
        var shown = tree
        if rules.conversion == nil {
            rules.present(&shown)
        } else {
            rules.reading(apiVersion)?.present(&shown)
        }
        let isSame = shown == tree
        return CachedObject(
            kind: kind, key: key, revision: revision, bytes: isSame ? bytes : JSONWriter.write(shown),
            storedBytes: isSame ? nil : bytes, isStored: isStored, apiVersion: rules.conversion == nil ? nil : apiVersion,
            isOutdated: apiVersion != current)
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
