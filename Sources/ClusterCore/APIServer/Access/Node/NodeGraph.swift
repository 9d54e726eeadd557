import API
import JSON
import Store
import Synchronization

/// Which nodes may see what, because their pods use it: secrets, config maps, claims, volumes, service accounts.
///
/// Follows the caches of pods and volumes when it is asked, change by change.
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/node/graph.go`.
final class NodeGraph: Sendable {
    private struct Pod {
        var node: String
        var uses: Set<NodeDependency>
    }

    private struct Volume {
        var claim: NamespacedName
        var secrets: Set<NodeDependency>
    }

    private struct State {
        var podRevision: Revision?
        var volumeRevision: Revision?
        var pods: [NamespacedName: Pod] = [:]
        var volumes: [String: Volume] = [:]
        /// How many pods of a node use something.
        var users: [NodeDependency: [String: Int]] = [:]
        var volumesOfSecret: [NodeDependency: Set<String>] = [:]
    }

    private static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
    private static let volumes = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumes")
    private static let attachments = GroupVersionResource(
        group: "storage.k8s.io", version: "v1", resource: "volumeattachments")
    private static let slices = GroupVersionResource(group: "resource.k8s.io", version: "v1", resource: "resourceslices")

    private let caches: CacheSet
    private let state = Mutex(State())

    init(caches: CacheSet) { self.caches = caches }

    /// Whether a pod of `node` uses it, directly or through a volume.
    func uses(_ dependency: NodeDependency, node: String) -> Bool {
        state.withLock { state in
            follow(&state)
            if state.users[dependency]?[node] != nil { return true }
            guard dependency.kind == .secret else { return false }
            return (state.volumesOfSecret[dependency] ?? []).contains { Self.mounts($0, node: node, state) }
        }
    }

    /// Whether a pod of `node` claims the persistent volume.
    func usesVolume(_ name: String, node: String) -> Bool {
        state.withLock { state in
            follow(&state)
            return Self.mounts(name, node: node, state)
        }
    }

    func runs(_ pod: NamespacedName, node: String) -> Bool {
        state.withLock { state in
            follow(&state)
            return state.pods[pod]?.node == node
        }
    }

    func isAttached(_ attachment: String, node: String) -> Bool {
        let found = caches[Self.attachments]?.get(NamespacedName(name: attachment))
        return found?.object["spec"]?["nodeName"]?.string == node
    }

    func ownsSlice(_ slice: String, node: String) -> Bool {
        let found = caches[Self.slices]?.get(NamespacedName(name: slice))
        return found?.object["spec"]?["nodeName"]?.string == node
    }

    private static func mounts(_ volume: String, node: String, _ state: State) -> Bool {
        guard let claim = state.volumes[volume]?.claim else { return false }
        return state.users[NodeDependency(kind: .claim, key: claim)]?[node] != nil
    }

    private func follow(_ state: inout State) {
        if let cache = caches[Self.pods] {
            let news = cache.news(after: state.podRevision)
            if news.isComplete { for pod in Array(state.pods.keys) { Self.forget(pod, &state) } }
            for (key, object) in news.objects {
                Self.forget(key, &state)
                if let object { Self.learn(key, object, &state) }
            }
            state.podRevision = news.revision
        }
        if let cache = caches[Self.volumes] {
            let news = cache.news(after: state.volumeRevision)
            if news.isComplete { (state.volumes, state.volumesOfSecret) = ([:], [:]) }
            for (key, object) in news.objects { Self.learnVolume(key.name, object, &state) }
            state.volumeRevision = news.revision
        }
    }

    private static func forget(_ key: NamespacedName, _ state: inout State) {
        guard let pod = state.pods.removeValue(forKey: key) else { return }
        for dependency in pod.uses {
            let count = (state.users[dependency]?[pod.node] ?? 0) - 1
            state.users[dependency]?[pod.node] = count > 0 ? count : nil
            if state.users[dependency]?.isEmpty ?? false { state.users[dependency] = nil }
        }
    }

    private static func learn(_ key: NamespacedName, _ object: CachedObject, _ state: inout State) {
        let tree = object.object
        guard let node = tree["spec"]?["nodeName"]?.string, !node.isEmpty else { return }
        let uses = PodReferences.of(tree)
        state.pods[key] = Pod(node: node, uses: uses)
        for dependency in uses { state.users[dependency, default: [:]][node, default: 0] += 1 }
    }

    private static func learnVolume(_ name: String, _ object: CachedObject?, _ state: inout State) {
        if let old = state.volumes.removeValue(forKey: name) {
            for secret in old.secrets { state.volumesOfSecret[secret]?.remove(name) }
        }
        guard let tree = object?.object, let claim = tree["spec"]?["claimRef"] else { return }
        let secrets = VolumeReferences.secrets(of: tree)
        state.volumes[name] = Volume(
            claim: NamespacedName(namespace: claim["namespace"]?.string ?? "", name: claim["name"]?.string ?? ""),
            secrets: secrets)
        for secret in secrets { state.volumesOfSecret[secret, default: []].insert(name) }
    }
}

extension ResourceCache {
    /// What changed since someone last looked.
    struct News {
        /// In order; nil: the object is gone.
        var objects: [(key: NamespacedName, object: CachedObject?)]
        /// Everything that there is, instead of changes: what was known before must be forgotten.
        var isComplete: Bool
        var revision: Revision
    }

    /// - Parameter revision: Where the last look ended; nil: never looked.
    func news(after revision: Revision?) -> News {
        if let revision {
            if revision >= lastRevision { return News(objects: [], isComplete: false, revision: revision) }
            let registration = watch(Selection(), WatchOptions(), start: .after(revision), clock: Revision(0))
            unwatch(registration.watcher)
            if registration.readLogAfter == nil {
                return News(
                    objects: registration.replay.map { ($0.key, $0.current) }, isComplete: false,
                    revision: registration.position)
            }
        }
        let registration = watch(Selection(), WatchOptions(), start: .present, clock: Revision(0))
        unwatch(registration.watcher)
        return News(
            objects: registration.initial.map { ($0.key, $0) }, isComplete: true, revision: registration.position)
    }
}
