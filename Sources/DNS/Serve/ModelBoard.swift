import Synchronization

/// The model that every serving thread reads, and the way to change it.
///
/// Each reader has a lock of its own, so readers never wait for each other; a change takes all of them, one after another, and so
/// happens between two batches of every reader.
// SAFETY: the model is touched only by a reader that holds its own gate, and by a change, which holds every gate.
package final class ModelBoard: @unchecked Sendable {
    /// One reader's lock, with what it counted.
    final class Gate: Sendable {
        fileprivate let state = Mutex(ServeCounters())

        var counters: ServeCounters { state.withLock { $0 } }
    }

    private let model = DNSModel()
    private let gates = Mutex<[Gate]>([])

    package init() {}

    func makeGate() -> Gate {
        let gate = Gate()
        gates.withLock { $0.append(gate) }
        return gate
    }

    /// Runs one batch of answers.
    func read<Result>(_ gate: Gate, _ body: (DNSModel, inout ServeCounters) -> Result) -> Result {
        gate.state.withLock { body(model, &$0) }
    }

    /// Changes the model; what one call changes becomes visible at once.
    ///
    /// - Parameter serial: Of the zone from now on; nil: its records did not change.
    package func change(serial: UInt32? = nil, _ body: (DNSModel) -> Void) {
        gates.withLock { gates in
            Self.hold(gates[...]) {
                body(model)
                if let serial { model.serial = serial }
            }
        }
    }

    /// Looks without changing, for those who are no serving thread.
    package func look<Result>(_ body: (DNSModel) -> Result) -> Result {
        gates.withLock { _ in body(model) }
    }

    private static func hold(_ gates: ArraySlice<Gate>, _ body: () -> Void) {
        guard let first = gates.first else { return body() }
        first.state.withLock { _ in hold(gates.dropFirst(), body) }
    }

    package var isComplete: Bool { look(\.isComplete) }
}
