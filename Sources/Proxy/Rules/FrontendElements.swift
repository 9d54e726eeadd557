import NFTables
package import NetworkTypes

/// Computes the elements of one Service in one family's table.
package struct FrontendElements {
    private let change: ServiceChange
    private let service: ProxyService
    private let family: IPFamily
    private let configuration: ProxyConfiguration
    private var result = ServiceElements()

    package static func build(_ change: ServiceChange, family: IPFamily, _ configuration: ProxyConfiguration) -> ServiceElements {
        guard let service = change.service else { return ServiceElements() }
        var builder = FrontendElements(change: change, service: service, family: family, configuration: configuration)
        return builder.build()
    }

    private init(change: ServiceChange, service: ProxyService, family: IPFamily, configuration: ProxyConfiguration) {
        self.change = change
        self.service = service
        self.family = family
        self.configuration = configuration
    }

    private mutating func build() -> ServiceElements {
        result.clusterIPs = Set(service.clusterIPs.filter { $0.family == family }).sorted()
        // As upstream: a Service without a cluster IP of the family has no frontend of that family at all.
        guard !result.clusterIPs.isEmpty else { return ServiceElements() }
        var here: Set<IPAddress> = []
        for port in service.ports {
            let own = change.endpoints(
                port: port.name, transport: port.transport, family: family, nodeName: configuration.nodeName)
            let others = change.splitEndpoints(port, family: family, nodeName: configuration.nodeName)
            for endpoint in own + others where endpoint.isLocal { here.insert(endpoint.backend.address) }
            add(port, own, others)
        }
        result.localEndpoints = here.sorted()
        return result
    }

    private mutating func add(_ port: ProxyService.Port, _ own: [ProxyEndpoint], _ others: [ProxyEndpoint]) {
        func select(_ endpoints: [ProxyEndpoint]) -> EndpointSelection {
            var chosen = EndpointSelection.select(endpoints, nodeName: configuration.nodeName, zone: configuration.zone)
            if port.transport == .tcp, !change.ejections.isEmpty {
                chosen.cluster = remaining(chosen.cluster, endpoints)
                chosen.local = remaining(chosen.local, endpoints)
            }
            return chosen
        }
        let (first, second) = (select(own), select(others))
        let cluster = slots(first.cluster, own, second.cluster, others)
        let local = usesLocal ? slots(first.local, own, second.local, others) : SlotTable([])
        for address in result.clusterIPs {
            let key = Self.key(address, port)
            if service.internalTrafficIsLocal {
                let without = cluster.slotCount == 0 ? StaticRuleset.refuse : StaticRuleset.discard
                add(key, .services, .clusterIP, local, without: without)
            } else {
                add(key, .services, .clusterIP, cluster, without: StaticRuleset.refuse)
            }
        }
        for address in service.externalIPs where address.family == family {
            addExternal(Self.key(address, port), .services, cluster, local)
        }
        let ranges = service.sourceRanges.filter { $0.family == family }
        for address in service.loadBalancerIPs where address.family == family {
            let key = Self.key(address, port)
            if !ranges.isEmpty { addFirewall(key, address, ranges) }
            addExternal(key, ranges.isEmpty ? .services : .firewalled, cluster, local)
        }
        if !port.nodePort.isNone {
            var key = KeyBytes()
            key.append(port.transport)
            key.append(port.nodePort)
            addExternal(key, .nodePorts, cluster, local)
        }
    }

    /// Without those that are ejected; all of them when nobody else would take a connection.
    private func remaining(_ chosen: [Backend], _ endpoints: [ProxyEndpoint]) -> [Backend] {
        let left = chosen.filter { change.ejections[$0] == nil }
        let serving = Set(endpoints.filter { $0.weight > 0 }.map(\.backend))
        for backend in left where serving.contains(backend) { return left }
        return chosen
    }

    private var usesLocal: Bool { service.internalTrafficIsLocal || service.externalTrafficIsLocal }

    /// The table of the endpoints that were selected, those of another Service with their part of the connections.
    private func slots(
        _ chosen: [Backend], _ own: [ProxyEndpoint], _ otherChosen: [Backend], _ others: [ProxyEndpoint]
    ) -> SlotTable {
        var shares = shares(chosen, own)
        let otherShares = self.shares(otherChosen, others, ramps: false)
        if let percent = change.split?.percent, !otherShares.isEmpty {
            let (ours, theirs) = (shares.reduce(0) { $0 + $1.weight }, otherShares.reduce(0) { $0 + $1.weight })
            var sum: [Backend: Int] = [:]
            for share in shares where percent < 100 { sum[share.backend, default: 0] += share.weight * (100 - percent) * theirs }
            for share in otherShares { sum[share.backend, default: 0] += share.weight * percent * max(ours, 1) }
            shares = sum.map { SlotTable.Share($0.key, weight: $0.value) }.sorted { $0.backend < $1.backend }
        }
        return service.options.hashesSource ? SlotTable(hashing: shares) : SlotTable(drawing: shares)
    }

    private func shares(_ chosen: [Backend], _ endpoints: [ProxyEndpoint], ramps: Bool = true) -> [SlotTable.Share] {
        let steps = ramps ? change.ramps : [:]
        if steps.isEmpty, endpoints.allSatisfy({ $0.weight == 1 }) { return chosen.map { SlotTable.Share($0) } }
        let weights = Dictionary(endpoints.map { ($0.backend, $0.weight) }) { first, _ in first }
        return chosen.compactMap { backend in
            let part = steps.isEmpty ? 1 : steps[backend.address] ?? ServiceChange.wholeShare
            let weight = (weights[backend] ?? 1) * part
            return weight > 0 ? SlotTable.Share(backend, weight: weight) : nil
        }
    }

    private mutating func addExternal(_ key: KeyBytes, _ frontends: ProxySet, _ cluster: SlotTable, _ local: SlotTable) {
        let isNodePort = frontends == .nodePorts
        let kind: FrontendKind = isNodePort ? .nodePort : .external
        guard service.externalTrafficIsLocal, cluster.slotCount > 0 || local.slotCount > 0 else {
            return add(key, frontends, kind, cluster, without: StaticRuleset.refuse)
        }
        let localKind: FrontendKind = isNodePort ? .nodePortLocal : .externalLocal
        add(key, frontends, localKind, local, without: localKind.chainWithoutEndpoints ?? StaticRuleset.discard)
        add(
            key, isNodePort ? .nodePortShortcuts : .shortcuts, isNodePort ? .balanceNodePort : .balance, cluster,
            without: StaticRuleset.refuse)
    }

    /// Sends a frontend through the firewall. A balancer that sends from its own address through a node that is let in
    /// is let in too.
    private mutating func addFirewall(_ key: KeyBytes, _ address: IPAddress, _ ranges: [CIDR]) {
        put(key, .services, Element(key, .verdict(.goto(StaticRuleset.firewall))))
        var allowed = ranges
        let node = configuration.nodeAddresses.first { $0.family == family }
        if let node, ranges.contains(where: { $0.contains(node) }), !ranges.contains(where: { $0.contains(address) }) {
            allowed.append(CIDR(host: address))
        }
        for range in allowed {
            var (first, last) = (key, key)
            first.append(range.first)
            last.append(range.last)
            put(key, .sourceRanges, Element(ElementKey(first, end: last)))
        }
    }

    /// A frontend and its endpoints.
    private mutating func add(
        _ key: KeyBytes, _ frontends: ProxySet, _ kind: FrontendKind, _ table: SlotTable, without: String
    ) {
        let draw: Draw = service.options.hashesSource ? .hash : service.isSticky ? .sticky : .random
        let chain = table.slotCount == 0 ? without : kind.chain(slots: table.slotCount, draw)
        if service.isSticky, let seconds = service.affinitySeconds, table.slotCount > 0 {
            let record = StaticRuleset.record(seconds, isNodePort: kind.isNodePort)
            let element = Element(key, .verdict(.jump(record)))
            let set = kind.isNodePort ? ProxySet.nodePortSticky : .sticky
            let frontend = Frontend(isNodePort: kind.isNodePort, key: key)
            if result.frontends[frontend]?.contains(SetElement(set, element)) != true { put(key, set, element) }
        }
        put(key, frontends, Element(key, .verdict(.goto(chain))))
        for (slot, backend) in table.slots {
            var slotKey = key
            slotKey.append(hostOrder: UInt32(slot))
            var value = KeyBytes(backend.address)
            value.append(backend.port)
            put(key, kind.endpoints, Element(slotKey, .fields(value)))
        }
    }

    private mutating func put(_ key: KeyBytes, _ set: ProxySet, _ element: Element) {
        let isNodePort =
            switch set {
            case .nodePorts, .nodePortShortcuts, .nodePortSticky, .nodePortEndpoints, .nodePortLocalEndpoints: true
            default: false
            }
        result.frontends[Frontend(isNodePort: isNodePort, key: key), default: []].append(SetElement(set, element))
    }

    private static func key(_ address: IPAddress, _ port: ProxyService.Port) -> KeyBytes {
        var key = KeyBytes(address)
        key.append(port.transport)
        key.append(port.port)
        return key
    }
}
