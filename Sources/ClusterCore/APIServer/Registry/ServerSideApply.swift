import API
import JSON
import Machinery

/// PATCH with an apply configuration: the client states what it wants, the server merges and keeps the books.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/patch.go`, `applyPatcher`.
extension SubresourceWriter {
    /// Tries when the object comes or goes between the look and the write.
    private static let applyTriesMax = 5

    func apply(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ patch: PatchBody, _ options: WriteOptions
    ) async throws(Status) -> WriteResult {
        let target = subresource == "scale" ? Scale.gvk : kind.gvk
        let configuration = try ApplyConfiguration(patch, target, registry.decoder)
        if subresource == "scale" {
            return try await scale(kind, key, options, warnings: configuration.warnings) { current throws(Status) in
                try registry.applied(configuration, to: current, registry.scaleManager, options)
            }
        }
        if subresource == "approval" {
            let manager = registry.fieldManager(kind, subresource: subresource)
            let object = try await approve(kind, key, options, books: .given) { old throws(Status) in
                let merged = try registry.applied(configuration, to: old, manager, options)
                return try registry.changed(kind, key, "", configuration, merged, old)
            }
            return WriteResult(.object(object, kind), warnings: configuration.warnings, registry)
        }
        let isCreating = subresource.isEmpty
        for attempt in 1... {
            do throws(Status) {
                if isCreating, try registry.cache(kind).get(key) == nil {
                    if let refusal = options.createRefusal { throw refusal }
                    let object = try await registry.created(kind, key, configuration, options)
                    let created = try await registry.create(
                        kind, namespace: key.namespace, object, options, books: .given)
                    return WriteResult(code: 201, .object(created, kind), warnings: configuration.warnings, registry)
                }
                let object = try await registry.modify(
                    kind, key, part: WritePart(subresource: subresource), options, books: .given
                ) { old async throws(Status) in
                    let merged = try await registry.withVersions(kind) { versions throws(Status) in
                        let manager = registry.fieldManager(kind, subresource: subresource, versions: versions)
                        return try registry.applied(configuration, to: old, manager, options)
                    }
                    return try registry.changed(kind, key, subresource, configuration, merged, old)
                }
                return WriteResult(.object(object, kind), warnings: configuration.warnings, registry)
            } catch {
                let isOvertaken = error.isAlreadyExists || (error.isNotFound && registry.isMissing(kind, key))
                guard isCreating, isOvertaken, attempt < Self.applyTriesMax else { throw error }
            }
        }
        throw APIErrors.conflict(kind.gvr, key.name)
    }
}

extension ObjectRegistry {
    fileprivate func isMissing(_ kind: KindDefinition, _ key: NamespacedName) -> Bool {
        guard let cache = try? cache(kind) else { return false }
        return cache.get(key) == nil
    }

    /// - Parameter live: Nil for a create.
    func applied(
        _ configuration: ApplyConfiguration, to live: JSONValue?, _ manager: FieldManager, _ options: WriteOptions
    ) throws(Status) -> JSONValue {
        let merged: JSONValue
        do throws(ApplyError) {
            merged = try manager.apply(
                configuration.object, to: live, manager: options.fieldManager, forces: options.forces, now: environment.now())
        } catch {
            throw error.status
        }
        try configuration.requireStrict()
        return merged
    }

