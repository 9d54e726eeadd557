import Synchronization

/// A result that arrives once and that any number of tasks wait for; a wait ends early when its task is cancelled.
package final class Deferred<Value: Sendable>: Sendable {
    private let state = Mutex(State())

    private struct State {
        var result: Result<Value, any Error>?
        var waiters = Waiters<Value>()
        var callbacks: [@Sendable (Result<Value, any Error>) -> Void] = []
    }

    package init() {}

    /// The first result stays; false when there was one already.
    @discardableResult
    package func resolve(_ result: Result<Value, any Error>) -> Bool {
        typealias Told = (waiters: [Waiters<Value>.Continuation], callbacks: [@Sendable (Result<Value, any Error>) -> Void])
        let told: Told? = state.withLock { state in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.callbacks = [] }
            return (state.waiters.takeAll(), state.callbacks)
        }
        told?.waiters.forEach { $0.resume(with: result) }
        told?.callbacks.forEach { $0(result) }
        return told != nil
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
        let ticket = state.withLock { $0.waiters.ticket() }
        return try await Waiters.wait { continuation in
            state.withLock { state in
                if let result = state.result { return result }
                if Task.isCancelled { return .failure(CancellationError()) }
                state.waiters.add(continuation, ticket: ticket)
                return nil
            }
        } leaving: {
            state.withLock { $0.waiters.remove(ticket: ticket) }
        }
    }
}
