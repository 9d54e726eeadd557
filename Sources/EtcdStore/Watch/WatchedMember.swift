import Synchronization

/// The member that the watch hangs on, for who looks after it.
final class WatchedMember: Sendable {
    private let member = Mutex<Int?>(nil)

    func set(_ index: Int) { member.withLock { $0 = index } }
    func get() -> Int? { member.withLock { $0 } }
}
