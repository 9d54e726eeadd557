package import API
package import Store
import Synchronization

/// The caches of all resources, fed by one observation of the store.
package final class CacheSet: Sendable {
    private let byPrefix: [String: ResourceCache]
    /// Every write up to here has been applied to all caches.
    private let appliedRevision: Mutex<Revision>
    private let observation = Mutex<StoreObservation?>(nil)

    /// Reads the whole store and follows it from there.
    package static func load(_ store: any Store, kinds: [KindDefinition] = Catalog.kinds) async throws(StoreError) -> CacheSet {
        let everything = try await store.range(KeyRange(prefix: StoreKey.root))
        let caches = CacheSet(kinds: kinds, start: everything.revision)
        var grouped: [String: [StoredValue]] = [:]
        for value in everything.values {
            if let prefix = caches.prefix(of: value.key) { grouped[prefix, default: []].append(value) }
        }
        for (prefix, values) in grouped { caches.byPrefix[prefix]?.load(values) }
        let observation = try await store.observe(prefix: StoreKey.root, after: everything.revision) { [weak caches] events in
            caches?.apply(events)
        }
        caches.observation.withLock { $0 = observation }
        return caches
    }

    private init(kinds: [KindDefinition], start: Revision) {
        var caches: [String: ResourceCache] = [:]
        for kind in kinds where kind.isStored && kind.gvr == kind.storage {
            let cache = ResourceCache(kind: kind, start: start)
            caches[cache.prefix] = cache
        }
        byPrefix = caches
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
            if let prefix = prefix(of: event.key) { byPrefix[prefix]?.apply(event) }
        }
        if let last = events.last { appliedRevision.withLock { $0 = last.revision } }
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

    var objectCounts: [(resource: String, count: Int)] {
        byPrefix.values.map { ($0.kind.gvr.groupResource, $0.count) }.sorted { $0.0 < $1.0 }
    }
}
