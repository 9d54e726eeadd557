package import NFTables
package import NetworkTypes
import Policy

/// Answers probes with packets: makes the network, proves that it can deny, loads the rules, sends.
package struct LabRunner {
    /// Hands a transaction to the kernel, in the namespace of the lab.
    package typealias Commit = (Transaction) throws(ApplyError) -> Void

    private let commit: Commit

    package init(commit: @escaping Commit) { self.commit = commit }

    /// - Parameter families: Of the whole plan, whether or not a probe is of it.
    package func run(_ oracle: LabOracle, _ probes: [Probe], families: [IPFamily]) throws(LabError) -> LabRun {
        guard !probes.isEmpty else { return LabRun(oracle, [], packets: []) }
        let plan = LabPlan(oracle, probes, families: families)
        let network = try LabNetwork(plan)
        var tables = try prove(network, plan, oracle, probes)
        let rules = LabRules.tables(oracle.engine.world, oracle.engine.options, plan, oracle.model)
        try load(replacing: tables, with: rules)
        tables = rules
        var answers = [LabNetwork.Answer](
            repeating: LabNetwork.Answer(outcome: .silent, microseconds: 0), count: probes.count)
        for round in Self.rounds(probes) {
            let doors = round.contains { probes[$0].service != nil }
            let services = doors ? LabRules.serviceTables(round.map { probes[$0] }, oracle, families) : []
            if doors { try load(replacing: [], with: services) }
            let found = try network.run(round.map { probes[$0] }, oracle, logGroup: LabRules.logGroup)
            for (index, answer) in zip(round, found) { answers[index] = answer }
            if doors { try load(replacing: services, with: []) }
        }
        return LabRun(oracle, probes, packets: answers.map(\.outcome), durations: answers.map(\.microseconds))
    }

    /// Keeps a network with its rules for as long as `body` runs.
    package func hold(_ oracle: LabOracle, _ probes: [Probe], families: [IPFamily], _ body: (LabNetwork) throws -> Void) throws {
        let plan = LabPlan(oracle, probes, families: families, isComplete: true)
        let network = try LabNetwork(plan)
        try load(replacing: [], with: LabRules.tables(oracle.engine.world, oracle.engine.options, plan, oracle.model))
        try body(network)
    }

    /// Probes to addresses first, then those through Services, one backend of each at a time.
    private static func rounds(_ probes: [Probe]) -> [[Int]] {
        var direct: [Int] = []
        var byBackend: [Int: [Int]] = [:]
        for (index, probe) in probes.enumerated() {
            if let door = probe.service { byBackend[door.backend, default: []].append(index) } else { direct.append(index) }
        }
        return (direct.isEmpty ? [] : [direct]) + byBackend.sorted { $0.key < $1.key }.map(\.value)
    }

    // MARK: - Control

    /// One probe must get through before there are rules, and must be reported as dropped under a policy that denies everything:
    /// else nothing that follows would mean anything.
    ///
    /// - Returns: The tables that are loaded now.
    private func prove(
        _ network: LabNetwork, _ plan: LabPlan, _ oracle: LabOracle, _ probes: [Probe]
    ) throws(LabError) -> [Table] {
        guard
            let control = probes.first(where: { Self.canBeDenied($0) && $0.service == nil }) ?? probes.first(
                where: Self.canBeDenied)
                ?? probes.first
        else { return [] }
        var probe = control
        probe.service = nil
        let before = try network.run([probe], oracle, logGroup: LabRules.logGroup)
        guard before.first?.outcome == .answered else {
            let words = before.first.map { TextReport.words($0.outcome) } ?? "nothing"
            throw LabError(
                .control("control probe: without any rule, \(oracle.name(probe)) should be answered, but: \(words)"))
        }
        guard Self.canBeDenied(probe) else { return [] }
        let tables = LabRules.controlTables(plan, oracle.model)
        try load(replacing: [], with: tables)
        let after = try network.run([probe], oracle, logGroup: LabRules.logGroup)
        guard case .dropped? = after.first?.outcome else {
            let words = after.first.map { TextReport.words($0.outcome) } ?? "nothing"
            throw LabError(
                .control(
                    "control probe: under a policy that denies everything, \(oracle.name(probe)) should be reported as dropped, "
                        + "but: \(words); this machine does not enforce rules, a green result would mean nothing"))
        }
        return tables
    }

    /// What a node exchanges with its own pods, and a pod with itself, is never denied.
    private static func canBeDenied(_ probe: Probe) -> Bool {
        probe.source != .node && probe.destination != .node && probe.source != probe.destination
    }

    private func load(replacing old: [Table], with new: [Table]) throws(LabError) {
        for transaction in LabRules.transactions(replacing: old, with: new) {
            do throws(ApplyError) {
                try commit(transaction)
            } catch {
                throw LabError(.rules("the kernel refused the rules: \(error)"))
            }
        }
    }
}
