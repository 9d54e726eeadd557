package import API

/// The objects of a cache as a value: copying one is a look at one moment.
///
/// Nested by namespace and by index value, so that a change after a copy duplicates one small dictionary, not all.
package struct CacheContent<Object: APIObject>: Sendable {
    /// Keeps an entry one word wide in every dictionary that holds it.
    private final class Entry: Sendable {
        let object: Object
        init(_ object: Object) { self.object = object }
    }

    private var namespaces: [String: [String: Entry]] = [:]
    private var indexes: [String: CacheIndex<Object>] = [:]
    private var indexed: [String: [String: [NamespacedName: Entry]]] = [:]
    package private(set) var count = 0

    package init(indexes: [CacheIndex<Object>] = []) {
        for index in indexes { add(index) }
    }

    package init(_ objects: [Object]) {
        for object in objects { set(object) }
    }

    package subscript(key: NamespacedName) -> Object? { namespaces[key.namespace]?[key.name]?.object }

    /// Everything, or one namespace; in no order.
    package func list(namespace: String? = nil) -> [Object] {
        if let namespace { return namespaces[namespace]?.values.map(\.object) ?? [] }
        var result: [Object] = []
        result.reserveCapacity(count)
        for entries in namespaces.values { for entry in entries.values { result.append(entry.object) } }
        return result
    }

    package var keys: [NamespacedName] {
        namespaces.flatMap { namespace, entries in entries.keys.map { NamespacedName(namespace: namespace, name: $0) } }
    }

    /// The objects that `index` files under `value`, in no order; an index that was not added is answered by a scan.
    package func list(by index: CacheIndex<Object>, _ value: String) -> [Object] {
        guard indexes[index.name] != nil else { return list().filter { index.values($0).contains(value) } }
        return indexed[index.name]?[value]?.values.map(\.object) ?? []
    }

    package mutating func add(_ index: CacheIndex<Object>) {
        guard indexes.updateValue(index, forKey: index.name) == nil else { return }
        for entries in namespaces.values {
            for entry in entries.values { file(entry, under: index) }
        }
    }

    /// Returns what stood there before.
    @discardableResult
    package mutating func set(_ object: Object) -> Object? {
        let key = object.key
        let old = remove(key)
        let entry = Entry(object)
        namespaces[key.namespace, default: [:]][key.name] = entry
        for index in indexes.values { file(entry, under: index) }
        count += 1
        return old
    }

    @discardableResult
    package mutating func remove(_ key: NamespacedName) -> Object? {
        guard let old = namespaces[key.namespace]?.removeValue(forKey: key.name)?.object else { return nil }
        if namespaces[key.namespace]?.isEmpty == true { namespaces[key.namespace] = nil }
        for index in indexes.values {
            for value in index.values(old) {
                indexed[index.name]?[value]?[key] = nil
                if indexed[index.name]?[value]?.isEmpty == true { indexed[index.name]?[value] = nil }
            }
        }
        count -= 1
        return old
    }

    private mutating func file(_ entry: Entry, under index: CacheIndex<Object>) {
        for value in index.values(entry.object) {
            indexed[index.name, default: [:]][value, default: [:]][entry.object.key] = entry
        }
    }
}
