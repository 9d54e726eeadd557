import API

/// Where one pod stands between its first sync and the last trace of it.
///
/// Owns no timer and reads no clock: it is told what happened and says what to do next.
struct PodWorkerStateMachine: Hashable, Sendable {
    enum Order: Hashable, Sendable {
        /// Bring the runtime closer to the definition.
        case sync
        /// End every container within the grace period, then stop the sandboxes.
        case kill(graceSeconds: Int64)
        /// Take down volumes and cgroups; with `remove`, containers and sandboxes too.
        case cleanUp(remove: Bool)
        /// Delete the object: nothing of it is left here.
        case deleteObject
        /// Nothing to do until the object changes.
        case rest
        /// The worker may end.
        case end
    }

    private enum State: Hashable, Sendable {
        case running
        case killing(graceSeconds: Int64)
        /// Nothing runs any more; containers are kept for their logs until the object goes.
        case stopped
        case finished
        case removing
        case removed
        case ended
    }

    private var state: State = .running
    private var isDeleted = false
    private var isGone = false
    private(set) var failure: Failure?

    /// Why the kubelet itself ended the pod.
    struct Failure: Hashable, Sendable {
        var reason: String
        var message: String
    }

    /// Whether the phase may become final although the policy says restart.
    var isTerminal: Bool { state != .running }
    var isKilling: Bool { if case .killing = state { true } else { false } }

    /// The object as it stands now; nil: the API server has it no longer.
    ///
    /// - Parameter graceSeconds: What its containers get when it is gone.
    mutating func observed(_ pod: Pod?, graceSeconds: Int64 = 30) {
        guard let pod else {
            isGone = true
            if state == .running { state = .killing(graceSeconds: graceSeconds) }
            return
        }
        if pod.metadata.isBeingDeleted {
            isDeleted = true
            let grace = max(1, pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds)
            switch state {
            case .running: state = .killing(graceSeconds: grace)
            case .killing(let known): state = .killing(graceSeconds: min(known, grace))
            default: break
            }
        } else if pod.isFinished, state == .running {
            state = .killing(graceSeconds: pod.spec.terminationGracePeriodSeconds)
        }
    }

    /// All containers have ended and none will start again.
    mutating func completed(graceSeconds: Int64) {
        if state == .running { state = .killing(graceSeconds: graceSeconds) }
    }

    /// The kubelet gives up on the pod: deadline, eviction.
    mutating func failed(_ failure: Failure, graceSeconds: Int64) {
        guard state == .running else { return }
        self.failure = failure
        state = .killing(graceSeconds: graceSeconds)
    }

    mutating func killed() { if isKilling { state = .stopped } }
    mutating func cleanedUp() {
        switch state {
        case .stopped: state = .finished
        case .removing: state = .removed
        default: break
        }
    }
    mutating func objectDeleted() { if state == .removed { isGone = true } }

    mutating func next() -> Order {
        switch state {
        case .running: return .sync
        case .killing(let grace): return .kill(graceSeconds: grace)
        case .stopped: return .cleanUp(remove: false)
        case .finished:
            guard isDeleted || isGone else { return .rest }
            state = .removing
            return .cleanUp(remove: true)
        case .removing: return .cleanUp(remove: true)
        case .removed:
            if !isGone { return .deleteObject }
            state = .ended
            return .end
        case .ended: return .end
        }
    }
}
