import API
import CRI

/// Why a container is not running although it should be.
struct WaitingReason: Hashable, Sendable {
    var reason: String
    var message: String
}

/// Builds `status` from what is observed. Pure: equal inputs give equal statuses, so an equal status need not be written.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kubelet_pods.go` (`generateAPIPodStatus`, `getPhase`), `pkg/kubelet/status/generate.go`.
struct PodStatusBuilder: Sendable {
    var pod: Pod
    var observed: PodObservation
    var probes: ProbeVerdicts
    /// By container name.
    var waiting: [String: WaitingReason]
    var nodeAddresses: [String]
    /// The pod is being ended: it will not go back to running.
    var isTerminal: Bool
    var failure: PodWorkerStateMachine.Failure?
    var now: Timestamp

    func build() -> PodStatus {
        var status = PodStatus()
        status.qosClass = pod.qosClass.rawValue
        status.startTime = pod.status.startTime ?? now.whole
        status.hostIP = nodeAddresses.first ?? ""
        status.hostIPs = Array(nodeAddresses.prefix(2))
        let addresses = pod.spec.hostNetwork ? Array(nodeAddresses.prefix(2)) : observed.addresses
        let known = addresses.isEmpty ? pod.status.podIPs : addresses
        if !pod.spec.hostNetwork || observed.sandbox != nil { status.podIPs = known }
        status.podIP = status.podIPs.first ?? ""
        status.nominatedNodeName = pod.status.nominatedNodeName

        status.initContainerStatuses = pod.spec.initContainers.map { containerStatus($0, isInit: true, initialized: true) }
        let initialized = isInitialized(status.initContainerStatuses)
        status.containerStatuses = pod.spec.containers.map {
            containerStatus($0, isInit: false, initialized: initialized)
        }
        status.ephemeralContainerStatuses = pod.spec.ephemeralContainers.map {
            var status = containerStatus($0, isInit: false, initialized: true)
            // Nobody waits for it to be ready or started.
            (status.ready, status.started) = (false, nil)
            return status
        }
        if pod.isFinished {
            (status.phase, status.reason, status.message) = (pod.status.phase, pod.status.reason, pod.status.message)
        } else if let failure {
            (status.phase, status.reason, status.message) = ("Failed", failure.reason, failure.message)
        } else {
            status.phase = phase(status)
        }
        if status.phase == "Failed" || status.phase == "Succeeded" {
            for index in status.containerStatuses.indices { status.containerStatuses[index].ready = false }
        }
        status.conditions = conditions(status)
        return status
    }

    // MARK: Containers

    private func containerStatus(_ container: Container, isInit: Bool, initialized: Bool) -> ContainerStatus {
        var status = ContainerStatus()
        status.name = container.name
        status.image = container.image
        let before = pod.status.everyContainerStatus.first { $0.name == container.name }
        guard let latest = observed.latest(container.name) else {
            return unobserved(status, before: before, initialized: initialized)
        }
        status.restartCount = Int64(latest.status.attempt)
        status.containerID = "containerd://\(latest.id)"
        status.imageID = latest.status.imageRef
        if !latest.status.image.isEmpty, !latest.status.image.hasPrefix("sha256:") { status.image = latest.status.image }
        status.lastState = observed.previous(container.name).flatMap { $0.hasEnded ? Self.ended($0) : nil } ?? before?.lastState
        switch latest.status.state {
        case .running:
            status.state = .running(startedAt: Timestamp(runtimeNanoseconds: latest.status.startedAt)?.whole)
            status.started = probes.started[latest.id] ?? (container.startupProbe == nil)
            status.ready = status.started == true && (probes.ready[latest.id] ?? (container.readinessProbe == nil))
        case .exited, .unknown:
            status.started = false
            let ended = Self.ended(latest)
            if let reason = waiting[container.name], !isTerminal {
                status.state = .waiting(reason: reason.reason, message: reason.message)
                status.lastState = ended
            } else {
                status.state = ended
                if isInit, case .terminated(let value) = ended { status.ready = value.exitCode == 0 }
            }
        case .created:
            status.started = false
            let reason = waiting[container.name] ?? WaitingReason(reason: "ContainerCreating", message: "")
            status.state = .waiting(reason: reason.reason, message: reason.message)
        }
        return status
    }

    private func unobserved(_ status: ContainerStatus, before: ContainerStatus?, initialized: Bool) -> ContainerStatus {
        var status = status
        status.started = false
        if let before, !before.containerID.isEmpty {
            // The runtime has forgotten it: keep what was known, or say that nobody knows how it ended.
            status.restartCount = before.restartCount
            status.containerID = before.containerID
            status.imageID = before.imageID
            status.lastState = before.lastState
            if case .terminated = before.state {
                status.state = before.state
                return status
            }
            if case .running(let startedAt) = before.state {
                var lost = ContainerState.Termination(exitCode: 137, reason: "ContainerStatusUnknown")
                lost.message = "The container could not be located when the pod was terminated"
                lost.startedAt = startedAt
                status.lastState = .terminated(lost)
                if isTerminal {
                    status.state = .terminated(lost)
                    return status
                }
            }
        }
        if let reason = waiting[status.name] {
            status.state = .waiting(reason: reason.reason, message: reason.message)
        } else {
            status.state = .waiting(reason: initialized && noInitYet ? "ContainerCreating" : "PodInitializing", message: "")
        }
        return status
    }

    private var noInitYet: Bool { pod.spec.initContainers.isEmpty }

