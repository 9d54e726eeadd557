package import API
package import JSON
import Machinery
import Store

/// Which part of an object a write is about.
package enum WritePart: Hashable, Sendable {
    case whole
    case status
    /// A subresource whose rules are the caller's: `finalize`, `scale`, `binding`.
    case special

    package init(subresource: String) {
        switch subresource {
        case "": self = .whole
        case "status": self = .status
        default: self = .special
        }
    }
}

extension ObjectRegistry {
    /// Tries at a write that others keep overtaking.
    private static let triesMax = 10

    /// Replaces an object by `object`; a `resourceVersion` in it is a precondition.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/registry/rest/update.go`, `BeforeUpdate`.
    package func update(
        _ kind: KindDefinition, _ key: NamespacedName, _ object: JSONValue, part: WritePart, _ options: WriteOptions
    ) async throws(Status) -> (object: CachedObject, created: Bool) {
        try checkIdentity(object, key)
        if part == .whole, kind.rules.allowsCreateOnUpdate, try cache(kind).get(key) == nil {
            if let refusal = options.createRefusal { throw refusal }
            var object = object
            if let uid = object["metadata"]?["uid"]?.string, !uid.isEmpty {
                throw APIErrors.preconditionFailed(kind.gvr, key.name, field: "uid", expected: uid, found: "")
            }
            object[path: ["metadata", "name"]] = .string(key.name)
            object[path: ["metadata", "resourceVersion"]] = nil
            return (try await create(kind, namespace: key.namespace, object, options), true)
        }
        let result = try await modify(kind, key, part: part, options, isReplacement: true) { _ throws(Status) in object }
        return (result, false)
    }

