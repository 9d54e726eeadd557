import API
import JSON
import Machinery

/// How a write keeps the books of who owns which fields.
package enum FieldBooks: Hashable, Sendable {
    /// The writer gains what it changes through this subresource; empty for the object itself.
    case update(subresource: String)
    /// The change brings the new books along.
    case given
    /// A write that is no client's statement, as the binding of a pod.
    case untouched
}

extension WritePart {
    /// What a write keeps that does not say.
    var books: FieldBooks {
        switch self {
        case .whole: .update(subresource: "")
        case .status: .update(subresource: "status")
        case .special: .untouched
        }
    }
}

extension ObjectRegistry {
    /// The versions of a kind among which field ownership is kept.
    func mergeVersions(of kind: KindDefinition) -> any MergeVersions {
        if let custom = kind.custom { return custom }
        return CatalogVersions(kind: kind)
    }

    /// - Parameter versions: Nil: those of the kind's own rules.
    func fieldManager(
        _ kind: KindDefinition, subresource: String, versions: (any MergeVersions)? = nil
    ) -> FieldManager {
        let gvk = kind.gvk
        let decoder = decoder
        let isCustom = kind.custom != nil
        let filter = ResetFields.filter(kind, subresource: subresource)
        return FieldManager(
            versions: versions ?? mergeVersions(of: kind), apiVersion: gvk.apiVersion, subresource: subresource,
            empty: {
                let bare: JSONValue = ["kind": .string(gvk.kind), "apiVersion": .string(gvk.apiVersion)]
                if isCustom { return bare }
                return (try? decoder.decode([:], as: gvk, .ignore).object)
                    ?? bare
            },
            // The strategies name the served version alone; other versions of a kind have the same parts.
            ignored: { _ in filter })
    }

    /// Puts into a new or changed object who owns what.
    ///
    /// - Parameter live: Nil for a create.
    func keepBooks(
        _ new: inout JSONValue, from live: JSONValue?, _ kind: KindDefinition, _ books: FieldBooks, _ options: WriteOptions
    ) async throws(Status) {
        switch books {
        case .given: break
        case .untouched: new[path: ["metadata", "managedFields"]] = live?["metadata"]?["managedFields"]
        case .update(let subresource):
            let (written, now) = (new, environment.now())
            new = try await withVersions(kind) { versions throws(Status) in
                fieldManager(kind, subresource: subresource, versions: versions).update(
                    from: live, to: written, manager: options.fieldManager, now: now)
            }
        }
    }
}

/// The versions that the catalog offers of one kind.
private struct CatalogVersions: MergeVersions {
    let kind: KindDefinition

    func type(of apiVersion: String) -> MergeType? { sibling(apiVersion).flatMap { BuiltInMergeTypes.type(of: $0.gvk) } }

    func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue? {
        let found = object["apiVersion"]?.string ?? ""
        if found == apiVersion { return object }
        guard let source = sibling(found), let target = sibling(apiVersion) else { return nil }
        var result = object
        if source.gvr != source.storage { source.rules.convertToStorage(&result) }
        if target.gvr != target.storage { target.rules.convertFromStorage(&result) }
        result["apiVersion"] = .string(apiVersion)
        return result
    }

    /// The same objects under another version; nil when it is not served.
    private func sibling(_ apiVersion: String) -> KindDefinition? {
        if apiVersion == kind.gvk.apiVersion { return kind }
        guard let found = Catalog.kind(GroupVersionKind(apiVersion: apiVersion, kind: kind.gvk.kind)),
            found.storage == kind.storage
        else { return nil }
        return found
    }
}
