import API
package import NFTables
package import NetworkTypes

/// What one family's table should hold, kept up to date Service by Service.
package struct ProxyModel: Sendable {
    package let family: IPFamily
    private let configuration: ProxyConfiguration
    private var ledger = ElementLedger()
    private var flows: [NamespacedName: ConntrackPlan] = [:]

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
                stale += ConntrackPlan.stale(from: old, to: ConntrackPlan())
                flows[change.name] = nil
                continue
            }
            let endpoints = { [family, configuration] (port: ProxyService.Port) in
                change.endpoints(
                    port: port.name, transport: port.transport, family: family, nodeName: configuration.nodeName)
            }
            ledger.replace(
                change.name, with: FrontendElements.build(service, family: family, configuration, endpoints: endpoints))
            let new = ConntrackPlan(service, family: family, endpoints: endpoints)
            stale += ConntrackPlan.stale(from: old, to: new)
            flows[change.name] = new.backends.isEmpty ? nil : new
        }
        return stale
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
        var table = StaticRuleset.table(family, configuration)
        ledger.fill(&table)
        return table
    }
}
