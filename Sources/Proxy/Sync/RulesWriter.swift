import API
import Logging
import NFTables
import NetworkTypes

/// Owns the model and the way to the kernel: one writer, one sync at a time.
actor RulesWriter {
    let applier: any RulesetApplier
    private let sweeper: FlowSweeper
    private let logger: Logger
    private let recorder: ProxyRecorder?
    private var configuration: ProxyConfiguration
    private var facts = ClusterFacts()
    private var models: [ProxyModel]
    /// The kernel holds what the models held at the last sync; false before the first one and after a refusal.
    private var isSettled = false
    /// The next full sync looks for what somebody else changed.
    private var seeksDamage = false
    private var contests = ProblemBook<Contest>()
    private(set) var status = ProxyStatus()

    func identity(of key: ElementKey, in set: ProxySet, _ family: IPFamily) -> ConnectionCount.Identity? {
        models.first { $0.family == family }?.identity(of: key, in: set)
    }

    private struct Contest: Hashable {
        var family: IPFamily
        var frontend: Frontend
    }

    init(
        applier: any RulesetApplier, sweeper: FlowSweeper, configuration: ProxyConfiguration, logger: Logger,
        recorder: ProxyRecorder? = nil
    ) {
        self.applier = applier
        self.sweeper = sweeper
        self.logger = logger
        self.recorder = recorder
        self.configuration = configuration
        models = configuration.families.map { ProxyModel(family: $0, configuration: configuration) }
    }

    var isUnsettled: Bool { !isSettled }

    /// Somebody else may have changed our tables since the last sync, or `isAudit`. Calls for a full comparison then; one that finds
    /// nothing wrong costs a dump and no write. What others commit elsewhere does not matter while our tables are ours alone.
    func wasDisturbed(isAudit: Bool) async -> Bool {
        guard isSettled, let generation = try? await applier.generation() else { return false }
        guard generation != status.generation || isAudit else { return false }
        if !isAudit, configuration.ownsTables, await ownsAllTables() {
            status.generation = generation
            return false
        }
        if !isAudit {
            logger.info("ruleset changed by another program, comparing", metadata: ["generation": "\(generation)"])
        }
        isSettled = false
        seeksDamage = true
        return true
    }

    private func ownsAllTables() async -> Bool {
        for model in models {
            guard let isOurs = try? await applier.owns(model.table), isOurs else { return false }
        }
        return true
    }

    func write(_ batch: SyncBatch) async throws(ApplyError) {
        if let facts = batch.facts {
            self.facts = facts
            configureModels()
        }
        var stale: [FlowSelector] = []
        for index in models.indices { stale += models[index].update(batch.changes) }
        tellContests()
        if models.contains(where: \.needsChains) { isSettled = false }
        let start = ContinuousClock.now
        let wasFull = !isSettled
        do throws(ApplyError) {
            var commits: UInt32 = 0
            if wasFull {
                for index in models.indices { commits += try await settle(index, &stale) }
            } else {
                for index in models.indices {
                    commits += try await commit(models[index].takeTransaction(), of: models[index].table)
                }
            }
            if !wasFull { status.generation &+= commits }
            for index in models.indices where models[index].takeLapse() {
                let more = try await forgetClients(models[index])
                status.generation &+= more
                commits += more
            }
            for index in models.indices where models[index].takeEjectionNews() {
                let more = try await writeEjections(models[index])
                status.generation &+= more
                commits += more
            }
            isSettled = true
            seeksDamage = false
            status.serviceCount = batch.serviceCount
            finish(from: start, wasFull: wasFull, commits: commits)
        } catch {
            isSettled = false
            for index in models.indices { models[index].forgetKernel() }
            status.lastError = error.description
            status.refusalCount += 1
            recorder?.syncFailed()
            throw error
        }
        for model in models {
            recorder?.synced(model.family, isFull: wasFull, duration: .now - start, services: model.health)
        }
        recorder?.syncFinished()
        sweeper.add(stale)
    }

    private func configureModels() {
        let effective = configuration.with(facts)
        for index in models.indices { models[index].configure(effective) }
    }

    /// Reads one table back and changes what differs, unless somebody commits in between: then again. The last attempt does not
    /// look: who commits all the time must not keep Services from being served. Another generation than the one noted here
    /// calls for a comparison soon.
    ///
    /// - Returns: How often something was committed.
    private func settle(_ index: Int, _ stale: inout [FlowSelector]) async throws(ApplyError) -> UInt32 {
        for attempt in 1... {
            if configuration.ownsTables { try await applier.adopt(models[index].table) }
            let generation = try await applier.generation()
            let desired = models[index].desired()
            let standing = try await applier.read(desired.identifier, expecting: desired)
            let difference = Difference.between(standing, desired)
            let transaction =
                configuration.countsConnections
                ? await keepingCounts(difference, of: desired.identifier, standing: standing) : difference
            do throws(ApplyError) {
                if attempt == Self.attemptsMax {
                    if !transaction.isEmpty { try await applier.apply(transaction) }
                } else if !transaction.isEmpty {
                    try await applier.apply(transaction, ifGeneration: generation)
                }
            } catch  where error.errno == ApplyError.restart && attempt < Self.attemptsMax {
                continue
            } catch  where configuration.ownsTables && Self.refusesOwnership(error, transaction) {
                logger.info("this kernel knows no persistent owner of a table, so others can change the rules")
                configuration.ownsTables = false
                configureModels()
                continue
            } catch  where configuration.countsConnections && Self.refusesCounters(error, transaction) {
                logger.info("this kernel counts no connections in the elements of a map")
                configuration.countsConnections = false
                configureModels()
                continue
            } catch {
                throw named(error, transaction)
            }
            stale += models[index].staleFlows(from: standing)
            // Whatever is committed from here on by others shows as a generation that is not this one.
            status.generation = transaction.isEmpty ? generation : generation &+ 1
            guard !transaction.isEmpty else { return 0 }
            status.commitCount += 1
            if seeksDamage {
                status.repairCount += 1
                recorder?.repaired()
                logger.info("rules repaired", metadata: ["operations": "\(transaction.operations.count)"])
            }
            return 1
        }
        return 0
    }

    static let attemptsMax = 8

    private static func refusesOwnership(_ error: ApplyError, _ transaction: Transaction) -> Bool {
        guard error.errno == ApplyError.notSupported || error.errno == ApplyError.invalid, let index = error.operation,
            transaction.operations.indices.contains(index), case .addTable = transaction.operations[index]
        else { return false }
        return true
    }

    private static func refusesCounters(_ error: ApplyError, _ transaction: Transaction) -> Bool {
        guard error.errno == ApplyError.notSupported || error.errno == ApplyError.invalid, let index = error.operation,
            transaction.operations.indices.contains(index), case .addSet(_, let set) = transaction.operations[index]
        else { return false }
        return set.isCounted
    }

    private func commit(_ exchange: Transaction, of table: TableIdentifier) async throws(ApplyError) -> UInt32 {
        guard !exchange.isEmpty else { return 0 }
        isSettled = false
        let transaction = configuration.countsConnections ? await keepingCounts(exchange, of: table) : exchange
        do throws(ApplyError) {
            try await applier.apply(transaction)
        } catch {
            throw named(error, transaction)
        }
        status.commitCount += 1
        return 1
    }

    /// With the element that was refused, as nft prints it.
    private func named(_ error: ApplyError, _ transaction: Transaction) -> ApplyError {
        guard let index = error.operation, let item = error.item, transaction.operations.indices.contains(index) else {
            return error
        }
        func declaration(_ table: TableIdentifier, _ name: String) -> NamedSet? {
            ProxySet.allCases.first { $0.name == name }?.declaration(table.family.addresses)
        }
        var error = error
        switch transaction.operations[index] {
        case .addElements(let table, let name, let elements) where elements.indices.contains(item):
            if let set = declaration(table, name) { error.detail += ", \(Printer.print(elements[item], of: set))" }
        case .deleteElements(let table, let name, let keys) where keys.indices.contains(item):
            if let set = declaration(table, name) { error.detail += ", \(Printer.print(keys[item], as: set.key))" }
        default: break
        }
        return error
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
                } catch  where error.errno == ApplyError.noEntry && attempt < Self.attemptsMax {
                    continue
                }
            }
        }
        return commits
    }

    /// Logs each frontend that several Services want, once while it lasts.
    private func tellContests() {
        for model in models {
            for (frontend, claimants) in model.contested {
                let names = claimants.map(\.name.description)
                let text = "\(names.first ?? "") has it, not \(names.dropFirst().joined(separator: ", "))"
                for news in contests.news(of: Contest(family: model.family, frontend: frontend), [text]) {
                    logger.error(
                        "several Services want one frontend",
                        metadata: ["key": "\(frontend.description(model.family))", "error": "\(news)"])
                }
            }
        }
        contests.keep { contest in models.contains { $0.family == contest.family && $0.contested[contest.frontend] != nil } }
    }

    private func finish(from start: ContinuousClock.Instant, wasFull: Bool, commits: UInt32) {
        status.isSynced = true
        if wasFull { status.fullSyncCount += 1 }
        status.lastSync = .now
        status.lastError = nil
        status.elementCount = models.reduce(0) { $0 + $1.elementCount }
        guard commits > 0 || wasFull else { return }
        logger.info(
            "synced rules",
            metadata: [
                "services": "\(status.serviceCount)", "elements": "\(status.elementCount)", "full": "\(wasFull)",
                "commits": "\(commits)", "duration": "\(ContinuousClock.now - start)",
            ])
    }
}
