package import API
import JSON
package import Machinery
package import Store

/// Reads and writes objects of any kind: what every verb shares, without HTTP.
package final class ObjectRegistry: Sendable {
    package let store: any Store
    package let caches: CacheSet
    package let environment: ServerEnvironment
    let decoder: BodyDecoder
    let patcher: Patcher
    let services: ServiceAllocator
    let admission: AdmissionChain
    /// Nil: no webhook is asked.
    let webhooks: WebhookAdmission?
    let converter: ObjectConverter
    let policies: PolicyAdmission
    let expressions = ExpressionRules()
    let quotaGate = NamespaceGate()
    package let access: AccessAdmission
    let encodings = EncodingCache()

    package convenience init(
        store: any Store, caches: CacheSet, services: ServiceAllocator, decoder: BodyDecoder, environment: ServerEnvironment,
        admission: AdmissionChain = .standard()
    ) {
        self.init(
            store: store, caches: caches, services: services, decoder: decoder, environment: environment,
            admission: admission, webhooks: nil,
            converter: ObjectConverter(caches: caches, environment: environment, caller: NoWebhooks()))
    }

    init(
        store: any Store, caches: CacheSet, services: ServiceAllocator, decoder: BodyDecoder, environment: ServerEnvironment,
        admission: AdmissionChain = .standard(), webhooks: WebhookAdmission?, converter: ObjectConverter
    ) {
        self.converter = converter
        self.webhooks = webhooks
        self.store = store
        self.caches = caches
        self.services = services
        self.decoder = decoder
        self.environment = environment
        self.admission = admission
        patcher = Patcher(decoder: decoder)
        access = AccessAdmission(caches: caches)
        policies = PolicyAdmission(caches: caches, authorizer: access.authorizer)
        services.rebuild(from: caches)
    }

    func cache(_ kind: KindDefinition) throws(Status) -> ResourceCache {
        guard let cache = caches[kind] else { throw APIErrors.methodNotSupported(kind.gvr, "get") }
        return cache
    }

    package func get(_ kind: KindDefinition, _ key: NamespacedName) throws(Status) -> CachedObject {
        guard let object = try cache(kind).get(key) else { throw APIErrors.notFound(kind.gvr, key.name) }
        return object
    }

    /// The tree of an object in the version of `kind`; where a webhook converts, of one that was `read` or `converted`.
    func tree(_ object: CachedObject, as kind: KindDefinition) -> JSONValue {
        var tree = object.object
        convert(&tree, to: kind)
        return tree
    }

    /// The bytes of an object in the version of `kind`: those of the cache unless two versions share a storage.
    func bytes(_ object: CachedObject, as kind: KindDefinition) -> [UInt8] {
        kind.gvr == kind.storage || kind.converts ? object.bytes : JSONWriter.write(tree(object, as: kind))
    }

    /// As `bytes`, in pieces and without a copy.
    func append(_ object: CachedObject, as kind: KindDefinition, to slices: inout [[UInt8]]) {
        if kind.gvr == kind.storage || kind.converts {
            object.appendBytes(to: &slices)
        } else {
            slices.append(JSONWriter.write(tree(object, as: kind)))
        }
    }

    private func convert(_ tree: inout JSONValue, to kind: KindDefinition) {
        guard kind.gvr != kind.storage, !kind.converts else { return }
        kind.rules.convertFromStorage(&tree)
        tree["apiVersion"] = .string(kind.gvk.apiVersion)
        tree["kind"] = .string(kind.gvk.kind)
    }

    /// What is written to the store.
    func stored(_ tree: JSONValue, _ kind: KindDefinition, _ cache: ResourceCache) async throws(Status) -> [UInt8] {
        guard !kind.converts else { return cache.form.encode(try await inStorageVersion(tree, kind)) }
        var tree = tree
        if kind.gvr != kind.storage { kind.rules.convertToStorage(&tree) }
        return cache.form.encode(tree)
    }

    /// An object as it would be seen had it been written; for dry runs and for what was just removed.
    func transient(_ tree: JSONValue, _ kind: KindDefinition, _ cache: ResourceCache, revision: Revision?) -> CachedObject {
        var served = tree
        if kind.gvr != kind.storage { kind.rules.convertToStorage(&served) }
        let form = kind.converts ? StoredForm(kind.gvk) : cache.form
        let json = form.json(served)
        let metadata = tree["metadata"] ?? [:]
        return CachedObject(
            kind: kind.converts ? CachedKind(kind) : cache.cachedKind,
            key: NamespacedName(
                namespace: metadata["namespace"]?.string ?? "", name: metadata["name"]?.string ?? ""),
            revision: revision ?? Revision(0),
            bytes: revision.map { form.splice(json, revision: $0) } ?? json,
            apiVersion: kind.converts ? kind.gvk.apiVersion : nil)
    }

    static func status(_ error: StoreError, _ kind: KindDefinition, _ name: String) -> Status {
        switch error {
        case .keyExists: APIErrors.alreadyExists(kind.gvr, name)
        case .keyNotFound: APIErrors.notFound(kind.gvr, name)
        case .revisionMismatch: APIErrors.conflict(kind.gvr, name)
        case .compacted: APIErrors.expired("The resourceVersion for the provided list is too old.")
        case .futureRevision(let current):
            APIErrors.tooLargeResourceVersion(requested: UInt64.max, current: UInt64(clamping: current.value))
        case .watcherTooSlow: APIErrors.expiredWatch
        case .unavailable(let text): APIErrors.serviceUnavailable(text)
        case .full, .quotaExceeded, .tooLarge, .denied, .locked, .newerFormat, .unsupportedServer, .historyWentBack, .failed:
            APIErrors.internalError("\(error)")
        case .closed: APIErrors.serviceUnavailable("the server is shutting down")
        }
    }
}
