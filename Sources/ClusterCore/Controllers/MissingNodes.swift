import API
import Synchronization

/// Since when nodes that pods name are not there.
///
/// Memory only, as upstream's: after a restart the time starts anew.
final class MissingNodes: Sendable {
    /// With more names than this, all are forgotten and their times start anew.
    static let namesMax = 10_000

    private let names = Mutex<[String: Timestamp]>([:])

    /// When the node was first missed; now, when it is the first time.
    func since(_ name: String, now: Timestamp) -> Timestamp {
        names.withLock { names in
            if let known = names[name] { return known }
            if names.count >= Self.namesMax { names.removeAll() }
            names[name] = now
            return now
        }
    }

    /// The node is there.
    func forget(_ name: String) {
        names.withLock { names in
            if !names.isEmpty { names[name] = nil }
        }
    }
}