    private func checkIdentity(_ object: JSONValue, _ key: NamespacedName) throws(Status) {
        let metadata = object["metadata"] ?? [:]
        let name = metadata["name"]?.string ?? ""
        guard !name.isEmpty else { throw APIErrors.badRequest("name must be provided") }
        guard name == key.name else {
            throw APIErrors.badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(key.name))")
        }
        let namespace = metadata["namespace"]?.string ?? ""
        guard namespace.isEmpty || namespace == key.namespace else { throw Self.namespaceMismatch }
    }

    /// Reads, changes and writes until nobody was faster; a `resourceVersion` that `change` gives is a precondition instead.
    package func modify(
        _ kind: KindDefinition, _ key: NamespacedName, part: WritePart, _ options: WriteOptions, isReplacement: Bool = false,
        books: FieldBooks? = nil, _ change: (JSONValue) async throws(Status) -> JSONValue
    ) async throws(Status) -> CachedObject {
        let cache = try cache(kind)
        for attempt in 1... {
            let current = try await read(kind, key)
            let old = tree(current, as: kind)
            var new = try await change(old)
            let expected = new["metadata"]?["resourceVersion"]?.string ?? ""
            let isConditional = !expected.isEmpty && !(part == .whole && expected == "0")
            if isReplacement, !isConditional { try checkMayBeUnconditional(kind, key) }
            try checkPreconditions(new, old, kind, key, isConditional: isConditional, isReplacement: isReplacement)
            try await prepare(&new, old, kind, part, key, books ?? part.books, options)
            try access.admitUpdate(kind, new, old: old, part, options.user)
            var allocation = ServiceAllocator.Allocation()
            if kind.gvr == ServiceAllocator.resource, part == .whole {
                allocation = try await allocateAddresses(for: &new, old: old, key, options)
            }
            var errors = Self.validate(new, old, kind, part)
            errors += expressionErrors(kind, new, old: old, part, others: errors, options)
            guard errors.isEmpty else {
                await giveBack(allocation, of: key, options)
                throw APIErrors.invalid(kind.gvk, key.name, errors)
            }
            do throws(Status) {
                try await validateAdmission(.update, kind, key, new, old: old, options)
            } catch {
                await giveBack(allocation, of: key, options)
                throw error
            }
            new = ManagedFieldsRules.ignoringTimes(new, old: old)
            // An object in an older version is written again though nothing else changes: so people migrate what is stored.
            if new == old, !current.isOutdated {
                await giveBack(allocation, of: key, options)
                return current
            }
            if Self.isReadyToDisappear(new) {
                return try await remove(kind, current, tree: new, options)
            }
            if options.isDryRun {
                await giveBack(allocation, of: key, options)
                return transient(new, kind, cache, revision: current.revision)
            }
            let value = try await stored(new, kind, cache)
            let revision: Revision
            do throws(StoreError) {
                revision = try await store.update(
                    StoreKey.key(kind.storage, key), value, expected: current.revision, expiresAfter: Self.timeToLive(kind))
                if kind.gvr == ServiceAllocator.resource { await giveBackUnused(old: old, new: new, of: key) }
            } catch {
                await giveBack(allocation, of: key, options)
                if case .revisionMismatch = error, !isConditional, attempt < Self.triesMax { continue }
                throw Self.status(error, kind, key.name)
            }
            return try await converted(written(value, key, revision, cache), to: kind)
        }
        throw APIErrors.conflict(kind.gvr, key.name)
    }

    private static func validate(
        _ new: JSONValue, _ old: JSONValue, _ kind: KindDefinition, _ part: WritePart
    ) -> [FieldError] {
        switch part {
        case .whole: ManagedFieldsRules.validate(new) + kind.validateUpdate(new: new, old: old)
        case .status: kind.validateStatusUpdate(new: new, old: old)
        // The one field that the caller lets through is checked by the caller; the kind's rules would call it immutable.
        case .special: []
        }
    }

    /// A patch is made of the object that it finds, so only a replacement can overwrite what it never saw.
    private func checkMayBeUnconditional(_ kind: KindDefinition, _ key: NamespacedName) throws(Status) {
        guard !kind.rules.allowsUnconditionalUpdate else { return }
        throw APIErrors.invalid(
            // Upstream names the resource here, not the kind.
            GroupVersionKind(group: kind.gvk.group, version: kind.gvk.version, kind: kind.resource), key.name,
            [.invalid(FieldPath("metadata")("resourceVersion"), 0, "must be specified for an update")])
    }

    private func checkPreconditions(
        _ new: JSONValue, _ old: JSONValue, _ kind: KindDefinition, _ key: NamespacedName, isConditional: Bool,
        isReplacement: Bool
    ) throws(Status) {
        let found = old["metadata"]?["resourceVersion"]?.string ?? ""
        let expected = new["metadata"]?["resourceVersion"]?.string ?? ""
        if isConditional, expected != found { throw APIErrors.conflict(kind.gvr, key.name) }
        let uid = new["metadata"]?["uid"]?.string ?? ""
        let known = old["metadata"]?["uid"]?.string ?? ""
        if !uid.isEmpty, uid != known {
            // The UID of a patch is part of the change, that of a replacement a precondition.
            guard isReplacement else {
                throw APIErrors.invalid(
                    kind.gvk, key.name, [.invalid(FieldPath("metadata")("uid"), .string(uid), "field is immutable")])
            }
            throw APIErrors.preconditionFailed(kind.gvr, key.name, field: "uid", expected: uid, found: known)
        }
    }

    private func prepare(
        _ new: inout JSONValue, _ old: JSONValue, _ kind: KindDefinition, _ part: WritePart, _ key: NamespacedName,
        _ books: FieldBooks,
        _ options: WriteOptions
    ) async throws(Status) {
        var metadata = new["metadata"] ?? [:]
        for name in [
            "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion",
        ] {
            metadata[name] = old["metadata"]?[name]
        }
        metadata["selfLink"] = nil
        new["metadata"] = metadata
        // A status is read with the defaults of its own fields, too.
        if part != .special { kind.applyDefaults(&new) }
        try await keepBooks(&new, from: old, kind, books, options)
        try await admit(.update, kind, key, &new, old: old, options)
        switch part {
        case .whole:
            kind.prepareForUpdate(new: &new, old: old)
        case .status: kind.prepareForStatusUpdate(new: &new, old: old)
        case .special: break
        }
    }

    /// Whether an object that is being deleted has nothing left to wait for.
    static func isReadyToDisappear(_ object: JSONValue) -> Bool {
        let metadata = object["metadata"] ?? [:]
        guard metadata["deletionTimestamp"]?.string != nil else { return false }
        guard metadata["finalizers"]?.array?.isEmpty ?? true else { return false }
        guard (metadata["deletionGracePeriodSeconds"]?.int ?? 0) == 0 else { return false }
        guard object["kind"]?.string == "Namespace" else { return true }
        return object["spec"]?["finalizers"]?.array?.isEmpty ?? true
    }
}
