package import Store
import Synchronization

/// Who waits for a read of the cluster's revision.
struct SynchronizationState {
    enum Turn: Sendable {
        case answered(Result<Revision, StoreError>)
        /// Read now, for yourself and for these.
        case read(others: [Waiter])
    }
    typealias Waiter = CheckedContinuation<Turn, Never>

    /// A read is under way; it began before those below asked, so it is no answer for them.
    var isReading = false
    var waiting: [Waiter] = []
}

extension EtcdStore {
    /// One linearizable read serves all who asked before it began, so a crowd costs one read.
    package func synchronize() async throws(StoreError) {
        let revision = try await freshRevision()
        let deadline = environment.monotonic() + Self.deliveryLimit
        guard await fanout.reach(revision, deadline: deadline) else {
            throw .unavailable("etcd at \(cluster.description) has not told of revision \(revision) in time")
        }
    }

    private func freshRevision() async throws(StoreError) -> Revision {
        let turn = await withCheckedContinuation { (waiter: SynchronizationState.Waiter) in
            let isFirst = readers.withLock { state in
                if state.isReading {
                    state.waiting.append(waiter)
                    return false
                }
                state.isReading = true
                return true
            }
            if isFirst { waiter.resume(returning: .read(others: [])) }
        }
        switch turn {
        case .answered(let result): return try result.get()
        case .read(let others):
            let result = await read()
            passTurn()
            for other in others { other.resume(returning: .answered(result)) }
            return try result.get()
        }
    }

    /// Whoever came meanwhile reads together, one for all.
    private func passTurn() {
        let waiting = readers.withLock { state in
            let waiting = state.waiting
            state.waiting = []
            if waiting.isEmpty { state.isReading = false }
            return waiting
        }
        waiting.first?.resume(returning: .read(others: Array(waiting.dropFirst())))
    }

    private func read() async -> Result<Revision, StoreError> {
        do throws(StoreError) {
            return .success(try await cluster.currentRevision())
        } catch {
            return .failure(error)
        }
    }
}