    fileprivate func created(
        _ kind: KindDefinition, _ key: NamespacedName, _ configuration: ApplyConfiguration, _ options: WriteOptions
    ) async throws(Status) -> JSONValue {
        var object = try await withVersions(kind) { versions throws(Status) in
            let manager = fieldManager(kind, subresource: "", versions: versions)
            return try applied(configuration, to: nil, manager, options)
        }
        if let uid = object["metadata"]?["uid"]?.string, !uid.isEmpty {
            throw APIErrors.conflict(
                kind.gvr, key.name,
                "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        try checkPlace(object, kind, key)
        object[path: ["metadata", "resourceVersion"]] = nil
        return try canonical(object, kind)
    }

    fileprivate func changed(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ configuration: ApplyConfiguration,
        _ merged: JSONValue, _ old: JSONValue
    ) throws(Status) -> JSONValue {
        try checkPlace(merged, kind, key)
        var new = try canonical(merged, kind)
        // A revision is a precondition only where the applier states it.
        new[path: ["metadata", "resourceVersion"]] = configuration.object["metadata"]?["resourceVersion"]
        if subresource.isEmpty || subresource == "status" { return new }
        var result = try SubresourcePart.merge(subresource, new, into: old, kind)
        result[path: ["metadata", "managedFields"]] = new["metadata"]?["managedFields"]
        return result
    }

    /// Name and namespace of what a patch made must be those of the path.
    func checkPlace(_ object: JSONValue, _ kind: KindDefinition, _ key: NamespacedName) throws(Status) {
        let namespace = object["metadata"]?["namespace"]?.string ?? ""
        guard namespace.isEmpty || namespace == key.namespace else { throw Self.namespaceMismatch }
        let name = object["metadata"]?["name"]?.string ?? ""
        guard !name.isEmpty else {
            throw APIErrors.badRequest(
                "the name of the object (\(key.name) based on URL) was undeterminable: name must be provided")
        }
        guard name == key.name else {
            throw APIErrors.badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(key.name))")
        }
    }

    /// The form in which Go would write a merged object.
    private func canonical(_ object: JSONValue, _ kind: KindDefinition) throws(Status) -> JSONValue {
        do throws(Status) {
            return try normalize(object, kind)
        } catch {
            let metadata = object["metadata"]
            throw Status(
                code: 500, reason: "",
                message: "failed to convert new object (\(metadata?["namespace"]?.string ?? "")/"
                    + "\(metadata?["name"]?.string ?? ""); \(kind.gvk.group)/\(kind.gvk.version), Kind=\(kind.gvk.kind)) to "
                    + "proper version: \(error.message)")
        }
    }

    /// Who owns the fields of scales.
    var scaleManager: FieldManager {
        let decoder = decoder
        return FieldManager(
            versions: ScaleVersions(), apiVersion: Scale.gvk.apiVersion, subresource: "scale",
            empty: { (try? decoder.decode([:], as: Scale.gvk, .ignore).object) ?? [:] }, ignored: { _ in nil })
    }
}

private struct ScaleVersions: MergeVersions {
    func type(of apiVersion: String) -> MergeType? {
        apiVersion == Scale.gvk.apiVersion ? BuiltInMergeTypes.type(of: Scale.gvk) : nil
    }

    func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue? {
        apiVersion == Scale.gvk.apiVersion ? .some(object) : .none
    }
}

/// The body of an apply, read and checked as far as it can be without the object.
struct ApplyConfiguration: Sendable {
    static let mediaType = "application/apply-patch+yaml"

    let object: JSONValue
    let warnings: [String]
    private let strictError: String?

    init(_ patch: PatchBody, _ kind: GroupVersionKind, _ decoder: BodyDecoder) throws(Status) {
        let read = try decoder.readApplyConfiguration(patch.bytes)
        object = read.tree
        warnings = patch.fieldValidation == .warn ? read.repetitions : []
        strictError =
            patch.fieldValidation == .strict ? read.strictError.map { "error converting YAML to JSON: \($0)" } : nil
        let found = GroupVersionKind(
            apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
        guard found == kind else {
            throw APIErrors.badRequest("invalid object type: \(found.group)/\(found.version), Kind=\(found.kind)")
        }
        if object["metadata"]?["managedFields"]?.array != nil {
            throw APIErrors.badRequest("metadata.managedFields must be nil")
        }
    }

    /// Upstream looks at repeated keys only once the apply has gone well.
    func requireStrict() throws(Status) {
        if let strictError { throw APIErrors.badRequest("error strict decoding YAML: \(strictError)") }
    }
}
