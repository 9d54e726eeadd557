import API
package import NFTables
package import NetworkTypes

/// What one family's table should hold, kept up to date Service by Service.
package struct ProxyModel: Sendable {
    package let family: IPFamily
    private let configuration: ProxyConfiguration
    private var ledger = ElementLedger()
    private var flows: [NamespacedName: ConntrackPlan] = [:]
    private var affinities: [NamespacedName: AffinityPlan] = [:]
    /// Times for which a `record` chain is needed; only grows, so that a Service that comes and goes changes no chain again.
    private var affinitySeconds: Set<UInt32> = []
    /// The chains that stand do not suffice: the next sync must be a full one.
    package private(set) var needsChains = false
    /// Clients may be remembered for endpoints that are gone.
    private var hasLapsedClients = false

    package init(family: IPFamily, configuration: ProxyConfiguration) {
        self.family = family
        self.configuration = configuration
    }

    package var table: TableIdentifier { StaticRuleset.identifier(family) }
    package var elementCount: Int { ledger.elementCount }

    /// Computes the given Services anew; work is proportional to them, not to what exists.
    ///
    /// - Returns: Flows that go stale once the new rules stand.
    package mutating func update(_ changes: [ServiceChange]) -> [FlowSelector] {
        var stale: [FlowSelector] = []
        for change in changes {
            let old = flows[change.name] ?? ConntrackPlan()
            guard let service = change.service else {
                ledger.replace(change.name, with: [])
                replaceAffinity(change.name, with: AffinityPlan())
                stale += ConntrackPlan.stale(from: old, to: ConntrackPlan())
                flows[change.name] = nil
                continue
            }
            let endpoints = { [family, configuration] (port: ProxyService.Port) in
                change.endpoints(
                    port: port.name, transport: port.transport, family: family, nodeName: configuration.nodeName)
            }
            if let seconds = service.affinitySeconds, affinitySeconds.insert(seconds).inserted { needsChains = true }
            let elements = FrontendElements.build(service, family: family, configuration, endpoints: endpoints)
            ledger.replace(change.name, with: elements)
            replaceAffinity(change.name, with: AffinityPlan(elements))
            let new = ConntrackPlan(service, family: family, endpoints: endpoints)
            stale += ConntrackPlan.stale(from: old, to: new)
            flows[change.name] = new.backends.isEmpty ? nil : new
        }
        return stale
    }

    private mutating func replaceAffinity(_ name: NamespacedName, with plan: AffinityPlan) {
        if let old = affinities[name], old.allowsMore(than: plan) { hasLapsedClients = true }
        affinities[name] = plan.backends.isEmpty ? nil : plan
    }

    /// Whether remembered clients must be looked through, once per question.
    package mutating func takeLapse() -> Bool {
        defer { hasLapsedClients = false }
        return hasLapsedClients
    }

    package func lapsed(_ elements: [Element], in set: ProxySet) -> [ElementKey] {
        AffinityPlan.lapsed(
            elements, isNodePort: set == .nodePortAffinity, family: family, plans: affinities.values)
    }

    /// Flows that go stale when a table that stood there becomes ours.
    package func staleFlows(from standing: Table?) -> [FlowSelector] {
        guard let standing else { return [] }
        var plan = ConntrackPlan()
        for other in flows.values { plan.merge(other) }
        return ConntrackPlan.stale(from: ConntrackPlan(standing: standing), to: plan)
    }

    /// Element changes since the last call or since `desired`.
    package mutating func takeTransaction() -> Transaction { ledger.takeTransaction(for: table) }

    /// The whole table: what a full sync compares with the kernel. Forgets pending changes, because they are in it.
    package mutating func desired() -> Table {
        needsChains = false
        hasLapsedClients = true
        var table = StaticRuleset.table(family, configuration, affinitySeconds: affinitySeconds)
        ledger.fill(&table)
        return table
    }
}
