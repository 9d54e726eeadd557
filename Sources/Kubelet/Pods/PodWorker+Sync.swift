import API
import CRI
import ControlLoop
import Logging

extension PodWorker {
    /// One step towards the definition; returns how long nothing needs to be done.
    func sync() async throws -> Duration {
        let observed = try await observe()
        updateProbes(observed)
        let now = context.now()
        if let limit = pod.spec.activeDeadlineSeconds, let start = pod.status.startTime,
            now.duration(since: start) >= .seconds(limit)
        {
            machine.failed(
                PodWorkerStateMachine.Failure(
                    reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline"),
                graceSeconds: pod.spec.terminationGracePeriodSeconds)
            return .zero
        }
        let actions = PodActions.compute(pod, observed, probes: board.verdicts, backoff: backoff, now: now)
        noteBackoffs(actions)
        try await writeStatus(observed)
        if actions.isFinished {
            machine.completed(graceSeconds: pod.spec.terminationGracePeriodSeconds)
            return .zero
        }
        if actions.isIdle {
            try await collectGarbage(observed)
            try await refreshVolumes(observed, now)
            return untilNext(actions, now)
        }
        let isComplete = try await perform(actions, observed)
        if isComplete { return .zero }
        // The status tells why; look again when the earliest back-off ends.
        try await writeStatus(try await observe())
        return untilNext(actions, context.now())
    }

    private func untilNext(_ actions: PodActions, _ now: Timestamp) -> Duration {
        var next = context.configuration.resyncInterval
        func limit(_ time: Timestamp?) {
            if let time { next = min(next, max(.milliseconds(50), time.duration(since: now))) }
        }
        limit(actions.wakeAt)
        for image in pullErrors.keys { limit(pullBackoff.blockedSinceLastTry(image, now: now)) }
        if let seconds = pod.spec.activeDeadlineSeconds { limit(pod.status.startTime?.adding(.seconds(seconds))) }
        if actions.wakeAt == nil, !waiting.isEmpty, pullErrors.isEmpty { next = min(next, .seconds(5)) }
        return next
    }

    private func noteBackoffs(_ actions: PodActions) {
        for (name, _) in actions.waiting {
            let place = "\(pod.metadata.name)_\(pod.metadata.namespace)(\(uid))"
            let delay = backoff.delay(name)
            waiting[name] = WaitingReason(
                reason: "CrashLoopBackOff",
                message: "back-off \(Self.text(delay)) restarting failed container=\(name) pod=\(place)")
            if isNoted.insert(name).inserted {
                context.event(
                    pod, "Warning", "BackOff", "Back-off restarting failed container \(name) in pod \(place)", container: name)
            }
        }
    }

    /// `10s`, `2m40s`: as Go prints durations.
    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }

    /// Performs the actions in order; false when something could not be done and must wait.
    private func perform(_ actions: PodActions, _ observed: PodObservation) async throws -> Bool {
        if let attempt = actions.createSandbox {
            try await prepare(observed)
            for id in actions.stopSandboxes { try await context.runtime.stopPodSandbox(id) }
            try await createSandbox(attempt)
            return true
        }
        for id in actions.stopSandboxes { try await context.runtime.stopPodSandbox(id) }
        for kill in actions.kill { try await restart(kill) }
        guard !actions.start.isEmpty else { return true }
        try await prepare(observed)
        var isComplete = true
        for start in actions.start {
            isComplete = try await self.start(start, observed) && isComplete
        }
        return isComplete
    }

    private func prepare(_ observed: PodObservation) async throws {
        do {
            try context.cgroups.create(PodCgroupPath.of(pod), pod)
            try NodeFiles.makeDirectories(paths.root, mode: 0o750)
            try await mountVolumes(observed)
        } catch {
            context.event(pod, "Warning", "FailedMount", "\(error)")
            throw error
        }
    }

