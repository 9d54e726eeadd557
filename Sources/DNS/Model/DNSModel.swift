package import API
import NetworkTypes

/// Services, endpoints, namespaces and this node's pods, arranged for looking names up.
///
/// Owns no lock and reads no clock: whoever has it makes sure that nobody looks while something changes. The same objects in any
/// order give the same answers. Work per change is proportional to the Service that changed. A Service with a slice of two endpoints
/// takes about 350 bytes.
package final class DNSModel {
    private(set) var services: ContiguousArray<ServiceRecord> = []
    private var freeServices: [Int32] = []
    private(set) var slices: ContiguousArray<SliceRecord> = []
    private var freeSlices: [Int32] = []
    private var byKey = HashIndex()
    private var bySliceName = HashIndex()
    /// Services by cluster IP.
    private var byClusterIP = HashIndex()
    /// Slices by the addresses of their endpoints.
    private var byEndpoint = HashIndex()
    /// Services per namespace.
    private var serviceCounts: [[UInt8]: Int] = [:]
    /// Nil: nobody tells us about namespaces; those that hold a Service exist.
    private var namespaces: Set<[UInt8]>?
    package let pods = PodDirectory()
    private var hasServices = false
    private var hasSlices = false
    /// Changes with every change, for the SOA record.
    package var serial: UInt32 = 1
    /// The rest of the search list that pods inherit from the node.
    package var nodeSearches: [DNSName] = []

    package init() {}

    /// Both collections were listed once: what is not here does not exist.
    package var isComplete: Bool { hasServices && hasSlices }
    package var serviceCount: Int { byKey.count }
    package var sliceCount: Int { bySliceName.count }

    // MARK: What the cluster says

    package func servicesListed(_ list: [ServiceRecord]) {
        var isPresent = [Bool](repeating: false, count: services.count)
        for record in list { if let index = find(record.key[...]) { isPresent[index] = true } }
        for index in services.indices where services[index].kind != .absent && !isPresent[index] { forget(index) }
        services.reserveCapacity(list.count)
        byKey.reserve(list.count)
        for record in list { serviceSeen(record) }
        hasServices = true
    }

    package func serviceSeen(_ record: ServiceRecord) {
        let index = place(record.key)
        let old = services[index]
        if old.kind == .absent { serviceCounts[Array(old.namespace), default: 0] += 1 }
        for number in old.clusterIPs { byClusterIP.remove(HashIndex.hash(number), Int32(index)) }
        var record = record
        record.key = old.key
        record.firstSlice = old.firstSlice
        services[index] = record
        for number in record.clusterIPs { byClusterIP.insert(HashIndex.hash(number), Int32(index)) }
        rebuild(index)
    }

    package func serviceGone(_ key: NamespacedName) {
        if let index = find(ServiceRecord.key(key)[...]), services[index].kind != .absent { forget(index) }
    }

    package func slicesListed(_ list: [SliceRecord]) {
        var isPresent = [Bool](repeating: false, count: slices.count)
        for record in list { if let number = findSlice(record.namespace, record.name) { isPresent[Int(number)] = true } }
        for number in slices.indices where slices[number].owner >= 0 && !isPresent[number] { drop(Int32(number)) }
        slices.reserveCapacity(list.count)
        bySliceName.reserve(list.count)
        for record in list { sliceSeen(record) }
        hasSlices = true
    }

    package func sliceSeen(_ record: SliceRecord) {
        let index = place(record.service)
        var record = record
        record.owner = Int32(index)
        record.service = services[index].key
        if let known = findSlice(record.namespace, record.name) {
            guard Int(slices[Int(known)].owner) == index else {
                drop(known)
                return sliceSeen(record)
            }
            link(known, false)
            record.next = slices[Int(known)].next
            slices[Int(known)] = record
            link(known, true)
        } else {
            let number = store(record)
            bySliceName.insert(Self.hash(record.namespace, record.name), number)
            chain(number, index)
            link(number, true)
        }
        rebuild(index)
    }

    package func sliceGone(_ key: NamespacedName) {
        let namespace = key.namespace.utf8.map(ASCII.lowered)
        if let number = findSlice(namespace[...], Array(key.name.utf8)[...]) { drop(number) }
    }

    package func namespacesListed(_ names: [String]) { namespaces = Set(names.map { $0.utf8.map(ASCII.lowered) }) }
    package func namespaceSeen(_ name: String) { namespaces?.insert(name.utf8.map(ASCII.lowered)) }
    package func namespaceGone(_ name: String) { namespaces?.remove(name.utf8.map(ASCII.lowered)) }

    // MARK: Looking up

    /// - Parameter key: Two labels with their lengths.
    func find(_ key: ArraySlice<UInt8>) -> Int? {
        let found = byKey.first(HashIndex.hash(key)) { slot in
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

    func service(clusterIP address: IPAddress) -> Int? {
        let number = Self.number(address)
        return byClusterIP.first(HashIndex.hash(number)) { services[Int($0)].clusterIPs.contains(number) }.map { Int($0) }
    }

    /// Services with an endpoint of this address, ready or not, in order of their names.
    func services(endpoint address: IPAddress) -> [Int] {
        let number = Self.number(address)
        var owners: Set<Int> = []
        for index in byEndpoint.all(HashIndex.hash(number)) {
            let slice = slices[Int(index)]
            if slice.family == address.family, slice.contains(where: { $0.address == address.number }) {
                owners.insert(Int(slice.owner))
            }
        }
        return owners.sorted { services[$0].key.lexicographicallyPrecedes(services[$1].key) }
    }

    /// The slices of a Service, in order of their names.
    func slices(of index: Int) -> [SliceRecord] { numberedSlices(of: index).map(\.record) }

    private func numberedSlices(of index: Int) -> [(number: Int32, record: SliceRecord)] {
        var list: [(number: Int32, record: SliceRecord)] = []
        var number = services[index].firstSlice
        while number >= 0 {
            let record = slices[Int(number)]
            list.append((number, record))
            number = record.next
        }
        return list
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
                let slice = slices[Int(host.slice)]
                add(slice, slice.endpoint(at: host.place))
            }
        } else {
            for slice in slices(of: index) {
                slice.walk { endpoint, _ in
                    add(slice, endpoint)
                    return true
                }
            }
        }
        return result
    }

    // MARK: Places

    private func place(_ key: [UInt8]) -> Int {
        if let known = find(key[...]) { return known }
        let record = ServiceRecord(key: key)
        let index: Int
        if let free = freeServices.popLast() {
            index = Int(free)
            services[index] = record
        } else {
            index = services.count
            services.append(record)
        }
        byKey.insert(HashIndex.hash(key), Int32(index))
        return index
    }

    private func store(_ record: SliceRecord) -> Int32 {
        guard let free = freeSlices.popLast() else {
            slices.append(record)
            return Int32(slices.count - 1)
        }
        slices[Int(free)] = record
        return free
    }

    private func forget(_ index: Int) {
        let old = services[index]
        for number in old.clusterIPs { byClusterIP.remove(HashIndex.hash(number), Int32(index)) }
        let namespace = Array(old.namespace)
        let count = (serviceCounts[namespace] ?? 1) - 1
        serviceCounts[namespace] = count > 0 ? count : nil
        var rest = ServiceRecord(key: old.key)
        rest.firstSlice = old.firstSlice
        services[index] = rest
        dropIfEmpty(index)
    }

    private func dropIfEmpty(_ index: Int) {
        guard services[index].isEmpty else { return }
        byKey.remove(HashIndex.hash(services[index].key), Int32(index))
        services[index] = ServiceRecord(key: [])
        freeServices.append(Int32(index))
    }

    private func rebuild(_ index: Int) {
        guard services[index].kind == .headless else { return }
        services[index].headless = HeadlessRecords(numberedSlices(of: index))
    }

    // MARK: Slices

    private func findSlice(_ namespace: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Int32? {
        bySliceName.first(Self.hash(namespace, name)) { number in
            let slice = slices[Int(number)]
            return slice.name == name && slice.namespace == namespace
        }
    }

    private static func hash(_ namespace: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> UInt32 {
        HashIndex.hash(namespace) &* 31 &+ HashIndex.hash(name)
    }

    /// Puts a slice among its Service's, in order of their names, so that the order of events leaves no trace.
    private func chain(_ number: Int32, _ index: Int) {
        var before: Int32 = -1
        var next = services[index].firstSlice
        while next >= 0, slices[Int(next)].name.lexicographicallyPrecedes(slices[Int(number)].name) {
            before = next
            next = slices[Int(next)].next
        }
        slices[Int(number)].next = next
        if before >= 0 { slices[Int(before)].next = number } else { services[index].firstSlice = number }
    }

    private func drop(_ number: Int32) {
        let slice = slices[Int(number)]
        let index = Int(slice.owner)
        link(number, false)
        bySliceName.remove(Self.hash(slice.namespace, slice.name), number)
        if services[index].firstSlice == number {
            services[index].firstSlice = slice.next
        } else {
            var before = services[index].firstSlice
            while slices[Int(before)].next != number { before = slices[Int(before)].next }
            slices[Int(before)].next = slice.next
        }
        slices[Int(number)] = SliceRecord()
        freeSlices.append(number)
        rebuild(index)
        dropIfEmpty(index)
    }

    /// Makes a slice's endpoints known by their addresses, or unknown.
    private func link(_ number: Int32, _ isKnown: Bool) {
        let slice = slices[Int(number)]
        slice.walk { endpoint, _ in
            let hash = HashIndex.hash(Self.number(IPAddress(family: slice.family, number: endpoint.address)))
            if isKnown { byEndpoint.insert(hash, number) } else { byEndpoint.remove(hash, number) }
            return true
        }
    }

    /// An IPv4 address is mapped into IPv6.
    static func number(_ address: IPAddress) -> UInt128 {
        address.family == .ipv4 ? UInt128(0xffff) << 32 | address.number : address.number
    }
}
