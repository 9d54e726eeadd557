/// Tasks that wait for something that a state behind a mutex will say. Part of that state.
struct Waiters<Value: Sendable>: Sendable {
    typealias Continuation = CheckedContinuation<Value, any Error>

    private var waiting: [(ticket: Int, continuation: Continuation)] = []
    private var lastTicket = 0

    /// What a task is known by from before it waits until it leaves.
    mutating func ticket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    mutating func add(_ continuation: Continuation, ticket: Int) { waiting.append((ticket, continuation)) }

    /// The task that leaves early; nil when it does not wait, or no longer.
    mutating func remove(ticket: Int) -> Continuation? {
        waiting.firstIndex { $0.ticket == ticket }.map { waiting.remove(at: $0).continuation }
    }

    /// All of them; whoever takes them resumes them.
    mutating func takeAll() -> [Continuation] {
        defer { waiting = [] }
        return waiting.map(\.continuation)
    }

    /// Waits, until somebody resumes the task or it is cancelled.
    ///
    /// - Parameters:
    ///   - enter: Under the lock of the state: adds the task, or has the result already. It must look whether the task is cancelled: a
    ///     cancellation after that finds the task among those that wait.
    ///   - leave: Under the lock of the state: removes the task.
    static func wait(
        entering enter: (Continuation) -> Result<Value, any Error>?, leaving leave: @Sendable () -> Continuation?
    ) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let result = enter(continuation) { continuation.resume(with: result) }
            }
        } onCancel: {
            leave()?.resume(throwing: CancellationError())
        }
    }
}