    static func ended(_ container: ObservedContainer) -> ContainerState {
        let status = container.status
        var value = ContainerState.Termination(exitCode: Int64(status.exitCode), reason: status.reason)
        if status.state == .unknown {
            value = ContainerState.Termination(exitCode: 255, reason: "ContainerStatusUnknown")
        }
        value.message = container.terminationMessage.isEmpty ? status.message : container.terminationMessage
        value.startedAt = Timestamp(runtimeNanoseconds: status.startedAt)?.whole
        value.finishedAt = Timestamp(runtimeNanoseconds: status.finishedAt)?.whole
        value.containerID = "containerd://\(container.id)"
        return .terminated(value)
    }

    // MARK: Phase

    private func isInitialized(_ statuses: [ContainerStatus]) -> Bool {
        zip(pod.spec.initContainers, statuses).allSatisfy(Self.isInitialized)
    }

    private static func isInitialized(_ container: Container, _ status: ContainerStatus) -> Bool {
        if container.isRestartable { return status.started == true }
        if case .terminated(let ended) = status.state { return ended.exitCode == 0 }
        return false
    }

    private func phase(_ status: PodStatus) -> String {
        let mainHasRun = status.containerStatuses.contains { !$0.containerID.isEmpty }
        if !mainHasRun, !isInitialized(status.initContainerStatuses) {
            return PodActions.initFailure(pod, observed) != nil ? "Failed" : "Pending"
        }
        var (running, waiting, stopped, succeeded) = (0, 0, 0, 0)
        for container in status.containerStatuses {
            switch container.state {
            case .running: running += 1
            case .terminated(let ended):
                stopped += 1
                if ended.exitCode == 0 { succeeded += 1 }
            case .waiting:
                if case .terminated(let ended)? = container.lastState {
                    stopped += 1
                    if ended.exitCode == 0 { succeeded += 1 }
                } else {
                    waiting += 1
                }
            }
        }
        if waiting > 0 { return isTerminal && running == 0 ? "Failed" : "Pending" }
        if running > 0 { return "Running" }
        guard stopped > 0 else { return "Pending" }
        if isTerminal { return stopped == succeeded ? "Succeeded" : "Failed" }
        if pod.spec.restartPolicy == "Always" { return "Running" }
        if stopped == succeeded { return "Succeeded" }
        return pod.spec.restartPolicy == "Never" ? "Failed" : "Running"
    }

    // MARK: Conditions

    private func conditions(_ status: PodStatus) -> [Condition] {
        let isOver = status.phase == "Succeeded"
        var result = [sandboxCondition(), initCondition(status, isOver)]
        let unready = zip(pod.spec.containers, status.containerStatuses).filter { !$0.1.ready }.map(\.0.name)
        let unreadySidecars = zip(pod.spec.initContainers, status.initContainerStatuses)
            .filter { $0.0.isRestartable && !$0.1.ready }.map(\.0.name)
        var containersReady = Condition(type: "ContainersReady", status: "True")
        if isOver {
            containersReady = Condition(type: "ContainersReady", status: "False", reason: "PodCompleted")
        } else if status.phase == "Failed" {
            containersReady = Condition(type: "ContainersReady", status: "False", reason: "PodFailed")
        } else if !(unready + unreadySidecars).isEmpty {
            let names = (unreadySidecars + unready).joined(separator: " ")
            containersReady = Condition(
                type: "ContainersReady", status: "False", reason: "ContainersNotReady",
                message: "containers with unready status: [\(names)]")
        }
        var ready = containersReady
        ready.type = "Ready"
        let openGates = pod.spec.readinessGates.filter { !(pod.status.conditions[$0]?.isTrue ?? false) }
        if ready.isTrue, !openGates.isEmpty {
            ready = Condition(
                type: "Ready", status: "False", reason: "ReadinessGatesNotReady",
                message: "corresponding condition of pod readiness gate \"\(openGates[0])\" does not exist.")
        }
        result += [ready, containersReady, Condition(type: "PodScheduled", status: "True")]
        let stamped = result.map { condition in
            var condition = condition
            let before = pod.status.conditions[condition.type]
            condition.lastTransitionTime =
                before?.status == condition.status ? before?.lastTransitionTime ?? now.whole : now.whole
            return condition
        }
        let own = Set(stamped.map(\.type))
        return stamped + pod.status.conditions.filter { !own.contains($0.type) }
    }

    private func sandboxCondition() -> Condition {
        let isReady = observed.readySandbox != nil && (pod.spec.hostNetwork || !observed.addresses.isEmpty)
        return Condition(type: "PodReadyToStartContainers", status: isReady ? "True" : "False")
    }

    private func initCondition(_ status: PodStatus, _ isOver: Bool) -> Condition {
        if isOver { return Condition(type: "Initialized", status: "True", reason: "PodCompleted") }
        let incomplete = zip(pod.spec.initContainers, status.initContainerStatuses)
            .filter { !Self.isInitialized($0.0, $0.1) }.map(\.0.name)
        let mainHasRun = status.containerStatuses.contains { !$0.containerID.isEmpty }
        if incomplete.isEmpty || mainHasRun { return Condition(type: "Initialized", status: "True") }
        return Condition(
            type: "Initialized", status: "False", reason: "ContainersNotInitialized",
            message: "containers with incomplete status: [\(incomplete.joined(separator: " "))]")
    }
}

extension Timestamp {
    /// Without the fraction, as the API keeps it.
    var whole: Timestamp { Timestamp(seconds: seconds) }
}

extension PodStatusBuilder {
    /// One address of each family, that of the node's primary family first, whatever the runtime's order is.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kubelet_pods.go`, `sortPodIPs`.
    static func sorted(_ addresses: [String], like nodeAddresses: [String]) -> [String] {
        func isIPv6(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: ":")) }
        let primary = isIPv6(nodeAddresses.first ?? "")
        return [primary, !primary].compactMap { family in addresses.first { isIPv6($0) == family } }
    }
}
