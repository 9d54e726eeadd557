package import API
package import Logging

/// Runs one controller: caches first, then one worker per key, each key held until its own writes are visible.
package struct ControllerRunner<Logic: Controller>: Sendable {
    /// A write that does not show in the cache within this time no longer holds its key.
    package static var visibilityTimeout: Duration { .seconds(10) }

    private let controller: Logic
    private let caches: SharedCaches
    private let executor: PlanExecutor
    private let workers: Int
    private let ledger: WorkQueueLedger?
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let clock: any Clock<Duration>

    package init(
        _ controller: Logic, caches: SharedCaches, executor: PlanExecutor, workers: Int = 5,
        ledger: WorkQueueLedger? = nil, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.controller = controller
        self.caches = caches
        self.executor = executor
        self.workers = workers
        self.ledger = ledger
        self.logger = logger
        self.now = now
        self.clock = clock
    }

    /// Returns only by cancellation. The caches' own `run` must run beside it.
    package func run() async throws {
        let attachments = controller.triggers.map { $0.attach(caches) }
        for attachment in attachments { try await attachment.cache.waitUntilSynced() }
        var read: [GroupVersionResource: any AnyObjectCache] = [:]
        for attachment in attachments { read[attachment.cache.resource] = attachment.cache }
        let readable = read
        let shown = Dictionary(attachments.map { ($0.cache.contentID, $0.cache) }) { first, _ in first }
        let snapshot: @Sendable () -> Snapshot = { Snapshot(now: now(), of: shown) }
        let queue = WorkQueue<Logic.Key>(name: Logic.name, ledger: ledger)
        let ends = attachments.map { attachment in attachment.start(snapshot) { queue.add($0) } }
        defer { for end in ends { end() } }
        logger.debug("controller started", metadata: ["controller": "\(Logic.name)"])
        await queue.run(workers: workers) { key in
            await work(key, snapshot(), readable)
        }
        try Task.checkCancellation()
    }

    private func work(
        _ key: Logic.Key, _ snapshot: Snapshot, _ caches: [GroupVersionResource: any AnyObjectCache]
    ) async -> WorkQueue<Logic.Key>.Outcome {
        let plan = controller.plan(for: key, in: snapshot)
        guard !plan.isSettled || !plan.notices.isEmpty else { return .done(lookAgainAfter: plan.lookAgainAfter) }
        let effects = await executor.perform(plan)
        await waitUntilVisible(effects, caches)
        guard let failure = effects.failure else { return .done(lookAgainAfter: plan.lookAgainAfter) }
        if (failure as? Status)?.isConflict != true, !(failure is PlanExecutor.NotConfirmed) {
            logger.info(
                "plan refused", metadata: ["controller": "\(Logic.name)", "key": "\(key)", "error": "\(failure)"])
        }
        return .failed
    }

    private func waitUntilVisible(
        _ effects: PlanExecutor.Effects, _ caches: [GroupVersionResource: any AnyObjectCache]
    ) async {
        guard !effects.revisions.isEmpty || !effects.deletions.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Only cancellation throws, and it ends the wait as it should.
                for (resource, revision) in effects.revisions {
                    try? await caches[resource]?.waitUntilReached(revision)
                }
                for deletion in effects.deletions {
                    try? await caches[deletion.resource]?.waitUntilDeletionSeen(deletion.key, uid: deletion.uid)
                }
            }
            group.addTask { try? await clock.sleep(for: Self.visibilityTimeout) }
            await group.next()
            group.cancelAll()
        }
    }
}
