import Logging
import NFTables
import NetworkTypes

/// Owns the model and the way to the kernel: one writer, one sync at a time.
actor RulesWriter {
    private let applier: any RulesetApplier
    private let flows: any FlowCleaner
    private let logger: Logger
    private var models: [ProxyModel]
    /// The kernel holds what the models held at the last sync; false before the first one and after a refusal.
    private var isSettled = false
    private(set) var status = ProxyStatus()

    init(applier: any RulesetApplier, flows: any FlowCleaner, configuration: ProxyConfiguration, logger: Logger) {
        self.applier = applier
        self.flows = flows
        self.logger = logger
        models = configuration.families.map { ProxyModel(family: $0, configuration: configuration) }
    }

    var isUnsettled: Bool { !isSettled }

    /// Somebody else committed since our last sync. Calls for a full comparison then; one that finds nothing wrong
    /// costs a dump and no write.
    func wasDisturbed() async -> Bool {
        guard isSettled, let generation = try? await applier.generation(), generation != status.generation else { return false }
        logger.info("ruleset changed by another program, comparing", metadata: ["generation": "\(generation)"])
        isSettled = false
        return true
    }

    func write(_ changes: [ServiceChange], serviceCount: Int) async throws(ApplyError) {
        var stale: [FlowSelector] = []
        for index in models.indices { stale += models[index].update(changes) }
        if models.contains(where: \.needsChains) { isSettled = false }
        let start = ContinuousClock.now
        let wasFull = !isSettled
        let wasSynced = status.isSynced
        do throws(ApplyError) {
            let before = wasFull ? try await applier.generation() : status.generation
            var commits: UInt32 = 0
            let transactions =
                wasFull ? try await differences(&stale) : models.indices.map { models[$0].takeTransaction() }
            for transaction in transactions {
                guard !transaction.isEmpty else { continue }
                isSettled = false
                try await applier.apply(transaction)
                commits += 1
                status.commitCount += 1
                if wasFull && wasSynced { status.repairCount += 1 }
            }
            for index in models.indices where models[index].takeLapse() { commits += try await forgetClients(models[index]) }
            let now = try await applier.generation()
            // A commit between ours and here is somebody else's: leave the older number, so that the next check sees it.
            status.generation = before &+ commits
            isSettled = true
            status.serviceCount = serviceCount
            finish(from: start, wasFull: wasFull, commits: commits, isAlone: now == status.generation)
        } catch {
            isSettled = false
            status.lastError = error.description
            throw error
        }
        await clean(stale)
    }

    /// What each table lacks, read back from the kernel; adds the flows that follow what stands there now.
    private func differences(_ stale: inout [FlowSelector]) async throws(ApplyError) -> [Transaction] {
        var transactions: [Transaction] = []
        for index in models.indices {
            let desired = models[index].desired()
            let standing = try await applier.read(desired.identifier, expecting: desired)
            stale += models[index].staleFlows(from: standing)
            transactions.append(Difference.between(standing, desired))
        }
        return transactions
    }

    /// Deletes remembered clients whose endpoint is gone. One that expires between looking and deleting refuses the whole
    /// deletion, which is then tried again.
    ///
    /// - Returns: How often something was committed.
    private func forgetClients(_ model: ProxyModel) async throws(ApplyError) -> UInt32 {
        var commits: UInt32 = 0
        for set in [ProxySet.affinity, .nodePortAffinity] {
            for attempt in 1... {
                let lapsed = model.lapsed(try await applier.elements(of: set.name, in: model.table), in: set)
                if lapsed.isEmpty { break }
                do throws(ApplyError) {
                    try await applier.apply(Transaction([.deleteElements(model.table, set: set.name, lapsed)]))
                    commits += 1
                    break
                } catch  where error.errno == ApplyError.noEntry && attempt < Self.forgetAttemptsMax {
                    continue
                }
            }
        }
        return commits
    }

    private static let forgetAttemptsMax = 8

    private func finish(
        from start: ContinuousClock.Instant, wasFull: Bool, commits: UInt32, isAlone: Bool
    ) {
        status.isSynced = true
        status.lastSync = .now
        status.lastError = nil
        status.elementCount = models.reduce(0) { $0 + $1.elementCount }
        guard commits > 0 || wasFull else { return }
        logger.info(
            "synced rules",
            metadata: [
                "services": "\(status.serviceCount)", "elements": "\(status.elementCount)", "full": "\(wasFull)",
                "commits": "\(commits)", "duration": "\(ContinuousClock.now - start)", "alone": "\(isAlone)",
            ])
    }

    /// A flow that stays is an annoyance, not an error of the rules: it is logged, and the sync counts as done.
    private func clean(_ stale: [FlowSelector]) async {
        guard !stale.isEmpty else { return }
        do throws(ApplyError) {
            try await flows.deleteFlows(Array(Set(stale)))
            logger.debug("deleted stale flows", metadata: ["selectors": "\(stale.count)"])
        } catch {
            logger.error("stale flows not deleted", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
        }
    }
}
