package import API
package import ControlLoop
import JSON
import Machinery
import Store

/// What became of a delete.
package struct Deletion: Sendable {
    /// As it was removed, or as it now waits.
    package var object: CachedObject
    /// False: it waits for a grace period or for finalizers.
    package var isGone: Bool
}

extension ObjectRegistry {
    /// Removes an object, or marks it when something must happen first: a pod's grace period, finalizers, dependents.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/registry/generic/registry/store.go` (`Delete`), `rest/delete.go`.
    package func delete(
        _ kind: KindDefinition, _ key: NamespacedName, _ deletion: DeletionOptions, _ options: WriteOptions
    ) async throws(Status) -> Deletion {
        try access.admitDelete(kind, key, options.user)
        let cache = try cache(kind)
        for attempt in 1... {
            let current = try await read(kind, key)
            var old = tree(current, as: kind)
            var nothing = JSONValue.null
            try await admit(.delete, kind, key, &nothing, old: old, options)
            try await validateAdmission(.delete, kind, key, nothing, old: old, options)
            if kind.gvr == CustomKinds.resource { old = DefinitionStatus.terminating(old, now: environment.now()) }
            try checkPreconditions(deletion, old, kind, key)
            guard let marked = DeletionMark.mark(old, deletion, now: environment.now()) else {
                do throws(Status) {
                    let removed = try await remove(kind, current, tree: old, options)
                    return Deletion(object: removed, isGone: true)
                } catch {
                    if error.isConflict, deletion.resourceVersion == nil, attempt < 10 { continue }
                    throw error
                }
            }
            if marked == old { return Deletion(object: current, isGone: false) }
            if options.isDryRun {
                return Deletion(object: transient(marked, kind, cache, revision: current.revision), isGone: false)
            }
            let value = try await stored(marked, kind, cache)
            let revision: Revision
            do throws(StoreError) {
                revision = try await store.update(StoreKey.key(kind.storage, key), value, expected: current.revision)
            } catch {
                if case .revisionMismatch = error, deletion.resourceVersion == nil, attempt < 10 { continue }
                throw Self.status(error, kind, key.name)
            }
            let shown = try await converted(written(value, key, revision, cache), to: kind)
            return Deletion(object: shown, isGone: false)
        }
        throw APIErrors.conflict(kind.gvr, key.name)
    }

    private func checkPreconditions(
        _ deletion: DeletionOptions, _ old: JSONValue, _ kind: KindDefinition, _ key: NamespacedName
    ) throws(Status) {
        let uid = old["metadata"]?["uid"]?.string ?? ""
        if let expected = deletion.uid, expected != uid {
            throw APIErrors.preconditionFailed(kind.gvr, key.name, field: "uid", expected: expected, found: uid)
        }
        let revision = old["metadata"]?["resourceVersion"]?.string ?? ""
        if let expected = deletion.resourceVersion, expected != revision {
            throw APIErrors.preconditionFailed(
                kind.gvr, key.name, field: "resourceVersion", expected: expected, found: revision)
        }
    }

    /// Takes an object out of the store; the result carries the revision of the deletion.
    func remove(
        _ kind: KindDefinition, _ current: CachedObject, tree: JSONValue, _ options: WriteOptions
    ) async throws(Status) -> CachedObject {
        let cache = try cache(kind)
        guard !options.isDryRun else { return transient(tree, kind, cache, revision: current.revision) }
        do throws(StoreError) {
            let revision = try await store.delete(
                StoreKey.key(kind.storage, current.key), expected: current.revision)
            if kind.gvr == ServiceAllocator.resource {
                await giveBack(ServiceAllocator.Allocation(of: tree), of: current.key, options)
            }
            return transient(tree, kind, cache, revision: revision)
        } catch {
            throw Self.status(error, kind, current.key.name)
        }
    }
}

/// Decides whether a delete removes at once or only marks.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/registry/rest/delete.go` (`BeforeDelete`), `pkg/registry/core/pod/strategy.go`
///   (`CheckGracefulDelete`).
enum DeletionMark {
    private static let podGraceDefault: Int64 = 30

    /// The object with its marks; nil when it can be removed now.
    static func mark(_ old: JSONValue, _ deletion: DeletionOptions, now: Timestamp) -> JSONValue? {
        var new = old
        var metadata = old["metadata"] ?? [:]
        let finalizers = finalizers(metadata, deletion.propagation)
        metadata["finalizers"] = finalizers.isEmpty ? nil : JSONValue(finalizers)
        let grace = gracePeriod(old, deletion)
        let markedBefore = metadata["deletionTimestamp"]?.string.flatMap(Timestamp.init(parsing:))
        let namespaceWaits =
            old["kind"]?.string == "Namespace" && !(old["spec"]?["finalizers"]?.array ?? []).isEmpty
        if grace == 0, finalizers.isEmpty, !namespaceWaits { return nil }
        if let markedBefore {
            // A later delete may shorten the time, never prolong it.
            let before = metadata["deletionGracePeriodSeconds"]?.int ?? 0
            if grace < before, deletion.gracePeriodSeconds != nil || grace == 0 {
                metadata["deletionTimestamp"] = .string(markedBefore.adding(.seconds(grace - before)).description)
                metadata["deletionGracePeriodSeconds"] = .int(grace)
            }
        } else {
            metadata["deletionTimestamp"] = .string(now.adding(.seconds(grace)).description)
            metadata["deletionGracePeriodSeconds"] = .int(grace)
            if let generation = metadata["generation"]?.int, generation > 0 { metadata["generation"] = .int(generation + 1) }
        }
        new["metadata"] = metadata
        if namespaceWaits { new[path: ["status", "phase"]] = "Terminating" }
        return new
    }

    /// Seconds that a pod may take; zero for every other kind.
    private static func gracePeriod(_ object: JSONValue, _ deletion: DeletionOptions) -> Int64 {
        guard object["kind"]?.string == "Pod", object["apiVersion"]?.string == "v1" else { return 0 }
        if (object["spec"]?["nodeName"]?.string ?? "").isEmpty { return 0 }
        if ["Succeeded", "Failed"].contains(object["status"]?["phase"]?.string ?? "") { return 0 }
        let period =
            deletion.gracePeriodSeconds ?? object["spec"]?["terminationGracePeriodSeconds"]?.int ?? podGraceDefault
        return period < 0 ? 1 : period
    }

    private static func finalizers(_ metadata: JSONValue, _ propagation: DeletionPropagation?) -> [String] {
        var finalizers = metadata["finalizers"]?.array?.compactMap(\.string) ?? []
        guard let propagation else { return finalizers }
        finalizers.removeAll { $0 == orphan || $0 == foreground }
        switch propagation {
        case .orphan: finalizers.append(orphan)
        case .foreground: finalizers.append(foreground)
        case .background: break
        }
        return finalizers
    }

    private static let orphan = "orphan"
    private static let foreground = "foregroundDeletion"
}
