import API
import CRI

/// What the runtime should do next for a pod that may run.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `computePodActions`.
struct PodActions: Hashable, Sendable {
    struct Start: Hashable, Sendable {
        var container: Container
        var isInit: Bool
        var attempt: UInt32
    }

    struct Kill: Hashable, Sendable {
        enum Reason: Hashable, Sendable {
            case definitionChanged
            case livenessFailed
            case startupFailed
        }

        var id: String
        var container: Container
        var reason: Reason
    }

    /// Stop everything in the old sandboxes before a new one.
    var stopSandboxes: [String] = []
    /// The attempt number of the sandbox to create.
    var createSandbox: UInt32?
    var kill: [Kill] = []
    var start: [Start] = []
    /// Containers held back, by name, and until when.
    var waiting: [String: Timestamp] = [:]
    /// Nothing runs and nothing will.
    var isFinished = false

    var isIdle: Bool { stopSandboxes.isEmpty && createSandbox == nil && kill.isEmpty && start.isEmpty }
    var wakeAt: Timestamp? { waiting.values.min() }
}

/// Verdicts of probes by container id, as far as they are known.
struct ProbeVerdicts: Hashable, Sendable {
    var ready: [String: Bool] = [:]
    var started: [String: Bool] = [:]
    var livenessFailed: Set<String> = []
    var startupFailed: Set<String> = []
}

extension PodActions {
    /// Pure: the same pod, observation, verdicts and time give the same actions.
    static func compute(
        _ pod: Pod, _ observed: PodObservation, probes: ProbeVerdicts, backoff: RestartBackoff, now: Timestamp
    ) -> PodActions {
        var actions = PodActions()
        let usable = observed.readySandbox.flatMap { sandbox in
            pod.spec.hostNetwork || !observed.addresses.isEmpty ? sandbox : nil
        }
        guard let sandbox = usable else {
            actions.planSandbox(pod, observed)
            return actions
        }
        actions.stopSandboxes = observed.sandboxes.dropFirst().filter(\.isReady).map(\.id)
        actions.planEphemeral(pod, observed)
        let hasStarted = pod.spec.containers.contains { observed.latest($0.name)?.sandbox == sandbox.id }
        let mayStart = actions.planInit(pod, observed, sandbox.id, probes, backoff, now, initialized: hasStarted)
        guard mayStart, !actions.isFinished else { return actions }
        var keep = 0
        for container in pod.spec.containers {
            if actions.plan(container, pod, observed, sandbox.id, probes, backoff, now) { keep += 1 }
        }
        actions.isFinished = keep == 0
        return actions
    }

    private mutating func planSandbox(_ pod: Pod, _ observed: PodObservation) {
        let finished = pod.spec.containers.allSatisfy { container in
            observed.latest(container.name).map { !$0.isRunning && !Self.shouldRestart(container, $0, pod) } ?? false
        }
        if finished || Self.initFailure(pod, observed) != nil {
            isFinished = true
            return
        }
        stopSandboxes = observed.sandboxes.map(\.id)
        createSandbox = observed.sandbox.map { $0.metadata.attempt + 1 } ?? 0
    }

    /// The init container whose failure ends the pod.
    static func initFailure(_ pod: Pod, _ observed: PodObservation) -> String? {
        guard pod.spec.restartPolicy == "Never" else { return nil }
        return pod.spec.initContainers.first { container in
            guard !container.isRestartable, let latest = observed.latest(container.name) else { return false }
            return latest.hasEnded && latest.status.exitCode != 0
        }?.name
    }

