import Synchronization

/// The present verdicts of one pod's probes, and which probes should go on.
final class ProbeBoard: Sendable {
    struct Key: Hashable, Sendable {
        var container: String
        var kind: ProbeStateMachine.Kind
    }

    private struct State {
        var verdicts = ProbeVerdicts()
        var active: Set<Key> = []
    }

    private let state = Mutex(State())

    var verdicts: ProbeVerdicts { state.withLock { $0.verdicts } }
    func isActive(_ key: Key) -> Bool { state.withLock { $0.active.contains(key) } }
    func isStarted(_ container: String) -> Bool { state.withLock { $0.verdicts.started[container] ?? true } }

    /// True when the probe was not active before. `isReady` and `isStarted` are what was known from earlier.
    func activate(_ key: Key, isReady: Bool, isStarted: Bool) -> Bool {
        state.withLock { state in
            guard state.active.insert(key).inserted else { return false }
            switch key.kind {
            case .readiness: state.verdicts.ready[key.container] = isReady
            case .startup: state.verdicts.started[key.container] = isStarted
            case .liveness: break
            }
            return true
        }
    }

    /// Forgets containers that run no longer.
    func keep(only containers: Set<String>) {
        state.withLock { state in
            state.active = state.active.filter { containers.contains($0.container) }
            state.verdicts.ready = state.verdicts.ready.filter { containers.contains($0.key) }
            state.verdicts.started = state.verdicts.started.filter { containers.contains($0.key) }
            state.verdicts.livenessFailed.formIntersection(containers)
            state.verdicts.startupFailed.formIntersection(containers)
        }
    }

    func decided(_ key: Key, _ result: ProbeStateMachine.Result) {
        state.withLock { state in
            guard state.active.contains(key) else { return }
            switch (key.kind, result) {
            case (.readiness, _): state.verdicts.ready[key.container] = result == .success
            case (.startup, .success): state.verdicts.started[key.container] = true
            case (.startup, .failure): state.verdicts.startupFailed.insert(key.container)
            case (.liveness, .failure): state.verdicts.livenessFailed.insert(key.container)
            case (.liveness, .success): state.verdicts.livenessFailed.remove(key.container)
            }
        }
    }
}
