package import API

/// What a decision may see: the caches at one moment, and the time.
package struct Snapshot: Sendable {
    package let now: Timestamp
    private var contents: [ContentID: any Sendable] = [:]

    private struct ContentID: Hashable {
        var type: ObjectIdentifier
        var resource: GroupVersionResource
    }

    package init(now: Timestamp) { self.now = now }

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
        contents[ContentID(type: ObjectIdentifier(Object.self), resource: resource)] as? CacheContent<Object>
            ?? CacheContent()
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
