import API
import ControlLoop
import Synchronization

/// One collection as the watch tells it, and what of it the model has not heard.
struct PendingObjects<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private(set) var isListed = false
    private var known: Set<Key> = []
    /// The newest state of what changed; nil: gone.
    private var changed: [Key: Value?] = [:]

    mutating func listed(_ items: [(Key, Value)]) {
        isListed = true
        let present = Set(items.map(\.0))
        for key in known.subtracting(present) { changed[key] = .some(nil) }
        for (key, value) in items { changed[key] = value }
        known = present
    }

    mutating func seen(_ key: Key, _ value: Value) {
        known.insert(key)
        changed[key] = value
    }

    mutating func gone(_ key: Key) {
        known.remove(key)
        changed[key] = .some(nil)
    }

    var hasChanges: Bool { !changed.isEmpty }

    mutating func take() -> [Key: Value?] {
        defer { changed = [:] }
        return changed
    }
}

/// What the model has not heard yet. Several changes of one object are one.
struct PolicyChanges: Sendable {
    var pods: [NamespacedName: PolicyPod?] = [:]
    var namespaces: [String: PolicyNamespace?] = [:]
    var policies: [NamespacedName: NetworkPolicy?] = [:]
    var clusterPolicies: [String: ClusterNetworkPolicy?] = [:]
    var nodes: [String: PolicyNode?] = [:]
    var interfaces: [PodInterface]?
    /// When the oldest of them came.
    var since: ContinuousClock.Instant?
}

/// What the reflectors saw and the syncer has not yet written.
final class PolicyInbox: Sendable {
    struct State: Sendable {
        var pods = PendingObjects<NamespacedName, PolicyPod>()
        var namespaces = PendingObjects<String, PolicyNamespace>()
        var policies = PendingObjects<NamespacedName, NetworkPolicy>()
        var clusterPolicies = PendingObjects<String, ClusterNetworkPolicy>()
        var nodes = PendingObjects<String, PolicyNode>()
        /// Nil: as last time.
        var interfaces: [PodInterface]?
        var needsInterfaces: Bool
        var needsCheck = false
        var since: ContinuousClock.Instant?

        var isComplete: Bool {
            pods.isListed && namespaces.isListed && policies.isListed && clusterPolicies.isListed && nodes.isListed
                && !needsInterfaces
        }

        var hasChanges: Bool {
            pods.hasChanges || namespaces.hasChanges || policies.hasChanges || clusterPolicies.hasChanges || nodes.hasChanges
                || interfaces != nil
        }
    }

    let signal = WakeSignal()
    private let state: Mutex<State>

    /// - Parameter needsInterfaces: Nothing is complete before the node's interfaces are known.
    init(needsInterfaces: Bool) { state = Mutex(State(needsInterfaces: needsInterfaces)) }

    var isComplete: Bool { state.withLock { $0.isComplete } }
    var hasChanges: Bool { state.withLock { $0.hasChanges } }

    func update(_ body: (inout State) -> Void) {
        let isNews = state.withLock { state in
            let wasComplete = state.isComplete
            body(&state)
            if state.hasChanges, state.since == nil { state.since = .now }
            return state.isComplete && (state.hasChanges || !wasComplete)
        }
        if isNews { signal.wake() }
    }

    func interfacesSeen(_ interfaces: [PodInterface]) {
        update { state in
            state.interfaces = interfaces
            state.needsInterfaces = false
        }
    }

    func checkIsDue() {
        state.withLock { $0.needsCheck = true }
        signal.wake()
    }

    func takeCheck() -> Bool {
        state.withLock { state in
            defer { state.needsCheck = false }
            return state.needsCheck
        }
    }

    func take() -> PolicyChanges {
        state.withLock { state in
            defer {
                state.since = nil
                state.interfaces = nil
            }
            return PolicyChanges(
                pods: state.pods.take(), namespaces: state.namespaces.take(), policies: state.policies.take(),
                clusterPolicies: state.clusterPolicies.take(), nodes: state.nodes.take(), interfaces: state.interfaces,
                since: state.since)
        }
    }
}
