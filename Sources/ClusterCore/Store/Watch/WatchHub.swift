import Synchronization

/// Who wants to hear of writes; hands every group of events to each of them in the order of revisions.
///
/// `publish` is called by the one writer only, so deliveries never overlap.
final class WatchHub: Sendable {
    private struct Observer: Sendable {
        let prefix: String
        let deliver: @Sendable ([StoreEvent]) -> Void
    }

    private struct State {
        var nextIdentifier = 0
        var observers: [Int: Observer] = [:]
    }

    private let state = Mutex(State())

    /// Called on the writer, so that no event falls between the history that `deliver` has seen and the next publication.
    func attach(prefix: String, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void) -> StoreObservation {
        let identifier = state.withLock { state in
            state.nextIdentifier += 1
            state.observers[state.nextIdentifier] = Observer(prefix: prefix, deliver: deliver)
            return state.nextIdentifier
        }
        return StoreObservation { [weak self] in
            // The observer is let go outside the lock: its closure may own things that call back here when they end.
            let observer = self?.state.withLock { $0.observers.removeValue(forKey: identifier) }
            withExtendedLifetime(observer) {}
        }
    }

    func publish(_ events: [StoreEvent]) {
        guard !events.isEmpty else { return }
        let observers = state.withLock { Array($0.observers.values) }
        for observer in observers {
            let wanted = observer.prefix.isEmpty ? events : events.filter { $0.key.utf8.starts(with: observer.prefix.utf8) }
            if !wanted.isEmpty { observer.deliver(wanted) }
        }
    }

    func detachAll() {
        let observers = state.withLock { state in
            let observers = state.observers
            state.observers = [:]
            return observers
        }
        withExtendedLifetime(observers) {}
    }
}
