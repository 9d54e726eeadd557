import Synchronization

/// A port that another program listens on.
final class TakenPort: Sendable {
    private let state = Mutex<Int?>(nil)

    var port: Int? { state.withLock { $0 } }
    func set(_ port: Int?) { state.withLock { $0 = port } }
}
