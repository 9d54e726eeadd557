package import API
import JSON
import Machinery
package import Store
import Synchronization

/// Every object of one resource as bytes, a window of its last changes, and who watches.
package final class ResourceCache: Sendable {
    private struct State {
        var objects: [String: CachedObject] = [:]
        /// The keys of `objects` in byte order.
        var keys: [String] = []
        var history: [CacheEvent] = []
        /// All changes after this revision are in `history`.
        var historyStart: Revision
        /// The last change of this resource.
        var lastRevision: Revision
        var watchers: WatcherIndex
        var nextWatcher = 0
    }

    /// Changes kept for watchers that come back; older ones are read from the store's log.
    private static let historyEventsMax = 512

    /// The kind and the form of its stored bytes; both follow the definition of a custom kind.
    private let definition: Mutex<(kind: CachedKind, form: StoredForm)>
    package var kind: KindDefinition { cachedKind.definition }
    var cachedKind: CachedKind { definition.withLock { $0.kind } }
    var form: StoredForm { definition.withLock { $0.form } }
    let prefix: String
    private let state: Mutex<State>

    init(kind: KindDefinition, start: Revision, encoding: StoredForm.Encoding = .json) {
        definition = Mutex((CachedKind(kind), StoredForm(kind.gvk, encoding: encoding, keepsVersion: kind.custom != nil)))
        prefix = StoreKey.prefix(kind.storage)
        state = Mutex(
            State(
                historyStart: start, lastRevision: start,
                watchers: WatcherIndex(trigger: kind.rules.selectableFields.first(where: { $0 == "spec.nodeName" }))))
    }

    package var lastRevision: Revision { state.withLock(\.lastRevision) }
    package var count: Int { state.withLock(\.objects.count) }

    func load(_ values: [StoredValue]) {
        let objects = values.map { cached(key: $0.key, value: $0.value, at: $0.revision) }
        state.withLock { state in
            for object in objects { state.objects[StoreKey.path(object.key)] = object }
            state.keys = state.objects.keys.sorted(by: Self.inByteOrder)
        }
    }

    private func cached(key: String, value: [UInt8], at revision: Revision, isStored: Bool = true) -> CachedObject {
        let (kind, form) = definition.withLock { $0 }
        let key = kind.shared(StoreKey.name(path: key.utf8.dropFirst(prefix.utf8.count).text))
        let bytes = form.splice(value, revision: revision)
        guard let rules = kind.definition.custom else {
            return CachedObject(kind: kind, key: key, revision: revision, bytes: bytes, isStored: isStored)
        }
        return CustomPresentation.object(kind, rules, bytes, key, revision, isStored: isStored)
    }

    /// Takes over a changed definition of a custom kind.
    ///
    /// - Parameter isNewContent: Every object is read anew, and watches end, as their readers saw the old content.
    func redefine(_ kind: KindDefinition, isNewContent: Bool) {
        let cachedKind = CachedKind(kind)
        definition.withLock { $0 = (cachedKind, StoredForm(kind.gvk, keepsVersion: true)) }
        guard isNewContent, let rules = kind.custom else { return }
        state.withLock { state in
            for (path, object) in state.objects {
                state.objects[path] = CustomPresentation.object(
                    cachedKind, rules, object.storedBytes ?? object.bytes, object.key, object.revision, isStored: true)
            }
            // Past changes are read from the log under the new definition.
            state.history = []
            state.historyStart = state.lastRevision
        }
        endWatches()
    }

    /// Takes over one write; called in the order of revisions.
    func apply(_ event: StoreEvent) {
        let path = String(event.key.utf8.dropFirst(prefix.utf8.count).text)
        let current = event.value.map { cached(key: event.key, value: $0, at: event.revision) }
        let gone = event.previous.map { cached(key: event.key, value: $0, at: event.revision, isStored: false) }
        state.withLock { state in
            let previous = state.objects[path]
            let change = CacheEvent(revision: event.revision, current: current, previous: previous, gone: gone)
            if let current {
                if previous == nil { Self.insert(path, into: &state.keys) }
                state.objects[path] = current
            } else {
                state.objects[path] = nil
                Self.remove(path, from: &state.keys)
            }
            state.history.append(change)
            if state.history.count > Self.historyEventsMax {
                let dropped = state.history.count / 2
                state.historyStart = state.history[dropped - 1].revision
                state.history.removeFirst(dropped)
            }
            state.lastRevision = event.revision
            state.watchers.forEach(concernedBy: change) { $0.buffer.offer(.change(change)) }
        }
    }

    /// The change that a log entry stands for, with its previous state, for watchers that begin in the past.
    func change(from event: StoreEvent) -> CacheEvent {
        CacheEvent(
            revision: event.revision, current: event.value.map { cached(key: event.key, value: $0, at: event.revision) },
            previous: event.previous.map { cached(key: event.key, value: $0, at: event.previousRevision) },
            gone: event.previous.map { cached(key: event.key, value: $0, at: event.revision, isStored: false) })
    }

    func value(_ value: StoredValue) -> CachedObject { cached(key: value.key, value: value.value, at: value.revision) }

    /// Every object as the store has it, give or take the order of its members.
    func storedValues() -> [StoredValue] {
        let (form, objects) = (form, state.withLock { $0.objects })
        return objects.compactMap { path, object in
            guard let tree = try? JSONParser.parse(object.storedBytes ?? object.bytes) else { return nil }
            return StoredValue(
                key: prefix + path, value: form.json(tree, apiVersion: tree["apiVersion"]?.string),
                createRevision: object.revision, revision: object.revision)
        }
    }

    package func get(_ key: NamespacedName) -> CachedObject? {
        let path = StoreKey.path(key)
        return state.withLock { $0.objects[path] }
    }

    /// Objects in order that a selection takes, and the revision that they show.
    ///
    /// - Parameter clock: A revision up to which every write has been applied to all caches.
    func list(_ selection: Selection, clock: Revision) -> (objects: [CachedObject], revision: Revision) {
        let (objects, revision) = state.withLock { state -> ([CachedObject], Revision) in
            let revision = max(state.lastRevision, clock)
            if let name = selection.name, let namespace = selection.namespace ?? (kind.isNamespaced ? nil : "") {
                let object = state.objects[StoreKey.path(NamespacedName(namespace: namespace, name: name))]
                return (object.map { [$0] } ?? [], revision)
            }
            guard let namespace = selection.namespace, kind.isNamespaced else {
                return (state.keys.compactMap { state.objects[$0] }, revision)
            }
            let start = Self.position(of: "\(namespace)/", in: state.keys)
            let end = Self.position(of: "\(namespace)0", in: state.keys)  // "0" is the byte after "/"
            return (state.keys[start..<end].compactMap { state.objects[$0] }, revision)
        }
        return (objects.filter { $0.matches(selection) }, revision)
    }

    package func all() -> [CachedObject] { list(Selection(), clock: Revision(0)).objects }

    private static func inByteOrder(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The first position whose key is not before `key`.
    private static func position(of key: String, in keys: [String]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if inByteOrder(keys[middle], key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func insert(_ key: String, into keys: inout [String]) { keys.insert(key, at: position(of: key, in: keys)) }

    private static func remove(_ key: String, from keys: inout [String]) {
        let found = position(of: key, in: keys)
        if found < keys.count, keys[found] == key { keys.remove(at: found) }
    }
}

extension Collection<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }
}

// Watching.
extension ResourceCache {
    /// Where a watch begins.
    enum WatchStart {
        /// Every present object as ADDED, then changes.
        case present
        /// Changes after this revision.
        case after(Revision)
    }

    /// A registered watcher and what it must be told first.
    struct Registration {
        var watcher: Watcher
        /// Present objects, for `.present`.
        var initial: [CachedObject]
        /// Changes that happened before the registration, when the window still has them.
        var replay: [CacheEvent]
        /// The log must be read after this revision and through `position`; nil when `replay` is complete.
        var readLogAfter: Revision?
        /// The registration stands right behind this revision.
        var position: Revision
    }

    /// Registers atomically with the look at the present, so nothing falls between.
    func watch(_ selection: Selection, _ options: WatchOptions, start: WatchStart, clock: Revision) -> Registration {
        state.withLock { state in
            let identifier = state.nextWatcher
            state.nextWatcher += 1
            let watcher = Watcher(identifier: identifier, selection: selection, options: options)
            state.watchers.insert(watcher)
            let position = max(state.lastRevision, clock)
            var registration = Registration(watcher: watcher, initial: [], replay: [], position: position)
            switch start {
            case .present: registration.initial = state.keys.compactMap { state.objects[$0] }
            case .after(let revision) where revision >= state.historyStart:
                registration.replay = state.history.filter { $0.revision > revision }
            case .after(let revision): registration.readLogAfter = revision
            }
            return registration
        }
    }

    func unwatch(_ watcher: Watcher) {
        state.withLock { $0.watchers.remove(watcher) }
        watcher.buffer.close()
    }

    /// Sends due bookmarks and ends watches whose time is over. Called about once a second.
    func tick(now: Duration, clock: Revision) {
        state.withLock { state in
            let position = max(state.lastRevision, clock)
            state.watchers.forEach { $0.tick(now: now, position: position) }
        }
    }

    func endWatches() {
        state.withLock { $0.watchers.forEach { $0.buffer.close() } }
    }
}
