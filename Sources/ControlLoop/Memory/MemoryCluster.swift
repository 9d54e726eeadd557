package import API
package import JSON
import Synchronization

/// An API server in memory, for tests: revisions, conflicts, finalizers, graceful deletion of pods, subresources, watches.
///
/// It checks no schema and applies no default. Selectors and field selectors narrow lists and watches.
package final class MemoryCluster: Sendable {
    struct Record {
        var revision: Int
        var kind: WatchEvent.Kind
        var resource: GroupVersionResource
        var object: JSONValue
    }

    struct Watcher {
        var resource: GroupVersionResource
        var scope: ListScope
        var continuation: AsyncThrowingStream<WatchEvent, any Error>.Continuation
    }

    struct State {
        var revision = 0
        var nextUID = 0
        var objects: [GroupVersionResource: [NamespacedName: JSONValue]] = [:]
        var log: [Record] = []
        var watchers: [Int: Watcher] = [:]
        var now: Timestamp
        /// Watches from before this revision are refused.
        var oldest = 0
    }

    private let state: Mutex<State>

    package init(now: Timestamp = Timestamp(seconds: 1_800_000_000)) { state = Mutex(State(now: now)) }

    func access<Result>(_ body: (inout State) throws -> Result) throws -> Result { try state.withLock { try body(&$0) } }

    package var now: Timestamp { state.withLock { $0.now } }
    package func advance(by duration: Duration) { state.withLock { $0.now = $0.now.adding(duration) } }

    /// Forgets the history up to now and ends every watch, as a server that was restarted after a compaction.
    package func compact() {
        let ended = state.withLock { state in
            state.oldest = state.revision
            state.log = []
            defer { state.watchers = [:] }
            return state.watchers.values.map(\.continuation)
        }
        for continuation in ended { continuation.finish() }
    }

    /// Everything of a kind, sorted by key.
    package func objects(_ resource: GroupVersionResource) -> [JSONValue] {
        state.withLock { state in
            (state.objects[resource] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        }
    }

    package func all<Object: APIObject>(_ type: Object.Type) -> [Object] { objects(type.resource).map(Object.init(json:)) }

    /// The state of the given kinds as a snapshot.
    package func show<each Object: APIObject>(_ types: repeat (each Object).Type) -> Snapshot {
        var snapshot = Snapshot(now: now)
        repeat snapshot.set(CacheContent(all(each types)))
        return snapshot
    }

    /// Puts an object there as it is, but for uid, revision and time of creation where it has none.
    @discardableResult
    package func put(_ resource: GroupVersionResource, _ object: JSONValue) -> JSONValue {
        state.withLock { state in
            let key = ObjectMeta(json: object["metadata"] ?? [:]).key
            let exists = state.objects[resource]?[key] != nil
            return state.store(resource, key, object, exists ? .modified : .added)
        }
    }

    /// Removes an object whatever its finalizers say, as the kubelet ends a pod.
    package func remove(_ resource: GroupVersionResource, _ key: NamespacedName) {
        state.withLock { $0.remove(resource, key) }
    }
}

extension MemoryCluster.State {
    mutating func store(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, _ kind: WatchEvent.Kind
    ) -> JSONValue {
        var object = object
        var metadata = object["metadata"] ?? [:]
        if metadata["uid"] == nil {
            nextUID += 1
            metadata["uid"] = .string("uid-\(nextUID)")
        }
        if metadata["creationTimestamp"] == nil { metadata["creationTimestamp"] = .string(now.description) }
        if metadata["generation"] == nil { metadata["generation"] = 1 }
        revision += 1
        metadata["resourceVersion"] = .string(String(revision))
        object["metadata"] = metadata
        objects[resource, default: [:]][key] = object
        publish(resource, kind, object)
        return object
    }

    mutating func remove(_ resource: GroupVersionResource, _ key: NamespacedName) {
        guard var object = objects[resource]?.removeValue(forKey: key) else { return }
        revision += 1
        object[path: ["metadata", "resourceVersion"]] = .string(String(revision))
        publish(resource, .deleted, object)
    }

    private mutating func publish(_ resource: GroupVersionResource, _ kind: WatchEvent.Kind, _ object: JSONValue) {
        log.append(MemoryCluster.Record(revision: revision, kind: kind, resource: resource, object: object))
        for watcher in watchers.values where watcher.resource == resource && MemoryCluster.matches(object, watcher.scope) {
            watcher.continuation.yield(WatchEvent(kind: kind, object: object))
        }
    }

    func found(_ resource: GroupVersionResource, _ key: NamespacedName) throws -> JSONValue {
        guard let object = objects[resource]?[key] else { throw MemoryCluster.notFound(resource, key.name) }
        return object
    }
}

extension MemoryCluster: ListWatch {
    package func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        state.withLock { state in
            let items = (state.objects[resource] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            return ListResult(
                items: items.filter { Self.matches($0, scope) }, resourceVersion: String(state.revision))
        }
    }

    package func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        let (stream, continuation) = AsyncThrowingStream<WatchEvent, any Error>.makeStream()
        try state.withLock { state in
            let from = Int(resourceVersion) ?? 0
            guard from >= state.oldest else {
                throw Status(code: 410, reason: "Expired", message: "too old resource version: \(from) (\(state.oldest))")
            }
            for record in state.log where record.revision > from && record.resource == resource {
                guard Self.matches(record.object, scope) else { continue }
                continuation.yield(WatchEvent(kind: record.kind, object: record.object))
            }
            state.nextUID += 1
            let id = state.nextUID
            state.watchers[id] = Watcher(resource: resource, scope: scope, continuation: continuation)
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
        }
        return stream
    }

    /// A watch that ended itself is already gone from the table, so this may find nothing.
    private func forget(_ id: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: id) } }

    static func matches(_ object: JSONValue, _ scope: ListScope) -> Bool {
        let metadata = ObjectMeta(json: object["metadata"] ?? [:])
        if let namespace = scope.namespace, metadata.namespace != namespace { return false }
        if !scope.labelSelector.isEmpty {
            guard let selector = try? LabelSelector(parsing: scope.labelSelector), selector.matches(metadata.labels) else {
                return false
            }
        }
        return scope.fieldSelector.split(separator: ",").allSatisfy { term in
            let isNegated = term.contains("!=")
            let parts = term.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return false }
            let path = parts[0].split(separator: ".").map { $0.hasSuffix("!") ? String($0.dropLast()) : String($0) }
            return (object[path: path]?.string == parts[1].description) != isNegated
        }
    }
}
