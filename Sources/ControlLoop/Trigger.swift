package import API

/// Which changes wake a controller, and for which keys.
package struct Trigger<Key: Hashable & Sendable>: Sendable {
    /// One trigger bound to the caches of a process.
    package struct Attachment: Sendable {
        package var cache: any AnyObjectCache
        /// Starts to call `wake` with keys; the result ends it.
        package var start:
            @Sendable (_ snapshot: @escaping @Sendable () -> Snapshot, _ wake: @escaping @Sendable (Key) -> Void) ->
                @Sendable () -> Void
    }

    package let attach: @Sendable (SharedCaches) -> Attachment

    package init(attach: @escaping @Sendable (SharedCaches) -> Attachment) { self.attach = attach }

    /// Keys from an object, as it was before and as it is after each change.
    package static func on<Object: APIObject>(
        _ type: Object.Type, resource: GroupVersionResource = Object.resource, scope: ListScope = .everything,
        indexes: [CacheIndex<Object>] = [], keys: @escaping @Sendable (Object) -> [Key]
    ) -> Trigger {
        onChange(type, resource: resource, scope: scope, indexes: indexes) { change, _ in
            let new = change.new.map(keys) ?? []
            guard let old = change.old else { return new }
            return keys(old) + new
        }
    }

    /// Keys from a change and what else is known; a repeated key counts once.
    package static func onChange<Object: APIObject>(
        _ type: Object.Type, resource: GroupVersionResource = Object.resource, scope: ListScope = .everything,
        indexes: [CacheIndex<Object>] = [], keys: @escaping @Sendable (CacheChange<Object>, Snapshot) -> [Key]
    ) -> Trigger {
        Trigger { caches in
            let cache = caches.cache(of: type, resource: resource, scope: scope, indexes: indexes)
            return Attachment(cache: cache) { snapshot, wake in
                let subscription = cache.subscribe { change in
                    let keys = keys(change, snapshot())
                    for key in keys.count > 1 ? Array(Set(keys)) : keys { wake(key) }
                }
                return { cache.unsubscribe(subscription) }
            }
        }
    }

    /// The kind is read in plans; its changes wake nothing.
    package static func reads<Object: APIObject>(
        _ type: Object.Type, resource: GroupVersionResource = Object.resource, scope: ListScope = .everything,
        indexes: [CacheIndex<Object>] = []
    ) -> Trigger {
        Trigger { caches in
            Attachment(cache: caches.cache(of: type, resource: resource, scope: scope, indexes: indexes)) { _, _ in {} }
        }
    }
}

extension Trigger where Key == NamespacedName {
    /// The object itself.
    package static func itself<Object: APIObject>(_ type: Object.Type, indexes: [CacheIndex<Object>] = []) -> Trigger {
        onChange(type, indexes: indexes) { change, _ in [change.key] }
    }

    /// The object of kind `Owner` that manages the changed one.
    package static func owner<Object: APIObject, Owner: APIObject>(
        of type: Object.Type, _: Owner.Type, indexes: [CacheIndex<Object>] = []
    ) -> Trigger {
        on(type, indexes: indexes) { object in
            guard let owner = object.metadata.controller, owner.kind == Owner.kind,
                GroupVersionKind(apiVersion: owner.apiVersion, kind: owner.kind).group == Owner.resource.group
            else { return [] }
            return [NamespacedName(namespace: Owner.isNamespaced ? object.metadata.namespace : "", name: owner.name)]
        }
    }
}
