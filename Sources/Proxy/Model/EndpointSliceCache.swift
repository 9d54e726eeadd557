package import API
package import NetworkTypes

/// What the proxy reads of an EndpointSlice.
package struct ProxySlice: Hashable, Sendable {
    package struct Port: Hashable, Sendable {
        package var name: String
        package var transport: TransportProtocol
        package var port: NetworkTypes.Port
    }

    package struct Endpoint: Hashable, Sendable {
        package var address: IPAddress
        package var isReady: Bool
        package var isServing: Bool
        package var isTerminating: Bool
        package var nodeName: String?
        /// The pod's name; nil where no weight can ask for it.
        package var targetName: String?
        package var zoneHints: [String]
        package var nodeHints: [String]
    }

    package var key: NamespacedName
    package var service: NamespacedName
    package var family: IPFamily
    package var ports: [Port]
    package var endpoints: [Endpoint]
    /// What the slice's annotation says each of its endpoints weighs; nil without one.
    package var weight: Int?

    /// Nil for a slice that carries nothing for us: without a Service, of a headless one, or of names instead of addresses.
    package init?(_ slice: EndpointSlice) {
        guard let service = slice.service, let family = slice.family,
            slice.metadata.labels[EndpointSlice.headlessLabel] == nil,
            slice.metadata.labels[ProxyService.proxyNameLabel] == nil
        else { return nil }
        key = slice.key
        self.service = service
        self.family = family
        weight = ServiceOptions.sliceWeight(slice.metadata)
        ports = slice.ports.compactMap { port in
            guard let transport = port.transportProtocol, let number = port.port.flatMap({ NetworkTypes.Port(exactly: $0) }),
                !number.isNone
            else { return nil }
            return Port(name: port.name, transport: transport, port: number)
        }
        endpoints = slice.endpoints.compactMap { endpoint in
            guard let address = endpoint.addresses.first.flatMap({ IPAddress(parsing: $0) }), address.family == family else {
                return nil
            }
            return Endpoint(
                address: address, isReady: endpoint.isReady, isServing: endpoint.isServing,
                isTerminating: endpoint.isTerminating, nodeName: endpoint.nodeName, targetName: endpoint.targetRef?.name,
                zoneHints: endpoint.zoneHints, nodeHints: endpoint.nodeHints)
        }
    }
}

/// Every slice by the Service that it belongs to.
package struct EndpointSliceCache: Sendable {
    /// In order of name.
    private var services: [NamespacedName: [ProxySlice]] = [:]
    private var owners: [NamespacedName: NamespacedName] = [:]

    package init() {}

    /// Returns the Services whose endpoints changed: none for a repeated slice, two when a slice moved.
    package mutating func set(_ slice: ProxySlice) -> Set<NamespacedName> {
        if services[slice.service]?.contains(slice) == true { return [] }
        var changed = remove(slice.key)
        var list = services[slice.service] ?? []
        list.insert(slice, at: list.firstIndex { slice.key < $0.key } ?? list.endIndex)
        services[slice.service] = list
        owners[slice.key] = slice.service
        changed.insert(slice.service)
        return changed
    }

    package mutating func remove(_ key: NamespacedName) -> Set<NamespacedName> {
        guard let service = owners.removeValue(forKey: key) else { return [] }
        services[service]?.removeAll { $0.key == key }
        if services[service]?.isEmpty == true { services[service] = nil }
        return [service]
    }

    package var keys: [NamespacedName] { Array(owners.keys) }

    /// In order of name.
    package func slices(of service: NamespacedName) -> [ProxySlice] {
        services[service] ?? []
    }
}
