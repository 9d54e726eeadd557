import API
import CRI
import ControlLoop

/// One probe of one running container.
struct ProbeJob: Sendable {
    var key: ProbeBoard.Key
    var probe: Probe
    var container: Container
    var podAddress: String
    var startedAt: Timestamp
    var machine: ProbeStateMachine
}

extension PodWorker {
    /// Starts probes of containers that run and forgets those of containers that do not.
    func updateProbes(_ observed: PodObservation) {
        let running = observed.running
        board.keep(only: Set(running.map(\.id)))
        for one in running {
            guard
                let container = (pod.spec.containers + pod.spec.initContainers.filter(\.isRestartable))
                    .first(where: { $0.name == one.status.name })
            else { continue }
            // A restarted kubelet goes on with what was last reported, so that nothing leaves a Service meanwhile.
            let known = (pod.status.containerStatuses + pod.status.initContainerStatuses)
                .first { $0.containerID == "containerd://\(one.id)" }
            let address = pod.spec.hostNetwork ? context.configuration.nodeAddresses.first : observed.addresses.first
            let probes: [(ProbeStateMachine.Kind, Probe?)] = [
                (.startup, container.startupProbe), (.readiness, container.readinessProbe), (.liveness, container.livenessProbe),
            ]
            for case (let kind, let probe?) in probes {
                let key = ProbeBoard.Key(container: one.id, kind: kind)
                guard board.activate(key, isReady: known?.ready ?? false, isStarted: known?.started ?? false) else { continue }
                addProbeJob.yield(
                    ProbeJob(
                        key: key, probe: probe, container: container, podAddress: address ?? "127.0.0.1",
                        startedAt: Timestamp(runtimeNanoseconds: one.status.startedAt) ?? context.now(),
                        machine: ProbeStateMachine(kind: kind, probe: probe)))
            }
        }
    }

    nonisolated func runProbes() async {
        await withDiscardingTaskGroup { group in
            for await job in probeJobs {
                group.addTask { await self.run(job) }
            }
        }
    }

    /// Probes until the container runs no longer or the verdict is final.
    private nonisolated func run(_ job: ProbeJob) async {
        var machine = job.machine
        let clock = context.clock
        while board.isActive(job.key), !Task.isCancelled {
            let age = context.now().duration(since: job.startedAt)
            let delay = Duration.seconds(job.probe.initialDelaySeconds)
            let mustWait = age < delay ? delay - age : .zero
            if mustWait > .zero {
                try? await clock.sleep(for: min(mustWait, .seconds(1)))
                continue
            }
            if job.key.kind != .startup, !board.isStarted(job.key.container) {
                try? await clock.sleep(for: .milliseconds(200))
                continue
            }
            let outcome = await context.handlers.run(
                job.probe.handler, container: job.container, id: job.key.container, podAddress: job.podAddress,
                timeout: .seconds(job.probe.timeoutSeconds))
            guard board.isActive(job.key), !Task.isCancelled else { return }
            if outcome.result == .failure { await reportUnhealthy(job, outcome.message) }
            if machine.completed(outcome.result) {
                board.decided(job.key, outcome.result)
                wake()
            }
            if machine.isDone { return }
            try? await clock.sleep(for: .seconds(job.probe.periodSeconds))
        }
    }

    private func reportUnhealthy(_ job: ProbeJob, _ message: String) {
        context.event(
            pod, "Warning", "Unhealthy", "\(job.key.kind.rawValue) probe failed: \(message)", container: job.container.name)
    }
}
