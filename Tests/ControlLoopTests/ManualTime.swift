import API
import Synchronization

/// Time that a test moves by hand; who sleeps wakes when its moment has come.
final class ManualTime: Sendable {
    private struct Sleeper {
        let wakesAt: Timestamp
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = Timestamp(seconds: 1_800_000_000)
        var nextIdentifier = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    private let state = Mutex(State())

    func now() -> Timestamp { state.withLock(\.now) }

    func sleep(_ duration: Duration) async throws {
        let identifier = state.withLock { state in
            state.nextIdentifier += 1
            return state.nextIdentifier
        }
        let completed = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.sleepers[identifier] = Sleeper(wakesAt: state.now.adding(duration), continuation: continuation)
                }
                if Task.isCancelled { wake(identifier) }
            }
        } onCancel: {
            wake(identifier)
        }
        if !completed { throw CancellationError() }
    }

    private func wake(_ identifier: Int) {
        state.withLock { $0.sleepers.removeValue(forKey: identifier) }?.continuation.resume(returning: false)
    }

    /// Waits until everybody sleeps who is going to: then nothing happens before time moves.
    ///
    /// - Parameter isSettled: Told how many sleep.
    func settle(_ isSettled: (Int) -> Bool) async {
        while !isSettled(state.withLock { $0.sleepers.count }) { await Task.yield() }
    }

    func advance(_ duration: Duration) {
        let awake = state.withLock { state in
            state.now = state.now.adding(duration)
            let awake = state.sleepers.filter { $0.value.wakesAt <= state.now }
            for identifier in awake.keys { state.sleepers[identifier] = nil }
            return awake
        }
        for sleeper in awake.values { sleeper.continuation.resume(returning: true) }
    }
}
