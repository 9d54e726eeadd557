package import API
package import JSON
import Machinery
import Store

extension ObjectRegistry {
    /// Tries at a generated name before the collision is reported.
    private static let generatedNameTriesMax = 8
    /// So that the suffix fits into a label.
    private static let generatedBaseLengthMax = 58

    /// Writes a new object: namespace, name, admission, defaults, rules, store.
    ///
    /// - Parameter object: Decoded and canonical.
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/registry/rest/create.go`, `BeforeCreate`.
    package func create(
        _ kind: KindDefinition, namespace: String, _ object: JSONValue, _ options: WriteOptions,
        books: FieldBooks = .update(subresource: "")
    ) async throws(Status) -> CachedObject {
        var object = object
        try placeInNamespace(&object, kind, namespace)
        let metadata = object["metadata"] ?? [:]
        if let version = metadata["resourceVersion"]?.string, !version.isEmpty {
            throw Status(code: 500, reason: "", message: "resourceVersion should not be set on objects to be created")
        }
        let base = metadata["generateName"]?.string ?? ""
        let generates = (metadata["name"]?.string ?? "").isEmpty && !base.isEmpty
        for attempt in 1...Self.generatedNameTriesMax {
            var candidate = object
            if generates {
                let suffix = environment.makeSuffix()
                candidate[path: ["metadata", "name"]] = .string(String(base.prefix(Self.generatedBaseLengthMax)) + suffix)
            }
            do throws(Status) {
                return try await createNamed(kind, namespace: namespace, candidate, options, books)
            } catch {
                guard generates, error.isAlreadyExists, attempt < Self.generatedNameTriesMax else { throw error }
            }
        }
        throw APIErrors.alreadyExists(kind.gvr, base)
    }

    private func placeInNamespace(_ object: inout JSONValue, _ kind: KindDefinition, _ namespace: String) throws(Status) {
        if object["metadata"]?.object == nil { object["metadata"] = [:] }
        guard kind.isNamespaced else {
            object[path: ["metadata", "namespace"]] = nil
            return
        }
        let given = object["metadata"]?["namespace"]?.string ?? ""
        guard given.isEmpty || given == namespace else { throw Self.namespaceMismatch }
        object[path: ["metadata", "namespace"]] = .string(namespace)
    }

    static let namespaceMismatch = APIErrors.badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")

    private func createNamed(
        _ kind: KindDefinition, namespace: String, _ given: JSONValue, _ options: WriteOptions, _ books: FieldBooks
    ) async throws(Status) -> CachedObject {
        let cache = try cache(kind)
        var object = given
        kind.applyDefaults(&object)
        try await keepBooks(&object, from: nil, kind, books, options)
        let key = NamespacedName(
            namespace: kind.isNamespaced ? namespace : "", name: object["metadata"]?["name"]?.string ?? "")
        try await admit(.create, kind, key, &object, old: nil, options)
        try access.admitCreate(kind, &object, options.user)
        fillSystemMetadata(&object)
        kind.prepareForCreate(&object)
        FirstStatus.complete(&object, of: kind)
        let name = key.name
        var errors = ManagedFieldsRules.validate(object) + kind.validateCreate(object)
        errors += expressionErrors(kind, object, old: nil, .whole, others: errors, options)
        guard errors.isEmpty else { throw APIErrors.invalid(kind.gvk, name, errors) }
        let isService = kind.gvr == ServiceAllocator.resource
        // Refused here, a taken name costs no address.
        if cache.get(key) != nil { throw APIErrors.alreadyExists(kind.gvr, name) }
        var allocation = ServiceAllocator.Allocation()
        if isService { allocation = try await allocateAddresses(for: &object, old: nil, key, options) }
        do throws(Status) {
            try await validateAdmission(.create, kind, key, object, old: nil, options)
        } catch {
            await giveBack(allocation, of: key, options)
            throw error
        }
        if options.isDryRun {
            await giveBack(allocation, of: key, options)
            return transient(object, kind, cache, revision: nil)
        }
        let value: [UInt8]
        do throws(Status) {
            value = try await stored(object, kind, cache)
        } catch {
            await giveBack(allocation, of: key, options)
            throw error
        }
        let revision: Revision
        do throws(StoreError) {
            revision = try await store.create(
                StoreKey.key(kind.storage, key), value, expiresAfter: Self.timeToLive(kind))
        } catch {
            await giveBack(allocation, of: key, options)
            throw Self.status(error, kind, name)
        }
        return try await converted(written(value, key, revision, cache), to: kind)
    }

    func written(_ value: [UInt8], _ key: NamespacedName, _ revision: Revision, _ cache: ResourceCache) -> CachedObject {
        if let cached = cache.get(key), cached.revision == revision { return cached }
        return cache.value(
            StoredValue(
                key: cache.prefix + StoreKey.path(key), value: value, createRevision: revision, revision: revision))
    }

    private func fillSystemMetadata(_ object: inout JSONValue) {
        var metadata = object["metadata"] ?? [:]
        for name in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] {
            metadata[name] = nil
        }
        metadata["uid"] = .string(environment.makeUID())
        metadata["creationTimestamp"] = .string(environment.now().description)
        object["metadata"] = metadata
    }
}
