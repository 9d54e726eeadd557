package import API
import Synchronization

/// What a decision may see: the caches, and the time.
///
/// The content of a cache is taken when it is first asked for, and stays what it was then: what a decision does not read costs
/// nothing. Caches follow the server one by one, so two of them never show one moment anyway.
package struct Snapshot: Sendable {
    package let now: Timestamp
    private var contents: [ContentID: any Sendable] = [:]
    private var live: LiveContents?

    package struct ContentID: Hashable, Sendable {
        var type: ObjectIdentifier
        var resource: GroupVersionResource
    }

    package init(now: Timestamp) { self.now = now }

    /// A snapshot of caches, by the type that each holds and the resource that it follows.
    init(now: Timestamp, of caches: [ContentID: any AnyObjectCache]) {
        self.init(now: now)
        live = LiveContents(caches)
    }

    /// A snapshot of the given objects, for tests.
    package init(now: Timestamp, _ objects: [any APIObject]) {
        self.init(now: now)
        for object in objects { insert(object) }
    }

    package mutating func set<Object: APIObject>(
        _ content: CacheContent<Object>, of resource: GroupVersionResource = Object.resource
    ) {
        contents[ContentID(type: ObjectIdentifier(Object.self), resource: resource)] = content
    }

    private mutating func insert<Object: APIObject>(_ object: Object) {
        var content = self.content(Object.self)
        content.set(object)
        set(content)
    }

    /// The cast is safe: `set` is the only writer and files a content under its own type.
    package func content<Object: APIObject>(
        _: Object.Type, of resource: GroupVersionResource = Object.resource
    ) -> CacheContent<Object> {
        let id = ContentID(type: ObjectIdentifier(Object.self), resource: resource)
        return (contents[id] ?? live?.content(id)) as? CacheContent<Object> ?? CacheContent()
    }

    package func get<Object: APIObject>(_ type: Object.Type, _ key: NamespacedName) -> Object? { content(type)[key] }

    /// Sorted by key, so that decisions do not depend on the order of a dictionary.
    package func list<Object: APIObject>(_ type: Object.Type, namespace: String? = nil) -> [Object] {
        content(type).list(namespace: namespace).sorted { $0.key < $1.key }
    }

    /// Sorted by key.
    package func list<Object: APIObject>(_ type: Object.Type, by index: CacheIndex<Object>, _ value: String) -> [Object] {
        content(type).list(by: index, value).sorted { $0.key < $1.key }
    }
}

/// Contents of caches, each taken once.
private final class LiveContents: Sendable {
    private let caches: [Snapshot.ContentID: any AnyObjectCache]
    private let taken = Mutex<[Snapshot.ContentID: any Sendable]>([:])

    init(_ caches: [Snapshot.ContentID: any AnyObjectCache]) { self.caches = caches }

    func content(_ id: Snapshot.ContentID) -> (any Sendable)? {
        taken.withLock { taken in
            if let known = taken[id] { return known }
            let content = caches[id]?.anyContent
            taken[id] = content
            return content
        }
    }
}
