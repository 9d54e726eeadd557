import API
import ControlLoop
import Logging
import Metrics
import NFTables
import NetworkTypes

/// Owns the model and the way to the kernel: one writer, one sync at a time.
actor PolicyWriter {
    /// A commit that the kernel refuses is tried again so often without the classes it names.
    private static let refusalsMax = 8

    private let applier: any RulesetApplier
    private let logger: Logger
    private var model: PolicyModel
    /// The kernel holds what the model held at the last sync.
    private var isSettled = false
    /// Woken by each commit behind which a connection may be denied that was allowed before.
    let tightened = WakeSignal()
    private(set) var status = PolicyStatus()

    init(applier: any RulesetApplier, configuration: PolicyConfiguration, logger: Logger) {
        self.applier = applier
        self.logger = logger
        model = PolicyModel(configuration)
    }

    var isUnsettled: Bool { !isSettled }
    var world: PolicyWorld { model.world }

    var engine: PolicyEngine { PolicyEngine(model.world, model.configuration.options, index: model.index) }

    /// What a packet report of a class's chain means.
    func deniedFlow(_ packet: PacketSummary, prefix: String) -> DeniedFlow? {
        if prefix.hasPrefix(ClassCompiler.wouldDenyPrefix), let staged = model.stagedIndex {
            let now = PolicyEngine(model.world, model.configuration.options, index: model.index)
            guard now.deniedFlow(packet, prefix: prefix) != nil else { return nil }
            var options = model.configuration.options
            options.enforcesStaged = true
            return PolicyEngine(model.world, options, index: staged).deniedFlow(packet, prefix: prefix)
        }
        return PolicyEngine(model.world, model.configuration.options, index: model.index).deniedFlow(packet, prefix: prefix)
    }

    private var reported: [PolicyReference: String] = [:]

    /// Faults that were not there at the last call.
    func takeNewFaults() -> [(policy: PolicyReference, why: String)] {
        let faults = model.faults
        defer { reported = Dictionary(faults.map { ($0.policy, $0.why) }) { first, _ in first } }
        return faults.filter { reported[$0.policy] != $0.why }
    }

    /// Closes a node whose tables do not stand: until everything is listed, no pod's interface has a network. Tables that stand stay
    /// as they are, so that a restart changes nothing.
    func closeFreshNode() async throws(ApplyError) {
        for family in model.configuration.families {
            let desired = model.desired(family)
            guard try await applier.read(desired.identifier, expecting: desired) == nil else { continue }
            let transaction = Difference.between(nil, desired)
            do throws(ApplyError) {
                try await applier.apply(transaction)
            } catch  where giveUpOwnership(error, transaction) {
                try await applier.apply(Difference.between(nil, model.desired(family)))
            }
            logger.info("no pod has a network before its policies are known", metadata: ["key": "\(desired.identifier)"])
        }
    }

    /// Somebody else may have changed our tables since our last sync: not while they are ours alone.
    func wasDisturbed() async -> Bool {
        guard isSettled, let generation = try? await applier.generation(), generation != status.generation else { return false }
        if model.configuration.ownsTables, await ownsAllTables() {
            status.generation = generation
            return false
        }
        logger.debug("ruleset changed by another program, comparing", metadata: ["generation": "\(generation)"])
        isSettled = false
        return true
    }

    private func ownsAllTables() async -> Bool {
        for family in model.configuration.families {
            guard let isOurs = try? await applier.owns(PolicyTable.identifier(family)), isOurs else { return false }
        }
        return true
    }

    /// - Returns: False when the error says something else than that this kernel knows no owners; then nothing is given up.
    private func giveUpOwnership(_ error: ApplyError, _ transaction: Transaction) -> Bool {
        guard model.configuration.ownsTables, error.errno == ApplyError.notSupported || error.errno == ApplyError.invalid,
            let index = error.operation, transaction.operations.indices.contains(index),
            case .addTable = transaction.operations[index]
        else { return false }
        logger.info("this kernel knows no persistent owner of a table, so others can change the rules")
        model.giveUpOwnership()
        return true
    }

    func write(_ changes: PolicyChanges) async throws(ApplyError) {
        model.take(changes)
        for _ in 0..<Self.refusalsMax {
            do throws(ApplyError) {
                try await commit()
                if let since = changes.since { status.latency.observe((ContinuousClock.now - since).inSeconds) }
                return
            } catch {
                isSettled = false
                status.lastError = error.description
                if giveUpOwnership(error, model.sent) { continue }
                let culprits = error.operation.map { model.classes(behindOperation: $0) } ?? []
                guard !culprits.isEmpty else { throw error }
                logger.error(
                    "the kernel refuses rules, their pods are cut off",
                    metadata: ["error": "\(error)", "classes": "\(culprits.joined(separator: " "))"])
                model.refuse(culprits)
            }
        }
        throw ApplyError(errno: ApplyError.invalid, detail: "too many refused classes")
    }

    private func commit() async throws(ApplyError) {
        let start = ContinuousClock.now
        let wasFull = !isSettled
        let wasSynced = status.isSynced
        if wasFull && model.configuration.ownsTables {
            for family in model.configuration.families { try await applier.adopt(PolicyTable.identifier(family)) }
        }
        let before = wasFull ? try await applier.generation() : status.generation
        var commits: UInt32 = 0
        let transaction = wasFull ? try await difference() : model.takeTransaction()
        model.sent = transaction
        if !transaction.isEmpty {
            isSettled = false
            try await applier.apply(transaction)
            commits = 1
            status.commitCount += 1
            if wasFull && wasSynced { status.repairCount += 1 }
        }
        // A commit between ours and here is somebody else's: leave the older number, so that the next check sees it.
        status.generation = before &+ commits
        isSettled = true
        if wasFull || transaction.mayDenyMore { tightened.wake() }
        finish(from: start, wasFull: wasFull, transaction)
    }

    /// What the tables lack, read back from the kernel.
    private func difference() async throws(ApplyError) -> Transaction {
        var transaction = Transaction()
        for family in model.configuration.families {
            let desired = model.desired(family)
            let standing = try await applier.read(desired.identifier, expecting: desired)
            transaction.operations += Difference.between(standing, desired).operations
        }
        model.forgetChanges()
        return transaction
    }

    private func finish(from start: ContinuousClock.Instant, wasFull: Bool, _ transaction: Transaction) {
        let faults = model.faults
        status.isSynced = true
        status.lastSync = .now
        status.lastError = nil
        status.policyCount = model.world.policies.count + model.world.clusterPolicies.count
        status.localPodCount = model.localPodCount
        status.classCount = model.classCount
        status.groupCount = model.groupCount
        status.elementCount = model.elementCount
        status.faultCount = faults.count
        status.refusedCount = model.refused.count
        guard !transaction.isEmpty || wasFull else { return }
        logger.info(
            "synced policies",
            metadata: [
                "policies": "\(status.policyCount)", "classes": "\(status.classCount)", "pods": "\(status.localPodCount)",
                "full": "\(wasFull)", "operations": "\(transaction.operations.count)",
                "changed": "\(transaction.elementCount)", "duration": "\(ContinuousClock.now - start)",
            ])
    }
}

