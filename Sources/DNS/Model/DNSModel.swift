package import API
import NetworkTypes

/// Services, endpoints, namespaces and this node's pods, arranged for looking names up.
///
/// Owns no lock and reads no clock: whoever has it makes sure that nobody looks while something changes. The same objects in any
/// order give the same answers. Work per change is proportional to the Service that changed.
package final class DNSModel {
    private(set) var services: ContiguousArray<ServiceRecord> = []
    private var freeSlots: [Int32] = []
    private var byKey = NameTable()
    private var sliceOwners: [NamespacedName: Int32] = [:]
    /// Cluster IPs; an IPv4 address is mapped into IPv6.
    private var byClusterIP: [UInt128: Int32] = [:]
    private var byEndpoint: [UInt128: EndpointOwners] = [:]
    /// Services per namespace.
    private var serviceCounts: [[UInt8]: Int] = [:]
    /// Nil: nobody tells us about namespaces; those that hold a Service exist.
    private var namespaces: Set<[UInt8]>?
    package let pods = PodDirectory()
    private var labels: [[UInt8]: [UInt8]] = [:]
    private var hasServices = false
    private var hasSlices = false
    /// Changes with every change, for the SOA record.
    package var serial: UInt32 = 1

    /// Services that have an endpoint with one address.
    private enum EndpointOwners {
        case one(Int32)
        case several([Int32])
    }

    package init() {}

    /// Both collections were listed once: what is not here does not exist.
    package var isComplete: Bool { hasServices && hasSlices }
    package var serviceCount: Int { byKey.count }
    package var sliceCount: Int { sliceOwners.count }

    // MARK: What the cluster says

    package func servicesListed(_ list: [Service]) {
        let present = Set(list.map { ServiceRecord.key($0.key) })
        for index in services.indices where services[index].kind != .absent && !present.contains(services[index].key) {
            forget(index)
        }
        for service in list { serviceSeen(service) }
        hasServices = true
    }

    package func serviceSeen(_ service: Service) {
        let key = ServiceRecord.key(service.key)
        guard !key.isEmpty else { return }
        let index = slot(key)
        if services[index].kind == .absent { serviceCounts[Array(services[index].namespace), default: 0] += 1 }
        unlinkAddresses(index)
        services[index].publishesNotReady = service.spec.publishNotReadyAddresses
        services[index].ipv4 = 0
        services[index].ipv6 = 0
        services[index].externalName = nil
        services[index].ports = service.spec.ports.compactMap { port in
            guard let transport = port.transportProtocol, let number = UInt16(exactly: port.port) else { return nil }
            return ServiceRecord.Port(label: portLabel(port.name), transport: transport, number: number)
        }
        if service.spec.type == "ExternalName" {
            services[index].kind = .externalName
            services[index].externalName = DNSName(parsing: service.spec.externalName)
        } else if service.isHeadless {
            services[index].kind = .headless
        } else {
            services[index].kind = .clusterIP
            for address in service.spec.clusterIPs.compactMap({ IPAddress(parsing: $0) }) {
                switch address {
                case .v4(let address): services[index].ipv4 = address.value
                case .v6(let address): services[index].ipv6 = address.value
                }
                byClusterIP[Self.number(address)] = Int32(index)
            }
        }
        rebuild(index)
    }

    package func serviceGone(_ key: NamespacedName) {
        if let index = find(ServiceRecord.key(key)[...]), services[index].kind != .absent { forget(index) }
    }

    package func slicesListed(_ list: [EndpointSlice]) {
        let present = Set(list.map(\.key))
        for key in sliceOwners.keys where !present.contains(key) { sliceGone(key) }
        for slice in list { sliceSeen(slice) }
        hasSlices = true
    }

    package func sliceSeen(_ slice: EndpointSlice) {
        let key = slice.service.map(ServiceRecord.key) ?? []
        guard !key.isEmpty, let record = SliceRecord(slice, intern: { portLabel($0) }) else { return sliceGone(slice.key) }
        let index = slot(key)
        if let owner = sliceOwners[slice.key], Int(owner) != index { sliceGone(slice.key) }
        sliceOwners[slice.key] = Int32(index)
        unlinkEndpoints(index)
        if let position = services[index].slices.firstIndex(where: { $0.name == record.name }) {
            services[index].slices[position] = record
        } else {
            // By name, so that the order of events leaves no trace.
            let position = services[index].slices.firstIndex { $0.name > record.name } ?? services[index].slices.count
            services[index].slices.insert(record, at: position)
        }
        linkEndpoints(index)
        rebuild(index)
    }

    package func sliceGone(_ key: NamespacedName) {
        guard let owner = sliceOwners.removeValue(forKey: key) else { return }
        let index = Int(owner)
        unlinkEndpoints(index)
        services[index].slices.removeAll { $0.name == key.name }
        linkEndpoints(index)
        rebuild(index)
        dropIfEmpty(index)
    }

    package func namespacesListed(_ names: [String]) { namespaces = Set(names.map { $0.utf8.map(ASCII.lowered) }) }
    package func namespaceSeen(_ name: String) { namespaces?.insert(name.utf8.map(ASCII.lowered)) }
    package func namespaceGone(_ name: String) { namespaces?.remove(name.utf8.map(ASCII.lowered)) }

    // MARK: Looking up

    /// - Parameter key: Two labels with their lengths.
    func find(_ key: ArraySlice<UInt8>) -> Int? {
        let found = byKey.find(NameTable.hash(key)) { slot in
            let stored = services[Int(slot)].key
            guard stored.count == key.count else { return false }
            var index = key.startIndex
            for byte in stored {
                if key[index] != byte { return false }
                index += 1
            }
            return true
        }
        return found.map { Int($0) }
    }

    func hasNamespace(_ label: ArraySlice<UInt8>) -> Bool {
        let name = Array(label)
        return serviceCounts[name] != nil || namespaces?.contains(name) == true || pods.hasNamespace(name)
    }

    func service(clusterIP address: IPAddress) -> Int? { byClusterIP[Self.number(address)].map { Int($0) } }

    /// Services with an endpoint of this address, ready or not.
    func services(endpoint address: IPAddress) -> [Int] {
        switch byEndpoint[Self.number(address)] {
        case nil: []
        case .one(let index): [Int(index)]
        case .several(let list): list.map { Int($0) }.sorted { services[$0].key.lexicographicallyPrecedes(services[$1].key) }
        }
    }

    /// Ready endpoints of a Service that carry a label.
    func endpoints(of index: Int, named label: ArraySlice<UInt8>) -> [(family: IPFamily, address: UInt128)] {
        var result: [(family: IPFamily, address: UInt128)] = []
        func add(_ slice: SliceRecord, _ endpoint: SliceRecord.Endpoint) {
            guard endpoint.isReady, endpoint.label(slice.family)[...] == label,
                !result.contains(where: { $0.family == slice.family && $0.address == endpoint.address })
            else { return }
            result.append((slice.family, endpoint.address))
        }
        if let headless = services[index].headless {
            for host in headless.candidates(label) {
                let slice = services[index].slices[Int(host.slice)]
                add(slice, slice.endpoints[Int(host.endpoint)])
            }
        } else {
            for slice in services[index].slices { for endpoint in slice.endpoints { add(slice, endpoint) } }
        }
        return result
    }

    // MARK: Keeping the indexes

    private func slot(_ key: [UInt8]) -> Int {
        if let known = find(key[...]) { return known }
        let record = ServiceRecord(key: key)
        let index: Int
        if let free = freeSlots.popLast() {
            index = Int(free)
            services[index] = record
        } else {
            index = services.count
            services.append(record)
        }
        byKey.insert(NameTable.hash(key[...]), Int32(index)) { NameTable.hash(services[Int($0)].key[...]) }
        return index
    }

    private func forget(_ index: Int) {
        unlinkAddresses(index)
        let namespace = Array(services[index].namespace)
        let count = (serviceCounts[namespace] ?? 1) - 1
        serviceCounts[namespace] = count > 0 ? count : nil
        services[index].kind = .absent
        services[index].ports = []
        services[index].externalName = nil
        services[index].headless = nil
        dropIfEmpty(index)
    }

    private func dropIfEmpty(_ index: Int) {
        guard services[index].isEmpty else { return }
        byKey.remove(NameTable.hash(services[index].key[...]), Int32(index))
        services[index] = ServiceRecord(key: [])
        freeSlots.append(Int32(index))
    }

    private func rebuild(_ index: Int) {
        services[index].headless = services[index].kind == .headless ? HeadlessRecords(services[index].slices) : nil
    }

    private func unlinkAddresses(_ index: Int) {
        var numbers: [UInt128] = []
        if services[index].ipv4 != 0 { numbers.append(Self.number(.v4(IPv4Address(services[index].ipv4)))) }
        if services[index].ipv6 != 0 { numbers.append(services[index].ipv6) }
        // The address may be somebody else's by now.
        for number in numbers where byClusterIP[number] == Int32(index) { byClusterIP[number] = nil }
    }

    private func linkEndpoints(_ index: Int) {
        let slot = Int32(index)
        eachEndpoint(of: index) { number in
            switch byEndpoint[number] {
            case nil: byEndpoint[number] = .one(slot)
            case .one(let other): if other != slot { byEndpoint[number] = .several([other, slot]) }
            case .several(let list): if !list.contains(slot) { byEndpoint[number] = .several(list + [slot]) }
            }
        }
    }

    private func unlinkEndpoints(_ index: Int) {
        let slot = Int32(index)
        eachEndpoint(of: index) { number in
            switch byEndpoint[number] {
            case .one(slot): byEndpoint[number] = nil
            case .several(let list):
                let rest = list.filter { $0 != slot }
                byEndpoint[number] = rest.count == 1 ? .one(rest[0]) : .several(rest)
            default: break
            }
        }
    }

    private func eachEndpoint(of index: Int, _ body: (UInt128) -> Void) {
        for slice in services[index].slices {
            for endpoint in slice.endpoints {
                body(Self.number(IPAddress(family: slice.family, number: endpoint.address)))
            }
        }
    }

    static func number(_ address: IPAddress) -> UInt128 {
        address.family == .ipv4 ? UInt128(0xffff) << 32 | address.number : address.number
    }

    /// Port names are few and their labels shared, up to a bound.
    private func portLabel(_ name: String) -> [UInt8] {
        guard !name.isEmpty, name.utf8.count < WireLimit.labelBytes else { return [] }
        let label = [UInt8(ascii: "_")] + name.utf8.map(ASCII.lowered)
        if let known = labels[label] { return known }
        if labels.count < Self.labelsMax { labels[label] = label }
        return label
    }

    private static let labelsMax = 4096
}
