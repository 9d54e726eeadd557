package import API
import NetworkTypes

/// What DNS keeps of an EndpointSlice: its name and endpoints in one piece of memory.
package struct SliceRecord: Sendable {
    struct Endpoint {
        /// As a number; of IPv4 the lower 32 bits.
        var address: UInt128
        /// Empty: the address with dashes is its name.
        var hostname: ArraySlice<UInt8>
        var isReady: Bool

        /// The label below the Service's name.
        func label(_ family: IPFamily) -> [UInt8] {
            hostname.isEmpty ? AddressLabel.dashed(address, family) : Array(hostname)
        }
    }

    /// The key of the Service that it belongs to, in the same namespace.
    var service: [UInt8]
    /// The length of the name and the name; then, for each endpoint, a byte of flags, the address, and, where the flags say so, the
    /// length of the hostname and the hostname.
    private let packed: [UInt8]
    let ports: [NamedPort]
    let family: IPFamily
    /// The record of its Service, once the model holds the slice.
    var owner: Int32 = -1
    /// The Service's next slice in order of names; negative: none.
    var next: Int32 = -1

    private static let readyFlag: UInt8 = 1
    private static let hostnameFlag: UInt8 = 2

    /// Nil for a slice of names, and for one of no Service.
    package init?(_ slice: EndpointSlice, ports table: PortTable) {
        guard let family = slice.family, let owner = slice.service, (1...255).contains(slice.metadata.name.utf8.count) else {
            return nil
        }
        service = ServiceRecord.key(owner)
        guard !service.isEmpty else { return nil }
        self.family = family
        ports = table.shared(
            slice.ports.compactMap { port in
                guard let transport = port.transportProtocol, let number = port.port.flatMap({ UInt16(exactly: $0) }) else {
                    return nil
                }
                return NamedPort(label: PortTable.label(port.name), transport: transport, number: number)
            })
        let name = slice.metadata.name.utf8
        let each = 1 + family.byteCount
        var packed: [UInt8] = []
        packed.reserveCapacity(
            1 + name.count
                + slice.endpoints.reduce(0) { $0 + each + ($1.hostname.isEmpty ? 0 : $1.hostname.utf8.count + 1) })
        packed.append(UInt8(name.count))
        packed += name
        for endpoint in slice.endpoints {
            // The first address counts; the others of one endpoint are the same to everybody.
            guard let address = endpoint.addresses.first.flatMap({ IPAddress(parsing: $0) }), address.family == family,
                endpoint.hostname.utf8.count <= WireLimit.labelBytes
            else { continue }
            let hostname = endpoint.hostname.utf8
            packed.append((endpoint.isReady ? Self.readyFlag : 0) | (hostname.isEmpty ? 0 : Self.hostnameFlag))
            packed += address.bytes
            if !hostname.isEmpty {
                packed.append(UInt8(hostname.count))
                for byte in hostname { packed.append(ASCII.lowered(byte)) }
            }
        }
        self.packed = packed
    }

    /// A place that holds nothing.
    init() {
        service = []
        packed = [0]
        ports = []
        family = .ipv4
    }

    var name: ArraySlice<UInt8> { packed[1..<(1 + Int(packed[0]))] }
    /// As it stands in the Service's key.
    var namespace: ArraySlice<UInt8> { service[(2 + Int(service[0]))...] }
    package var objectKey: NamespacedName {
        NamespacedName(namespace: String(decoding: namespace, as: UTF8.self), name: String(decoding: name, as: UTF8.self))
    }

    /// Walks the endpoints in the slice's order; false ends the walk.
    ///
    /// - Parameter body: Gets each endpoint with its place, by which `endpoint(at:)` finds it again.
    func walk(_ body: (_ endpoint: Endpoint, _ place: UInt32) -> Bool) {
        var position = 1 + Int(packed[0])
        while position < packed.count {
            let (endpoint, next) = read(position)
            guard body(endpoint, UInt32(position)) else { return }
            position = next
        }
    }

    func endpoint(at place: UInt32) -> Endpoint { read(Int(place)).endpoint }

    var endpoints: [Endpoint] {
        var list: [Endpoint] = []
        walk { endpoint, _ in
            list.append(endpoint)
            return true
        }
        return list
    }

    func contains(where matches: (Endpoint) -> Bool) -> Bool {
        var isFound = false
        walk { endpoint, _ in
            isFound = matches(endpoint)
            return !isFound
        }
        return isFound
    }

    private func read(_ start: Int) -> (endpoint: Endpoint, next: Int) {
        let flags = packed[start]
        var position = start + 1
        var address: UInt128 = 0
        for _ in 0..<family.byteCount {
            address = address << 8 | UInt128(packed[position])
            position += 1
        }
        var hostname = packed[position..<position]
        if flags & Self.hostnameFlag != 0 {
            let end = position + 1 + Int(packed[position])
            hostname = packed[(position + 1)..<end]
            position = end
        }
        return (Endpoint(address: address, hostname: hostname, isReady: flags & Self.readyFlag != 0), position)
    }
}

/// The ready endpoints of a headless Service, in the order of answers.
final class HeadlessRecords: Sendable {
    struct Host {
        var hash: UInt32
        var slice: Int32
        /// In the slice.
        var place: UInt32
    }

    let ipv4: [UInt32]
    let ipv6: [UInt128]
    /// Sorted by hash of the endpoint's label.
    private let hosts: [Host]

    var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

    /// - Parameter slices: The Service's slices with their numbers.
    init(_ slices: [(number: Int32, record: SliceRecord)]) {
        var ipv4: [UInt32] = []
        var ipv6: [UInt128] = []
        var hosts: [Host] = []
        for (number, slice) in slices {
            slice.walk { endpoint, place in
                guard endpoint.isReady else { return true }
                if slice.family == .ipv4 {
                    ipv4.append(UInt32(truncatingIfNeeded: endpoint.address))
                } else {
                    ipv6.append(endpoint.address)
                }
                hosts.append(Host(hash: HashIndex.hash(endpoint.label(slice.family)), slice: number, place: place))
                return true
            }
        }
        // An endpoint that moves between slices is in both for a moment.
        self.ipv4 = Self.unique(ipv4)
        self.ipv6 = Self.unique(ipv6)
        hosts.sort { $0.hash < $1.hash }
        self.hosts = hosts
    }

    private static func unique<Number: Hashable & Comparable>(_ list: [Number]) -> [Number] {
        let sorted = list.sorted()
        guard zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) else { return sorted }
        return Set(sorted).sorted()
    }

    /// Places of the endpoints whose label may be this one: same hash.
    func candidates(_ label: ArraySlice<UInt8>) -> ArraySlice<Host> {
        let hash = HashIndex.hash(label)
        var low = 0
        var high = hosts.count
        while low < high {
            let middle = (low + high) / 2
            if hosts[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < hosts.count, hosts[end].hash == hash { end += 1 }
        return hosts[low..<end]
    }
}
