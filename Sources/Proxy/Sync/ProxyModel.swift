import API
package import NFTables
package import NetworkTypes

/// What one family's table should hold, kept up to date Service by Service.
package struct ProxyModel: Sendable {
    package let family: IPFamily
    private var configuration: ProxyConfiguration
    /// What the elements are computed from; Services without a frontend in this family are left out.
    private var inputs: [NamespacedName: ServiceChange] = [:]
    private var ledger = FrontendLedger()
    /// Only grows, so that a Service that comes and goes changes no chain again.
    private var demand = StaticRuleset.Demand()
    /// The chains that stand do not suffice: the next sync must be a full one.
    package private(set) var needsChains = false
    /// Clients may be remembered for endpoints that are gone.
    private var hasLapsedClients = false
    /// Services with ejected endpoints.
    private var ejecting: Set<NamespacedName> = []
    /// What the table says of ejected endpoints may not be so.
    private var hasEjectionNews = false
    package private(set) var elementCount = 0
    package private(set) var health = ServiceHealthLedger()

    package init(family: IPFamily, configuration: ProxyConfiguration) {
        self.family = family
        self.configuration = configuration
    }

    package var table: TableIdentifier { StaticRuleset.identifier(family) }
    /// Frontends that two or more Services want: all of them, the holder first.
    package var contested: [Frontend: [FrontendLedger.Claimant]] { ledger.contested }

    func claimant(of frontend: Frontend) -> FrontendLedger.Claimant? { ledger.claimant(of: frontend) }
    func service(_ name: NamespacedName) -> ProxyService? { inputs[name]?.service }

    /// The node or the cluster is another one than before: everything is computed anew.
    package mutating func configure(_ configuration: ProxyConfiguration) {
        guard configuration != self.configuration else { return }
        self.configuration = configuration
        needsChains = true
        ledger.stopRecording()
    }

    /// The kernel's state is not known any more; the next sync must be a full one.
    package mutating func forgetKernel() { ledger.stopRecording() }

    /// Computes the given Services anew; work is proportional to them, not to what exists.
    ///
    /// - Returns: Flows that go stale once the new rules stand.
    package mutating func update(_ changes: [ServiceChange]) -> [FlowSelector] {
        var stale: [FlowSelector] = []
        for change in changes { update(change, &stale) }
        return stale
    }

    private mutating func update(_ change: ServiceChange, _ stale: inout [FlowSelector]) {
        health.update(change, family: family, nodeName: configuration.nodeName)
        let old = inputs[change.name]
        let new = change.service?.clusterIPs.contains { $0.family == family } == true ? change : nil
        if old == new { return }
        inputs[change.name] = new
        let before = old.map { elements($0) } ?? ServiceElements()
        let after = new.map { elements($0) } ?? ServiceElements()
        if let service = new?.service {
            if service.isSticky, let seconds = service.affinitySeconds,
                demand.affinitySeconds.insert(seconds).inserted
            {
                needsChains = true
            }
            if service.options.hashesSource, !demand.hashesSources {
                demand.hashesSources = true
                needsChains = true
            }
            if service.options.ejection != nil, !demand.ejects {
                demand.ejects = true
                needsChains = true
            }
        }
        noteEjections(old, new, change.name)
        let created = new?.service?.createdSeconds ?? old?.service?.createdSeconds ?? 0
        let claimant = FrontendLedger.Claimant(change.name, createdSeconds: created)
        // Not `self`: a second reference to the ledger would have it copied whole for every Service.
        ledger.replace(before, with: after, of: claimant) { [inputs, family, configuration] name, frontend in
            inputs[name].flatMap { FrontendElements.build($0, family: family, configuration).frontends[frontend] } ?? []
        }
        elementCount += Self.count(after) - Self.count(before)
        if old?.service?.isSticky == true, AffinityPlan(before).allowsMore(than: AffinityPlan(after)) { hasLapsedClients = true }
        stale += ConntrackPlan.stale(from: plan(old), to: plan(new))
    }

    private mutating func noteEjections(_ old: ServiceChange?, _ new: ServiceChange?, _ name: NamespacedName) {
        let (before, after) = (old?.ejections ?? [:], new?.ejections ?? [:])
        if after.isEmpty { ejecting.remove(name) } else { ejecting.insert(name) }
        if !before.isEmpty || !after.isEmpty { hasEjectionNews = true }
    }

    /// Whether the set of ejected endpoints must be looked through, once per question.
    package mutating func takeEjectionNews() -> Bool {
        defer { hasEjectionNews = false }
        return hasEjectionNews && demand.ejects
    }

    /// What the set `ejected` should hold.
    package func ejected() -> [(element: Element, note: ElementNote)] {
        ejecting.sorted().flatMap { name in
            inputs[name].map { EjectedEndpoint.elements(of: $0, family: family, nodeName: configuration.nodeName) } ?? []
        }
    }

    private func elements(_ input: ServiceChange) -> ServiceElements {
        FrontendElements.build(input, family: family, configuration)
    }

    private static func count(_ elements: ServiceElements) -> Int {
        elements.frontends.values.reduce(elements.clusterIPs.count + elements.localEndpoints.count) { $0 + $1.count }
    }

    private func plan(_ input: ServiceChange?) -> ConntrackPlan {
        input.map { ConntrackPlan($0, family: family, nodeName: configuration.nodeName) } ?? ConntrackPlan()
    }

    /// Whether remembered clients must be looked through, once per question.
    package mutating func takeLapse() -> Bool {
        defer { hasLapsedClients = false }
        return hasLapsedClients
    }

    package func lapsed(_ elements: [Element], in set: ProxySet) -> [ElementKey] {
        if elements.isEmpty { return [] }
        let plans = inputs.values.filter { $0.service?.isSticky == true }.map { AffinityPlan(self.elements($0)) }
        return AffinityPlan.lapsed(elements, isNodePort: set == .nodePortAffinity, family: family, plans: plans)
    }

    /// Flows that go stale when a table that stood there becomes ours.
    package func staleFlows(from standing: Table?) -> [FlowSelector] {
        guard let standing else { return [] }
        var plan = ConntrackPlan()
        for input in inputs.values { plan.merge(self.plan(input)) }
        return ConntrackPlan.stale(from: ConntrackPlan(standing: standing), to: plan)
    }

    /// Element changes since the last call or since `desired`.
    package mutating func takeTransaction() -> Transaction { ledger.takeTransaction(for: table) }

    /// The whole table: what a full sync compares with the kernel. Forgets pending changes, because they are in it.
    package mutating func desired() -> Table {
        needsChains = false
        hasLapsedClients = true
        hasEjectionNews = true
        ledger.startRecording()
        var table = StaticRuleset.table(family, configuration, demand)
        var sets = [[ElementKey: ElementValue]](repeating: [:], count: ProxySet.allCases.count)
        for (name, input) in inputs {
            for (frontend, items) in elements(input).frontends where ledger.holder(of: frontend) == name {
                for item in items { sets[Int(item.set.rawValue)][item.element.key] = item.element.value }
            }
        }
        ledger.fillShared { sets[Int($0.set.rawValue)][$0.element.key] = $0.element.value }
        for set in ProxySet.allCases { table.sets[set.name]?.elements = sets[Int(set.rawValue)] }
        elementCount = sets.reduce(0) { $0 + $1.count }
        return table
    }
}