    /// Walks the init containers in order; true when the containers may start.
    private mutating func planInit(
        _ pod: Pod, _ observed: PodObservation, _ sandbox: String, _ probes: ProbeVerdicts, _ backoff: RestartBackoff,
        _ now: Timestamp, initialized: Bool
    ) -> Bool {
        for container in pod.spec.initContainers {
            let here = observed.latest(container.name).flatMap { $0.sandbox == sandbox ? $0 : nil }
            if container.isRestartable {
                if let here, here.isRunning {
                    if let failure = probes.failure(of: here.id) {
                        kill.append(Kill(id: here.id, container: container, reason: failure))
                    }
                    if initialized || (probes.started[here.id] ?? (container.startupProbe == nil)) { continue }
                    return false
                }
                restart(container, isInit: true, pod, observed, backoff, now)
                if initialized { continue }
                return false
            }
            if initialized { continue }
            switch here?.status.state {
            case .running: return false
            case .exited, .unknown:
                if here?.status.state == .exited, here?.status.exitCode == 0 { continue }
                if pod.spec.restartPolicy == "Never" {
                    isFinished = true
                } else {
                    restart(container, isInit: true, pod, observed, backoff, now)
                }
                return false
            case .created, nil:
                restart(container, isInit: true, pod, observed, backoff, now)
                return false
            }
        }
        return true
    }

    /// Ephemeral containers start once, also while others still wait their turn.
    private mutating func planEphemeral(_ pod: Pod, _ observed: PodObservation) {
        for container in pod.spec.ephemeralContainers where observed.latest(container.name) == nil {
            let isKnown = pod.status.ephemeralContainerStatuses.contains { $0.name == container.name && !$0.containerID.isEmpty }
            if !isKnown { start.append(Start(container: container, isInit: false, attempt: 0)) }
        }
    }

    /// Plans one container; false when it has ended for good.
    private mutating func plan(
        _ container: Container, _ pod: Pod, _ observed: PodObservation, _ sandbox: String, _ probes: ProbeVerdicts,
        _ backoff: RestartBackoff, _ now: Timestamp
    ) -> Bool {
        guard let latest = observed.latest(container.name) else {
            restart(container, isInit: false, pod, observed, backoff, now)
            return true
        }
        if latest.isRunning {
            if latest.status.annotations[PodLabels.containerHash] != ContainerHash.of(container) {
                kill.append(Kill(id: latest.id, container: container, reason: .definitionChanged))
            } else if let failure = probes.failure(of: latest.id) {
                kill.append(Kill(id: latest.id, container: container, reason: failure))
            }
            return true
        }
        guard Self.shouldRestart(container, latest, pod) else { return false }
        restart(container, isInit: false, pod, observed, backoff, now)
        return true
    }

    private mutating func restart(
        _ container: Container, isInit: Bool, _ pod: Pod, _ observed: PodObservation, _ backoff: RestartBackoff, _ now: Timestamp
    ) {
        let latest = observed.latest(container.name)
        if let latest, latest.hasEnded {
            let ended = Timestamp(runtimeNanoseconds: latest.status.finishedAt) ?? now
            if let until = backoff.blocked(container.name, since: ended, now: now) {
                waiting[container.name] = until
                return
            }
        }
        start.append(Start(container: container, isInit: isInit, attempt: Self.attempt(container.name, pod, observed)))
    }

    /// Restart counts go on where the runtime or, after its memory is gone, the API server left them.
    static func attempt(_ name: String, _ pod: Pod, _ observed: PodObservation) -> UInt32 {
        if let latest = observed.latest(name) { return latest.status.attempt + 1 }
        let known = (pod.status.containerStatuses + pod.status.initContainerStatuses).first { $0.name == name }
        guard let known, !known.containerID.isEmpty else { return 0 }
        return UInt32(clamping: known.restartCount + 1)
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/container/helpers.go`, `ShouldContainerBeRestarted`.
    static func shouldRestart(_ container: Container, _ latest: ObservedContainer, _ pod: Pod) -> Bool {
        switch latest.status.state {
        case .created, .unknown: return true
        case .running: return false
        case .exited:
            switch pod.spec.restartPolicy {
            case "Never": return false
            case "OnFailure": return latest.status.exitCode != 0
            default: return true
            }
        }
    }
}

extension ProbeVerdicts {
    func failure(of id: String) -> PodActions.Kill.Reason? {
        if startupFailed.contains(id) { return .startupFailed }
        if livenessFailed.contains(id) { return .livenessFailed }
        return nil
    }
}

/// Tells whether a container still is what its definition says. Only what cannot change in a running pod but the image.
enum ContainerHash {
    static func of(_ container: Container) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in "\(container.name)\u{0}\(container.image)".utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return String(hash, radix: 16)
    }
}
