import API
import Synchronization

/// Since when something holds that no object tells the time of: a taint that `kubectl taint` wrote, a node that is not there.
///
/// Memory only, as upstream's: after a restart the time starts anew.
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/tainteviction/timed_workers.go`, `pkg/controller/podgc/gc_controller.go`.
final class FirstSightings<Key: Hashable & Sendable>: Sendable {
    private struct Sighting {
        var uid: String
        var time: Timestamp
    }

    private let sightings = Mutex<[Key: Sighting]>([:])
    private let countMax: Int

    /// - Parameter countMax: With more than this, all are forgotten and their times start anew.
    init(countMax: Int) { self.countMax = countMax }

    /// When it was first seen; now, when it is the first time.
    ///
    /// - Parameter uid: Of the object that it is about: another one of the same name is seen anew.
    func since(_ key: Key, uid: String = "", now: Timestamp) -> Timestamp {
        sightings.withLock { sightings in
            if let known = sightings[key], known.uid == uid { return known.time }
            if sightings.count >= countMax { sightings.removeAll() }
            sightings[key] = Sighting(uid: uid, time: now)
            return now
        }
    }

    /// It holds no more.
    func forget(_ key: Key) {
        sightings.withLock { sightings in
            if !sightings.isEmpty { sightings[key] = nil }
        }
    }
}
