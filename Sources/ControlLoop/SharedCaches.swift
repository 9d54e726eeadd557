package import API
package import Logging
import Synchronization

/// The caches of one process: whoever asks for the same collection shares one cache and one watch.
package final class SharedCaches: Sendable {
    private struct CacheID: Hashable {
        var type: ObjectIdentifier
        var resource: GroupVersionResource
        var scope: ListScope
    }

    private struct Entry {
        var cache: any AnyObjectCache
        /// Ends the cache's watch when finished.
        var keep: AsyncStream<Never>.Continuation
    }

    private struct State {
        var caches: [CacheID: Entry] = [:]
    }

    private typealias Work = @Sendable () async throws -> Void

    private let listWatch: any ListWatch
    private let logger: Logger
    private let state = Mutex(State())
    private let work: AsyncStream<Work>
    private let addWork: AsyncStream<Work>.Continuation

    package init(listWatch: any ListWatch, logger: Logger) {
        self.listWatch = listWatch
        self.logger = logger
        (work, addWork) = AsyncStream.makeStream()
    }

    /// The cache of a collection; its watch starts as soon as `run` runs. `indexes` are added to what others asked for.
    package func cache<Object: APIObject>(
        of type: Object.Type, resource: GroupVersionResource = Object.resource, scope: ListScope = .everything,
        indexes: [CacheIndex<Object>] = []
    ) -> ObjectCache<Object> {
        let (dropped, keep) = AsyncStream.makeStream(of: Never.self)
        let (cache, isNew) = state.withLock { state in
            let id = CacheID(type: ObjectIdentifier(type), resource: resource, scope: scope)
            // The cast is safe: the id names the type.
            if let known = state.caches[id]?.cache as? ObjectCache<Object> { return (known, false) }
            let cache = ObjectCache<Object>(resource: resource)
            state.caches[id] = Entry(cache: cache, keep: keep)
            return (cache, true)
        }
        for index in indexes { cache.add(index) }
        if isNew {
            let reflector = Reflector(
                listWatch: listWatch, resource: resource, scope: scope, into: cache, logger: logger)
            addWork.yield {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await reflector.run() }
                    group.addTask { for await _ in dropped {} }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
        return cache
    }

    /// Ends the watches of a resource that is no longer served; whoever asks for it later gets a new cache.
    package func drop(_ resource: GroupVersionResource) {
        let entries = state.withLock { state in
            let entries = state.caches.filter { $0.key.resource == resource }
            for id in entries.keys { state.caches[id] = nil }
            return entries.values
        }
        for entry in entries { entry.keep.finish() }
    }

    /// Keeps every cache up to date until cancelled. Call once.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await reflect in work { group.addTask { try await reflect() } }
        }
    }

    /// Waits for every cache asked for so far.
    package func waitUntilSynced() async throws {
        for cache in state.withLock({ $0.caches.values.map(\.cache) }) { try await cache.waitUntilSynced() }
    }
}

/// What every cache can do, whatever it holds.
package protocol AnyObjectCache: AnyObject, Sendable {
    var resource: GroupVersionResource { get }
    func waitUntilSynced() async throws
    func waitUntilReached(_ revision: String) async throws
    func waitUntilDeletionSeen(_ key: NamespacedName, uid: String?) async throws
    /// Where a snapshot files the content.
    var contentID: Snapshot.ContentID { get }
    /// The present content: a `CacheContent` of the type that `contentID` names.
    var anyContent: any Sendable { get }
}

extension ObjectCache: AnyObjectCache {
    package var contentID: Snapshot.ContentID { .init(type: ObjectIdentifier(Object.self), resource: resource) }
    package var anyContent: any Sendable { content }
}