extension Transaction {
    /// Whether it takes anything away: an address from a group, or a pod from its class.
    fileprivate var mayDenyMore: Bool {
        operations.contains { if case .deleteElements = $0 { true } else { false } }
    }
}

extension PolicyModel {
    mutating func take(_ changes: PolicyChanges) {
        for (name, namespace) in changes.namespaces {
            if let namespace { namespaceSeen(namespace) } else { namespaceGone(name) }
        }
        for (name, node) in changes.nodes { if let node { nodeSeen(node) } else { nodeGone(name) } }
        // Who is gone goes first: another one may have the address already.
        for (key, pod) in changes.pods where pod == nil { podGone(key) }
        for (_, pod) in changes.pods { if let pod { podSeen(pod) } }
        for (key, policy) in changes.policies { if let policy { policySeen(policy) } else { policyGone(key) } }
        for (name, policy) in changes.clusterPolicies {
            if let policy { clusterPolicySeen(policy) } else { clusterPolicyGone(name) }
        }
        if let interfaces = changes.interfaces { interfacesSeen(interfaces) }
    }

    /// The classes whose chains and sets an operation of the last transaction is about.
    func classes(behindOperation position: Int) -> [String] {
        guard sent.operations.indices.contains(position) else { return [] }
        let name: String? =
            switch sent.operations[position] {
            case .addSet(_, let set): set.name
            case .addChain(_, let chain): chain.name
            case .addRule(_, let chain, _): chain
            case .addElements(_, let set, _): set
            default: nil
            }
        guard let name else { return [] }
        return classes.compactMap { key, state in
            let isOwn = state.compiled.contains { _, compiled in
                compiled.chains.contains { $0.name == name } || compiled.sets.contains { $0.name == name }
            }
            return isOwn && !key.hasSuffix("-undecided") ? key : nil
        }.sorted()
    }
}
