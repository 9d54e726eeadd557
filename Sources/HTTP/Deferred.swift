import Synchronization

/// A result that arrives once and that any number of tasks wait for; a wait ends early when its task is cancelled.
package final class Deferred<Value: Sendable>: Sendable {
    private let state = Mutex(State())

    private struct State {
        var result: Result<Value, any Error>?
        var waiters: [(ticket: Int, continuation: CheckedContinuation<Value, any Error>)] = []
        var lastTicket = 0
        var callbacks: [@Sendable (Result<Value, any Error>) -> Void] = []
    }

    package init() {}

    /// The first result stays; false when there was one already.
    @discardableResult
    package func resolve(_ result: Result<Value, any Error>) -> Bool {
        let before: State? = state.withLock { state in
            guard state.result == nil else { return nil }
            state.result = result
            defer {
                state.waiters = []
                state.callbacks = []
            }
            return state
        }
        before?.waiters.forEach { $0.continuation.resume(with: result) }
        before?.callbacks.forEach { $0(result) }
        return before != nil
    }

    /// Calls back at once when the result is there, else from where it is resolved.
    package func whenResolved(_ callback: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        let result = state.withLock { state in
            if state.result == nil { state.callbacks.append(callback) }
            return state.result
        }
        if let result { callback(result) }
    }

    /// What has arrived so far.
    package var current: Result<Value, any Error>? { state.withLock { $0.result } }

    package func value() async throws -> Value {
        if let current { return try current.get() }
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // The check is made under the lock: a cancellation after it finds the waiter in the list.
                let immediate: Result<Value, any Error>? = state.withLock { state in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append((ticket, continuation))
                    return nil
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
