import API

/// The watchers of one resource, found by what they can be interested in: a change is offered to few of many.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/storage/cacher/cacher.go`, `indexedWatchers`.
struct WatcherIndex {
    /// What of a selection decides before anything of the object is looked at.
    private enum Scope: Hashable {
        case everything
        case namespace(String)
        /// One object; the namespace is nil where the watch looks through all of them.
        case name(String, namespace: String?)
        /// The trigger field's value, in a namespace or in all.
        case trigger(String, namespace: String?)
    }

    /// The selectable field that has buckets of its own: `spec.nodeName` of pods, which every kubelet asks for.
    private let trigger: String?
    private var buckets: [Scope: [Int: Watcher]] = [:]
    private var triggerWatchers = 0
    private(set) var count = 0

    init(trigger: String?) { self.trigger = trigger }

    mutating func insert(_ watcher: Watcher) {
        let scope = scope(of: watcher.selection)
        guard buckets[scope, default: [:]].updateValue(watcher, forKey: watcher.identifier) == nil else { return }
        count += 1
        if case .trigger = scope { triggerWatchers += 1 }
    }

    mutating func remove(_ watcher: Watcher) {
        let scope = scope(of: watcher.selection)
        guard buckets[scope]?.removeValue(forKey: watcher.identifier) != nil else { return }
        count -= 1
        if case .trigger = scope { triggerWatchers -= 1 }
        if buckets[scope]?.isEmpty ?? false { buckets[scope] = nil }
    }

    func forEach(_ body: (Watcher) -> Void) {
        for bucket in buckets.values { for watcher in bucket.values { body(watcher) } }
    }

    /// The watchers whose selection the object of a change may meet, now or before it. Each is named once.
    func forEach(concernedBy change: CacheEvent, _ body: (Watcher) -> Void) {
        guard count > 0 else { return }
        let key = change.key
        var scopes: [Scope] = [
            .everything, .namespace(key.namespace), .name(key.name, namespace: nil),
            .name(key.name, namespace: key.namespace),
        ]
        if triggerWatchers > 0, let trigger {
            // An object that leaves a bucket is news there too.
            let values = Set([change.current, change.previous].compactMap { $0?.header.field(trigger) })
            for value in values {
                scopes += [.trigger(value, namespace: nil), .trigger(value, namespace: key.namespace)]
            }
        }
        for scope in scopes {
            guard let bucket = buckets[scope] else { continue }
            for watcher in bucket.values { body(watcher) }
        }
    }

    private func scope(of selection: Selection) -> Scope {
        if let name = selection.name { return .name(name, namespace: selection.namespace) }
        if let trigger, let value = selection.fields.exactValue(of: trigger) {
            return .trigger(value, namespace: selection.namespace)
        }
        return selection.namespace.map { .namespace($0) } ?? .everything
    }
}
