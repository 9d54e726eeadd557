import API
import CRI
import ControlLoop
import JSON
import Logging

/// Brings one pod's runtime state to what its object says, from the first sync to the last trace of it.
///
/// All decisions are `PodActions`' and `PodWorkerStateMachine`'s; this performs them, one at a time.
actor PodWorker {
    let uid: String
    let context: KubeletContext
    let board = ProbeBoard()
    let objects: PodObjects
    nonisolated let signal = WakeSignal()
    let probeJobs: AsyncStream<ProbeJob>
    let addProbeJob: AsyncStream<ProbeJob>.Continuation

    /// The last known object; for a pod that the API server does not have, what the runtime's labels tell.
    var pod: Pod
    var machine = PodWorkerStateMachine()
    var backoff = RestartBackoff()
    var pullBackoff = RestartBackoff()
    var pullErrors: [String: WaitingReason] = [:]
    var waiting: [String: WaitingReason] = [:]
    var lastWritten: JSONValue?
    var failures = 0
    var volumePaths: [String: String] = [:]
    var volumesMountedAt: Timestamp?
    var isNoted: Set<String> = []

    init(pod: Pod, context: KubeletContext) {
        self.pod = pod
        self.context = context
        uid = pod.metadata.uid
        objects = PodObjects(writer: context.writer)
        (probeJobs, addProbeJob) = AsyncStream.makeStream()
    }

    nonisolated func wake() { signal.wake() }
    var paths: PodPaths { PodPaths(context.configuration, pod) }
    var logger: Logger { context.logger }

    /// Runs until nothing of the pod is left, or until cancelled (which leaves containers alone).
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runProbes() }
            while !Task.isCancelled {
                refresh()
                let order = machine.next()
                if order == .end { break }
                await wait(await perform(order))
            }
            group.cancelAll()
        }
    }

    private func refresh() {
        let known = context.pods.get(pod.key)
        if let known, known.metadata.uid == uid {
            pod = known
            machine.observed(known)
        } else if context.pods.isSynced {
            machine.observed(nil, graceSeconds: pod.spec.terminationGracePeriodSeconds)
        }
    }

    /// Returns how long to wait at most; zero: go on at once.
    private func perform(_ order: PodWorkerStateMachine.Order) async -> Duration {
        do {
            let pause: Duration
            switch order {
            case .sync: pause = try await sync()
            case .kill(let grace):
                try await kill(graceSeconds: grace)
                machine.killed()
                pause = .zero
            case .cleanUp(let remove):
                try await cleanUp(remove: remove)
                machine.cleanedUp()
                pause = .zero
            case .deleteObject:
                try await deleteObject()
                machine.objectDeleted()
                pause = .zero
            case .rest: pause = .seconds(3600)
            case .end: pause = .zero
            }
            failures = 0
            return pause
        } catch {
            failures += 1
            logger.debug("pod sync failed", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
            return Backoff(initial: .seconds(1), maximum: .seconds(30)).delay(attempt: failures - 1)
        }
    }

    private func wait(_ limit: Duration) async {
        guard limit > .zero else { return }
        let (signal, clock) = (signal, context.clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait() }
            group.addTask { try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Looking

    func observe() async throws(RuntimeError) -> PodObservation {
        let selector = [PodLabels.podUID: uid]
        let sandboxes = try await context.runtime.listPodSandboxes(labels: selector).sorted { $0.createdAt > $1.createdAt }
        var containers: [ObservedContainer] = []
        for container in try await context.runtime.listContainers(labels: selector).sorted(by: { $0.createdAt > $1.createdAt }) {
            let status: RuntimeContainerStatus
            do throws(RuntimeError) {
                status = try await context.runtime.containerStatus(container.id)
            } catch {
                if error.code == .notFound { continue }
                throw error
            }
            var observed = ObservedContainer(sandbox: container.sandbox, status: status)
            if observed.hasEnded { observed.terminationMessage = terminationMessage(status) }
            containers.append(observed)
        }
        var addresses: [String] = []
        if let first = sandboxes.first, first.isReady, !pod.spec.hostNetwork {
            addresses = PodStatusBuilder.sorted(
                try await context.runtime.podSandboxStatus(first.id).addresses, like: context.configuration.nodeAddresses)
        }
        return PodObservation(sandboxes: sandboxes, addresses: addresses, containers: containers)
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `getTerminationMessage`.
    private func terminationMessage(_ status: RuntimeContainerStatus) -> String {
        let file = NodeFiles.read(paths.terminationLog(status.name, attempt: status.attempt), bytesMax: 4096) ?? []
        if !file.isEmpty { return String(decoding: file, as: UTF8.self) }
        guard status.annotations[PodLabels.terminationMessagePolicy] == "FallbackToLogsOnError", status.exitCode != 0,
            let log = try? LogFile(paths.log(status.name, attempt: status.attempt))
        else { return "" }
        defer { log.close() }
        let start = LogFilter.tailOffset(size: log.size, lines: 80) { log.bytes($0) }
        var filter = LogFilter(LogOptions())
        let text = filter.feed(log.bytes(start..<log.size))
        return String(decoding: text.suffix(2048), as: UTF8.self)
    }

    // MARK: Status

    func writeStatus(_ observed: PodObservation) async throws {
        guard context.pods.get(pod.key)?.metadata.uid == uid else { return }
        let status = PodStatusBuilder(
            pod: pod, observed: observed, probes: board.verdicts, waiting: waiting,
            nodeAddresses: context.configuration.nodeAddresses, isTerminal: machine.isTerminal, failure: machine.failure,
            now: context.now()
        ).build()
        let desired = status.json
        if desired == lastWritten || desired == pod.status.json {
            lastWritten = desired
            return
        }
        var body = desired
        for name in ["message", "reason", "podIP", "podIPs"] where body[name] == nil { body[name] = .null }
        do {
            let stored = try await context.writer.patch(
                Pod.resource, pod.key, .merge, ["metadata": ["uid": .string(uid)], "status": body], subresource: "status")
            pod.status = PodStatus(json: stored["status"] ?? [:])
            lastWritten = desired
        } catch let error as Status where error.isNotFound || error.isConflict {
            return
        }
    }

    private func deleteObject() async throws {
        do {
            try await context.writer.delete(Pod.resource, pod.key, DeletionOptions(gracePeriodSeconds: 0, uid: uid))
        } catch let error as Status where error.isNotFound || error.isConflict {
            return
        }
    }
}
