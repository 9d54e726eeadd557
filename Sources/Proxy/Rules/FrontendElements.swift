package import NFTables
package import NetworkTypes

/// An element together with the set it belongs in.
package struct SetElement: Hashable, Sendable {
    package var set: ProxySet
    package var element: Element

    package init(_ set: ProxySet, _ element: Element) {
        self.set = set
        self.element = element
    }
}

/// The elements of one Service in one family's table.
package struct FrontendElements {
    private let service: ProxyService
    private let family: IPFamily
    private let nodeAddresses: [IPAddress]
    private var elements: [SetElement] = []

    /// - Parameter endpoints: The endpoints of a port of the Service, in this family.
    package static func build(
        _ service: ProxyService, family: IPFamily, _ configuration: ProxyConfiguration,
        endpoints: (ProxyService.Port) -> [ProxyEndpoint]
    ) -> [SetElement] {
        var builder = FrontendElements(service: service, family: family, nodeAddresses: configuration.nodeAddresses)
        for address in service.clusterIPs where address.family == family {
            builder.elements.append(SetElement(.clusterIPs, Element(KeyBytes(address))))
        }
        for port in service.ports {
            let known = endpoints(port)
            let selection = EndpointSelection.select(known, nodeName: configuration.nodeName, zone: configuration.zone)
            builder.add(port, selection)
            for endpoint in known where endpoint.isLocal {
                var key = KeyBytes(endpoint.backend.address)
                key.append(endpoint.backend.address)
                builder.elements.append(SetElement(.hairpins, Element(key)))
            }
        }
        return builder.elements
    }

    private init(service: ProxyService, family: IPFamily, nodeAddresses: [IPAddress]) {
        self.service = service
        self.family = family
        self.nodeAddresses = nodeAddresses
    }

    private mutating func add(_ port: ProxyService.Port, _ selection: EndpointSelection) {
        let cluster = SlotTable(selection.cluster)
        let local = SlotTable(selection.local)
        for address in service.clusterIPs where address.family == family {
            let key = Self.key(address, port)
            if service.internalTrafficIsLocal {
                let without = cluster.slotCount == 0 ? StaticRuleset.refuse : StaticRuleset.discard
                add(key, .services, .clusterIP, local, without: without)
            } else {
                add(key, .services, .clusterIP, cluster, without: StaticRuleset.refuse)
            }
        }
        for address in service.externalIPs where address.family == family {
            addExternal(
                Self.key(address, port), .services, .external, .externalLocal, .balance, shortcuts: .shortcuts, cluster, local)
        }
        let ranges = service.sourceRanges.filter { $0.family == family }
        for address in service.loadBalancerIPs where address.family == family {
            let key = Self.key(address, port)
            if !ranges.isEmpty { addFirewall(key, address, ranges) }
            addExternal(
                key, ranges.isEmpty ? .services : .firewalled, .external, .externalLocal, .balance, shortcuts: .shortcuts,
                cluster, local)
        }
        if !port.nodePort.isNone {
            var key = KeyBytes()
            key.append(port.transport)
            key.append(port.nodePort)
            addExternal(
                key, .nodePorts, .nodePort, .nodePortLocal, .balanceNodePort, shortcuts: .nodePortShortcuts, cluster, local)
        }
    }

    private mutating func addExternal(
        _ key: KeyBytes, _ frontends: ProxySet, _ kind: FrontendKind, _ localKind: FrontendKind, _ balance: FrontendKind,
        shortcuts: ProxySet, _ cluster: SlotTable, _ local: SlotTable
    ) {
        guard service.externalTrafficIsLocal, cluster.slotCount > 0 || local.slotCount > 0 else {
            return add(key, frontends, kind, cluster, without: StaticRuleset.refuse)
        }
        add(key, frontends, localKind, local, without: localKind.chainWithoutEndpoints ?? StaticRuleset.discard)
        add(key, shortcuts, balance, cluster, without: StaticRuleset.refuse)
    }

    /// Sends a frontend through the firewall. A balancer that sends from its own address through a node that is let in
    /// is let in too.
    private mutating func addFirewall(_ key: KeyBytes, _ address: IPAddress, _ ranges: [CIDR]) {
        elements.append(SetElement(.services, Element(key, .verdict(.goto(StaticRuleset.firewall)))))
        var allowed = ranges
        if nodeAddresses.contains(where: { node in ranges.contains { $0.contains(node) } }),
            !ranges.contains(where: { $0.contains(address) })
        {
            allowed.append(CIDR(host: address))
        }
        for range in allowed {
            var (first, last) = (key, key)
            first.append(range.first)
            last.append(range.last)
            elements.append(SetElement(.sourceRanges, Element(ElementKey(first, end: last))))
        }
    }

    /// A frontend and its endpoints.
    private mutating func add(
        _ key: KeyBytes, _ frontends: ProxySet, _ kind: FrontendKind, _ table: SlotTable, without: String
    ) {
        let chain = table.slotCount == 0 ? without : kind.chain(slots: table.slotCount, isSticky: service.isSticky)
        if let seconds = service.affinitySeconds, table.slotCount > 0 {
            let set = kind.isNodePort ? ProxySet.nodePortSticky : .sticky
            let record = StaticRuleset.record(seconds, isNodePort: kind.isNodePort)
            let element = SetElement(set, Element(key, .verdict(.jump(record))))
            if !elements.contains(element) { elements.append(element) }
        }
        elements.append(SetElement(frontends, Element(key, .verdict(.goto(chain)))))
        for (slot, backend) in table.slots {
            var slotKey = key
            slotKey.append(hostOrder: UInt32(slot))
            var value = KeyBytes(backend.address)
            value.append(backend.port)
            elements.append(SetElement(kind.endpoints, Element(slotKey, .fields(value))))
        }
    }

    private static func key(_ address: IPAddress, _ port: ProxyService.Port) -> KeyBytes {
        var key = KeyBytes(address)
        key.append(port.transport)
        key.append(port.port)
        return key
    }
}