    func fields(_ observed: PodObservation) -> DownwardFields {
        let builder = NodeStatusBuilder(
            configuration: context.configuration, machine: context.machine, runtime: nil, conditions: nil, previous: [],
            now: context.now())
        let addresses = pod.spec.hostNetwork ? context.configuration.nodeAddresses : observed.addresses
        return DownwardFields(
            pod: pod, podAddresses: addresses, nodeAddresses: context.configuration.nodeAddresses,
            nodeAllocatable: builder.allocatable)
    }

    func mountVolumes(_ observed: PodObservation) async throws {
        let now = context.now()
        let fetched = try await objects.fetch(for: pod)
        let tokens = try await objects.tokens(for: pod, now: now)
        let mounter = VolumeMounter(
            generation: now.microDescription.filter { $0.isNumber || $0 == "." }, fsGroup: pod.spec.securityContext.fsGroup)
        for volume in pod.spec.volumes {
            let plan = try VolumePlan.plan(
                volume, paths: paths, fields: fields(observed), objects: fetched, tokens: tokens)
            try mounter.mount(plan, name: volume.name)
            volumePaths[volume.name] = plan.path
        }
        volumesMountedAt = now
    }

    private func refreshVolumes(_ observed: PodObservation, _ now: Timestamp) async throws {
        let age = volumesMountedAt.map { now.duration(since: $0) }
        guard !observed.running.isEmpty, !pod.spec.volumes.isEmpty,
            age.map({ $0 >= context.configuration.resyncInterval }) ?? true
        else { return }
        do { try await mountVolumes(observed) } catch { logger.debug("volumes not refreshed", metadata: ["pod": "\(pod.key)"]) }
    }

    private func createSandbox(_ attempt: UInt32) async throws {
        let dns = context.dns
        for warning in dns.resolve(pod).warnings { context.event(pod, "Warning", warning.reason, warning.message) }
        let config = SandboxConfigBuilder(configuration: context.configuration, dns: dns).build(pod, attempt: attempt)
        if let refusal = HostsFile.refusal(hostname: config.hostname, of: pod) {
            context.event(pod, "Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: \(refusal)")
            throw refusal
        }
        do throws(RuntimeError) {
            let id = try await context.runtime.runPodSandbox(config, handler: context.configuration.runtimeHandler)
            logger.info("sandbox created", metadata: ["pod": "\(pod.key)", "sandbox": "\(id)"])
        } catch {
            context.event(
                pod, "Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: \(error)")
            throw error
        }
    }

    /// Ends a container that is to be started anew.
    private func restart(_ kill: PodActions.Kill) async throws {
        let name = kill.container.name
        let (message, probe): (String, Probe?) =
            switch kill.reason {
            case .definitionChanged: ("Container \(name) definition changed, will be restarted", nil)
            case .livenessFailed: ("Container \(name) failed liveness probe, will be restarted", kill.container.livenessProbe)
            case .startupFailed: ("Container \(name) failed startup probe, will be restarted", kill.container.startupProbe)
            }
        context.event(pod, "Normal", "Killing", message, container: name)
        let grace = probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
        try await stop(kill.id, kill.container, graceSeconds: grace)
    }

    /// Keeps the newest two containers of each name (one to run, one for `logs --previous`) and what holds them.
    private func collectGarbage(_ observed: PodObservation) async throws {
        var seen: [String: Int] = [:]
        var kept: Set<String> = []
        for container in observed.containers {
            seen[container.status.name, default: 0] += 1
            if seen[container.status.name, default: 0] <= 2 || container.isRunning {
                kept.insert(container.sandbox)
                continue
            }
            try await context.runtime.removeContainer(container.id)
            try NodeFiles.remove(paths.log(container.status.name, attempt: container.status.attempt))
        }
        for sandbox in observed.sandboxes.dropFirst() where !sandbox.isReady && !kept.contains(sandbox.id) {
            try await context.runtime.removePodSandbox(sandbox.id)
        }
    }
}
