import Synchronization

/// The result of one unary call, met by whoever comes second: the waiting task or the event loop.
final class CallOutcome: Sendable {
    typealias Outcome = Result<[UInt8], GRPCError>

    private struct State {
        var message: [UInt8]?
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    private let state = Mutex(State())

    /// Later endings than the first are ignored.
    func record(_ report: CallHandler.Report) {
        let waiting = state.withLock { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            switch report {
            case .message(let bytes):
                state.message = bytes
                return nil
            case .ended(let error):
                guard state.outcome == nil else { return nil }
                let outcome: Outcome
                if let error {
                    outcome = .failure(error)
                } else if let message = state.message {
                    outcome = .success(message)
                } else {
                    outcome = .failure(GRPCError(.internal, "no message in the answer"))
                }
                state.outcome = outcome
                guard let waiter = state.waiter else { return nil }
                state.waiter = nil
                return (waiter, outcome)
            }
        }
        if let (waiter, outcome) = waiting { waiter.resume(returning: outcome) }
    }

    func result() async -> Outcome {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Outcome? in
                if let outcome = state.outcome { return outcome }
                state.waiter = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
