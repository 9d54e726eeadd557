import API
import ControlLoop
import Synchronization

/// Since when pods bear taints that do not say when they were added: `kubectl taint` writes no time.
///
/// Memory only, as upstream's: after a restart a pod's time starts anew.
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/tainteviction/timed_workers.go`.
final class TaintSightings: Sendable {
    /// With more pods than this waiting, all are forgotten and their times start anew.
    static let podsMax = 100_000

    private struct Pending {
        var uid: String
        var since: Timestamp
    }

    private let pending = Mutex<[NamespacedName: Pending]>([:])

    /// When the pod was first seen under such a taint; now, when it is the first time.
    func since(_ pod: Pod, now: Timestamp) -> Timestamp {
        pending.withLock { pending in
            if let known = pending[pod.key], known.uid == pod.metadata.uid { return known.since }
            if pending.count >= Self.podsMax { pending.removeAll() }
            pending[pod.key] = Pending(uid: pod.metadata.uid, since: now)
            return now
        }
    }

    /// The pod is gone, or waits for nothing any more.
    func forget(_ key: NamespacedName) {
        pending.withLock { pending in
            if !pending.isEmpty { pending[key] = nil }
        }
    }
}
