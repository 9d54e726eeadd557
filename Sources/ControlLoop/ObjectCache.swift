package import API
package import JSON
import Synchronization

/// What this process believes about one collection: kept by a `Reflector`, read by anyone.
///
/// Each read is one consistent look. Subscribers hear of every change in order, one at a time.
package final class ObjectCache<Object: APIObject>: Sendable {
    package typealias Handler = @Sendable (CacheChange<Object>) -> Void

    private struct State {
        var content: CacheContent<Object>
        var resourceVersion = ""
        var isSynced = false
        var waiters: [Int: (isMet: @Sendable (borrowing State) -> Bool, resume: CheckedContinuation<Void, Never>)] = [:]
        var nextID = 0
    }

    private let state: Mutex<State>
    /// Held while handlers run, so that a late subscriber's first look and later changes cannot overtake each other.
    private let subscribers = Mutex<[(id: Int, handler: Handler)]>([])
    private let parts = Mutex(SharedParts())

    /// What is kept; differs from the view's own resource for views that fit several.
    package let resource: GroupVersionResource

    package init(resource: GroupVersionResource = Object.resource, indexes: [CacheIndex<Object>] = []) {
        self.resource = resource
        state = Mutex(State(content: CacheContent(indexes: indexes)))
    }

    // MARK: Reading

    /// All objects at this moment, as a value.
    package var content: CacheContent<Object> { state.withLock { $0.content } }
    package var count: Int { state.withLock { $0.content.count } }
    /// Whether the first list has arrived.
    package var isSynced: Bool { state.withLock { $0.isSynced } }
    /// The revision that the content shows; empty before the first list.
    package var resourceVersion: String { state.withLock { $0.resourceVersion } }

    package func get(_ key: NamespacedName) -> Object? { state.withLock { $0.content[key] } }
    package func get(namespace: String = "", _ name: String) -> Object? { get(NamespacedName(namespace: namespace, name: name)) }
    package func list(namespace: String? = nil) -> [Object] { content.list(namespace: namespace) }
    package func list(by index: CacheIndex<Object>, _ value: String) -> [Object] { content.list(by: index, value) }
    package func add(_ index: CacheIndex<Object>) { state.withLock { $0.content.add(index) } }

    // MARK: Waiting

    package func waitUntilSynced() async throws { try await wait { $0.isSynced } }

    /// Returns once the content includes `revision`; at once for an empty one.
    package func waitUntilReached(_ revision: String) async throws {
        guard !revision.isEmpty else { return }
        try await wait { ResourceVersionOrder.isReached(revision, by: $0.resourceVersion) }
    }

    /// Returns once the object is gone, is being deleted, or is another one of the same name.
    package func waitUntilDeletionSeen(_ key: NamespacedName, uid: String?) async throws {
        try await wait { state in
            guard let object = state.content[key], uid == nil || object.metadata.uid == uid else { return true }
            return object.metadata.isBeingDeleted
        }
    }

    private func wait(_ isMet: @escaping @Sendable (borrowing State) -> Bool) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if isMet(state) || Task.isCancelled { return true }
                    state.waiters[id] = (isMet, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume.resume()
        }
        try Task.checkCancellation()
    }

    // MARK: Following

    /// Calls `handler` for every object that is there (as an addition) and then for every change, until `unsubscribe`.
    ///
    /// The handler runs on the reflector's task: it must be quick, and must not subscribe to this cache.
    @discardableResult
    package func subscribe(_ handler: @escaping Handler) -> Int {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        subscribers.withLock { subscribers in
            for object in content.list() { handler(CacheChange(old: nil, new: object)) }
            subscribers.append((id, handler))
        }
        return id
    }

    package func unsubscribe(_ id: Int) {
        subscribers.withLock { $0.removeAll { $0.id == id } }
    }

    /// As `subscribe`, as a sequence; it holds what its reader has not taken yet.
    package func changes() -> AsyncStream<CacheChange<Object>> {
        AsyncStream { continuation in
            let id = subscribe { continuation.yield($0) }
            continuation.onTermination = { [weak self] _ in self?.unsubscribe(id) }
        }
    }
}

extension ObjectCache: ReflectorSink {
    package func read(_ json: JSONValue) -> Object {
        var object = Object(json: json)
        parts.withLock { object.share(&$0) }
        return object
    }

    /// Takes a whole list; what was not in it is gone.
    package func replace(with objects: [Object], resourceVersion: String) {
        subscribers.withLock { subscribers in
            let changes = mutate { state in
                var changes: [CacheChange<Object>] = []
                var gone = Set(state.content.keys)
                for object in objects {
                    gone.remove(object.key)
                    let old = state.content.set(object)
                    if let old, old.metadata.uid == object.metadata.uid,
                        old.metadata.resourceVersion == object.metadata.resourceVersion, !object.metadata.resourceVersion.isEmpty
                    {
                        continue
                    }
                    changes.append(CacheChange(old: old, new: object))
                }
                for key in gone {
                    if let old = state.content.remove(key) { changes.append(CacheChange(old: old, new: nil)) }
                }
                state.resourceVersion = resourceVersion
                state.isSynced = true
                return changes
            }
            for change in changes { for subscriber in subscribers { subscriber.handler(change) } }
        }
    }

    package func apply(_ kind: WatchEvent.Kind, _ object: Object?, resourceVersion: String) {
        subscribers.withLock { subscribers in
            let change: CacheChange<Object>? = mutate { state in
                if !resourceVersion.isEmpty { state.resourceVersion = resourceVersion }
                guard let object else { return nil }
                switch kind {
                case .added, .modified: return CacheChange(old: state.content.set(object), new: object)
                case .deleted: return state.content.remove(object.key).map { _ in CacheChange(old: object, new: nil) }
                case .bookmark, .error: return nil
                }
            }
            if let change { for subscriber in subscribers { subscriber.handler(change) } }
        }
    }

    /// Changes the state, then wakes whoever waited for what it now is.
    private func mutate<Result>(_ change: (inout State) -> Result) -> Result {
        let (result, woken) = state.withLock { state in
            let result = change(&state)
            let met = state.waiters.filter { $0.value.isMet(state) }
            for id in met.keys { state.waiters[id] = nil }
            return (result, met.values.map(\.resume))
        }
        for continuation in woken { continuation.resume() }
        return result
    }
}
