package import API
import Machinery
package import Store
import Synchronization

/// The caches of all resources, fed by one observation of the store.
package final class CacheSet: Sendable {
    /// What is served; follows the definitions among the objects.
    package let kinds: KindRegistry
    private let table: Mutex<[String: ResourceCache]>
    /// What lies in the store below no known prefix, by key: a definition that comes later may claim it.
    private let unclaimed = Mutex<[String: StoredValue]>([:])
    private var byPrefix: [String: ResourceCache] { table.withLock { $0 } }
    /// Every write up to here has been applied to all caches.
    private let appliedRevision: Mutex<Revision>
    private let observation = Mutex<StoreObservation?>(nil)

    /// Reads the whole store and follows it from there.
    package static func load(
        _ store: any Store, kinds: KindRegistry = KindRegistry()
    ) async throws(StoreError) -> CacheSet {
        let everything = try await store.range(KeyRange(prefix: StoreKey.root))
        let encoding: StoredForm.Encoding = store.keepsUpstreamForm ? .upstream : .json
        let caches = CacheSet(kinds: kinds, start: everything.revision, encoding: encoding)
        for value in everything.values where value.key.hasPrefix(Self.definitionsPrefix) {
            caches.definitionChanged(value.key, value, at: everything.revision)
        }
        var grouped: [String: [StoredValue]] = [:]
        for value in everything.values {
            if let prefix = caches.prefix(of: value.key) {
                grouped[prefix, default: []].append(value)
            } else {
                caches.unclaimed.withLock { $0[value.key] = value }
            }
        }
        for (prefix, values) in grouped { caches.byPrefix[prefix]?.load(values) }
        let observation = try await store.observe(prefix: StoreKey.root, after: everything.revision) { [weak caches] events in
            caches?.apply(events)
        }
        caches.observation.withLock { $0 = observation }
        return caches
    }

    private init(kinds: KindRegistry, start: Revision, encoding: StoredForm.Encoding) {
        self.kinds = kinds
        var caches: [String: ResourceCache] = [:]
        for kind in kinds.builtInKinds where kind.isStored && kind.gvr == kind.storage {
            let cache = ResourceCache(kind: kind, start: start, encoding: encoding)
            caches[cache.prefix] = cache
        }
        table = Mutex(caches)
        appliedRevision = Mutex(start)
    }

    /// `/registry/pods/` or `/registry/apps/deployments/`; nil for a key of no known resource.
    private func prefix(of key: String) -> String? {
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: true)
        guard parts.count >= 3 else { return nil }
        let short = "\(StoreKey.root)\(parts[1].text)/"
        if byPrefix[short] != nil { return short }
        let long = "\(StoreKey.root)\(parts[1].text)/\(parts[2].text)/"
        return byPrefix[long] == nil ? nil : long
    }

    private func apply(_ events: [StoreEvent]) {
        for event in events {
            if event.key.hasPrefix(Self.definitionsPrefix) {
                let value = event.value.map {
                    StoredValue(key: event.key, value: $0, createRevision: event.revision, revision: event.revision)
                }
                definitionChanged(event.key, value, at: event.revision)
            }
            guard let cache = prefix(of: event.key).flatMap({ byPrefix[$0] }) else {
                setAside(event)
                continue
            }
            cache.apply(event)
            // Who settles definitions looks at this cache, so it is told once the change is there.
            if event.key.hasPrefix(Self.definitionsPrefix) { kinds.wake() }
            if event.value == nil, cache.kind.custom?.isTerminating ?? false { kinds.wake() }
        }
        if let last = events.last { appliedRevision.withLock { $0 = last.revision } }
    }

    private func setAside(_ event: StoreEvent) {
        let value = event.value.map {
            StoredValue(key: event.key, value: $0, createRevision: event.revision, revision: event.revision)
        }
        unclaimed.withLock { $0[event.key] = value }
    }

    /// Takes what was set aside below a prefix.
    private func claim(_ prefix: String) -> [StoredValue] {
        unclaimed.withLock { unclaimed in
            let found = unclaimed.values.filter { $0.key.hasPrefix(prefix) }
            for value in found { unclaimed[value.key] = nil }
            return found
        }
    }

    private static let definitionsPrefix = StoreKey.prefix(CustomKinds.resource)

    /// Makes, changes or drops the cache of a custom kind before anyone can see its definition change.
    private func definitionChanged(_ key: String, _ value: StoredValue?, at revision: Revision) {
        let name = String(key.dropFirst(Self.definitionsPrefix.count))
        let object = value.flatMap { byPrefix[Self.definitionsPrefix]?.value($0).object }
        switch kinds.definitionChanged(name, object) {
        case .none: break
        case .create(let kind):
            let cache = ResourceCache(kind: kind, start: revision)
            cache.load(claim(cache.prefix))
            table.withLock { $0[cache.prefix] = cache }
        case .update(let kind, let isNewContent):
            byPrefix[StoreKey.prefix(kind.storage)]?.redefine(kind, isNewContent: isNewContent)
        case .remove(let kind):
            guard let cache = table.withLock({ $0.removeValue(forKey: StoreKey.prefix(kind.storage)) }) else { break }
            // Objects that outlive their definition are there again when it comes back.
            let left = cache.storedValues()
            unclaimed.withLock { unclaimed in for value in left { unclaimed[value.key] = value } }
            cache.endWatches()
        }
    }

    /// A revision up to which all caches are complete.
    package var clock: Revision { appliedRevision.withLock { $0 } }

    /// Nil for kinds that are not stored.
    package subscript(kind: KindDefinition) -> ResourceCache? { byPrefix[StoreKey.prefix(kind.storage)] }
    package subscript(resource: GroupVersionResource) -> ResourceCache? { byPrefix[StoreKey.prefix(resource)] }

    package func tick(now: Duration) {
        let clock = clock
        for cache in byPrefix.values { cache.tick(now: now, clock: clock) }
    }

    package func endWatches() { for cache in byPrefix.values { cache.endWatches() } }

    var resourceCounts: [(resource: GroupVersionResource, count: Int)] {
        byPrefix.values.map { ($0.kind.gvr, $0.count) }.sorted { $0.0.groupResource < $1.0.groupResource }
    }
}
