package import API
package import CRI
package import ControlLoop
package import Logging
import Synchronization

/// One node's agent: registers the node and runs the pods that are assigned to it.
///
/// Stopping it, or losing it, leaves every container running; the next one finds them again by their labels.
package final class Kubelet: Sendable {
    let context: KubeletContext
    private let caches: SharedCaches
    private let reporter: NodeReporter
    private let workers = Mutex<[String: PodWorker]>([:])
    private let arrivals: AsyncStream<PodWorker>
    private let addArrival: AsyncStream<PodWorker>.Continuation

    /// - Parameters:
    ///   - listWatch: Where pods and services are watched.
    ///   - network: How probes reach pods; real sockets from the node's network when nil.
    package init(
        configuration: KubeletConfiguration, listWatch: any ListWatch, writer: any ObjectWriter, runtime: any RuntimeService,
        images: any ImageService, network: (any ProbeNetwork)? = nil, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = WallClock.now, logger: Logger
    ) {
        caches = SharedCaches(listWatch: listWatch, logger: logger)
        let machine = MachineFacts.read(rootDirectory: configuration.rootDirectory)
        context = KubeletContext(
            configuration: configuration, runtime: runtime, images: images,
            puller: ImagePuller(images: images, parallelMax: configuration.parallelPullsMax), writer: writer,
            events: EventRecorder(
                writer: writer, component: "kubelet", host: configuration.nodeName, logger: logger, now: now),
            pods: caches.cache(
                of: Pod.self, scope: ListScope(fieldSelector: "spec.nodeName=\(configuration.nodeName)")),
            services: caches.cache(of: Service.self),
            handlers: HandlerRunner(
                runtime: runtime, network: network ?? SocketProbeNetwork(logger: logger, clock: clock), clock: clock),
            clock: clock, now: now, cgroups: PodCgroups(root: configuration.cgroupRoot), machine: machine, logger: logger)
        reporter = NodeReporter(
            configuration: configuration, machine: machine, runtime: runtime, writer: writer, clock: clock, now: now,
            logger: logger)
        (arrivals, addArrival) = AsyncStream.makeStream()
    }

    /// Runs until cancelled. Containers are left as they are.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.caches.run() }
            group.addTask { await self.context.events.run() }
            group.addTask { try await self.reporter.run() }
            group.addTask { await self.runWorkers() }
            try await context.pods.waitUntilSynced()
            try await context.services.waitUntilSynced()
            let subscription = context.pods.subscribe { change in self.podChanged(change) }
            defer { context.pods.unsubscribe(subscription) }
            group.addTask { await self.followRuntime() }
            try await relist()
        }
    }

    private func runWorkers() async {
        await withDiscardingTaskGroup { group in
            for await worker in arrivals {
                group.addTask {
                    await worker.run()
                    self.workers.withLock { $0[worker.uid] = nil }
                }
            }
        }
    }

    private func podChanged(_ change: CacheChange<Pod>) {
        for pod in [change.old, change.new].compactMap({ $0 }) where !pod.metadata.uid.isEmpty {
            if let known = workers.withLock({ $0[pod.metadata.uid] }) {
                known.wake()
            } else if pod.metadata.uid == change.new?.metadata.uid {
                worker(for: pod).wake()
            }
        }
    }

    private func worker(for pod: Pod) -> PodWorker {
        let (worker, isNew) = workers.withLock { workers in
            if let known = workers[pod.metadata.uid] { return (known, false) }
            let worker = PodWorker(pod: pod, context: context)
            workers[pod.metadata.uid] = worker
            return (worker, true)
        }
        if isNew { addArrival.yield(worker) }
        return worker
    }

    // MARK: The runtime

    private let relistSignal = WakeSignal()

    /// Wakes the relist when the runtime says that something happened; without such a stream the interval has to do.
    private func followRuntime() async {
        while !Task.isCancelled {
            do {
                for try await _ in try await context.runtime.wakeups() { relistSignal.wake() }
            } catch {
                context.logger.debug("no runtime events", metadata: ["error": "\(error)"])
            }
            try? await context.clock.sleep(for: .seconds(5))
        }
    }

    private func relist() async throws {
        var relist = RuntimeRelist()
        let (signal, clock, interval) = (relistSignal, context.clock, context.configuration.relistInterval)
        while true {
            do throws(RuntimeError) {
                let sandboxes = try await context.runtime.listPodSandboxes(labels: [:])
                let containers = try await context.runtime.listContainers(labels: [:])
                wakeChanged(relist.listed(sandboxes, containers), sandboxes)
            } catch {
                context.logger.debug("relist failed", metadata: ["error": "\(error)"])
            }
            try Task.checkCancellation()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signal.wait() }
                group.addTask { try? await clock.sleep(for: interval) }
                await group.next()
                group.cancelAll()
            }
            try Task.checkCancellation()
        }
    }

    private func wakeChanged(_ changed: Set<String>, _ sandboxes: [PodSandbox]) {
        for uid in changed {
            if let worker = workers.withLock({ $0[uid] }) {
                worker.wake()
            } else if let sandbox = sandboxes.first(where: { $0.metadata.uid == uid }) {
                // The API server has no such pod: a worker that takes it down.
                _ = worker(for: Self.orphan(sandbox))
            }
        }
    }

    private static func orphan(_ sandbox: PodSandbox) -> Pod {
        var pod = Pod(
            metadata: ObjectMeta(
                name: sandbox.metadata.name, namespace: sandbox.metadata.namespace, uid: sandbox.metadata.uid))
        if let text = sandbox.annotations[PodLabels.gracePeriod], let grace = Int64(text) {
            pod.spec.terminationGracePeriodSeconds = grace
        }
        return pod
    }
}
