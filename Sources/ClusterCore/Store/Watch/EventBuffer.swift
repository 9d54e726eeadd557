import Synchronization

/// A bounded queue between a writer that must not wait and one reader that may.
///
/// When more than `countMax` elements stand unread, all are dropped and the reader is told once that it was too slow.
package final class EventBuffer<Element: Sendable>: Sendable {
    package enum Batch: Sendable {
        /// At least one, in order.
        case elements([Element])
        /// Elements were lost; the buffer is at its end.
        case overflowed
        /// Closed by either side, or the reading task was cancelled.
        case closed
    }

    private struct State {
        var elements: [Element] = []
        var overflowed = false
        var closed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let countMax: Int

    package init(countMax: Int) { self.countMax = countMax }

    /// Adds elements and wakes the reader; never waits.
    package func offer(_ elements: [Element]) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.closed, !state.overflowed else { return nil }
            if state.elements.count + elements.count > countMax {
                state.overflowed = true
                state.elements = []
            } else {
                state.elements += elements
            }
            return state.reader.take()
        }
        reader?.resume()
    }

    /// As with an array of one, without the array.
    package func offer(_ element: Element) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.closed, !state.overflowed else { return nil }
            if state.elements.count >= countMax {
                state.overflowed = true
                state.elements = []
            } else {
                state.elements.append(element)
            }
            return state.reader.take()
        }
        reader?.resume()
    }

    /// Ends the buffer; what stands unread can still be read.
    package func close() {
        let reader = state.withLock { state in
            state.closed = true
            return state.reader.take()
        }
        reader?.resume()
    }

    /// Everything offered since the last call; waits for at least one element. One reader at a time.
    package func next() async -> Batch {
        await withTaskCancellationHandler {
            while true {
                if let batch = takeBatch() { return batch }
                await withCheckedContinuation { continuation in
                    let ready = state.withLock { state in
                        if state.closed || state.overflowed || !state.elements.isEmpty { return true }
                        precondition(state.reader == nil, "an event buffer has one reader")
                        state.reader = continuation
                        return false
                    }
                    if ready { continuation.resume() }
                }
            }
        } onCancel: {
            close()
        }
    }

    private func takeBatch() -> Batch? {
        state.withLock { state in
            if state.overflowed {
                state.overflowed = false
                state.closed = true
                return .overflowed
            }
            if !state.elements.isEmpty {
                let elements = state.elements
                state.elements = []
                return .elements(elements)
            }
            return state.closed ? .closed : nil
        }
    }
}
