import API
import NetworkTypes

/// What DNS keeps of a Service: no more than its answers need.
struct ServiceRecord {
    enum Kind: UInt8 {
        /// Slices came before their Service, or outlived it.
        case absent
        case clusterIP
        case headless
        case externalName
    }

    struct Port {
        /// `_http`, the label of a question; empty for a port without a name.
        var label: [UInt8]
        var transport: TransportProtocol
        var number: UInt16
    }

    /// `\u{3}web\u{7}default`: the two labels as they stand in a question.
    let key: [UInt8]
    var kind = Kind.absent
    var publishesNotReady = false
    /// Zero: none.
    var ipv4: UInt32 = 0
    /// Zero: none.
    var ipv6: UInt128 = 0
    var ports: [Port] = []
    var externalName: DNSName?
    var slices: [SliceRecord] = []
    /// For a headless Service.
    var headless: HeadlessRecords?

    init(key: [UInt8]) { self.key = key }

    var isEmpty: Bool { kind == .absent && slices.isEmpty }
    var name: ArraySlice<UInt8> { key[1..<(1 + Int(key[0]))] }
    var namespace: ArraySlice<UInt8> { key[(2 + Int(key[0]))...] }

    static func key(_ name: NamespacedName) -> [UInt8] {
        let parts = [name.name.utf8, name.namespace.utf8]
        guard parts.allSatisfy({ (1...WireLimit.labelBytes).contains($0.count) }) else { return [] }
        return [UInt8(parts[0].count)] + parts[0].map(ASCII.lowered) + [UInt8(parts[1].count)] + parts[1].map(ASCII.lowered)
    }
}

/// What DNS keeps of an EndpointSlice.
struct SliceRecord {
    struct Endpoint {
        /// As a number; of IPv4 the lower 32 bits.
        var address: UInt128
        /// Empty: the address with dashes is its name.
        var hostname: [UInt8]
        var isReady: Bool

        /// The label below the Service's name.
        func label(_ family: IPFamily) -> [UInt8] {
            hostname.isEmpty ? AddressLabel.dashed(address, family) : hostname
        }
    }

    var name: String
    var family: IPFamily
    var ports: [ServiceRecord.Port]
    var endpoints: [Endpoint]

    /// Nil for a slice of names.
    init?(_ slice: EndpointSlice, intern: (String) -> [UInt8]) {
        guard let family = slice.family else { return nil }
        name = slice.metadata.name
        self.family = family
        ports = slice.ports.compactMap { port in
            guard let transport = port.transportProtocol, let number = port.port.flatMap({ UInt16(exactly: $0) }) else {
                return nil
            }
            return ServiceRecord.Port(label: intern(port.name), transport: transport, number: number)
        }
        endpoints = slice.endpoints.compactMap { endpoint in
            // The first address counts; the others of one endpoint are the same to everybody.
            guard let address = endpoint.addresses.first.flatMap({ IPAddress(parsing: $0) }), address.family == family,
                endpoint.hostname.utf8.count <= WireLimit.labelBytes
            else { return nil }
            return Endpoint(
                address: address.number, hostname: endpoint.hostname.utf8.map(ASCII.lowered), isReady: endpoint.isReady)
        }
    }
}

/// The ready endpoints of a headless Service, in the order of answers.
struct HeadlessRecords {
    struct Host {
        var hash: UInt32
        var slice: UInt16
        var endpoint: UInt16
    }

    var ipv4: [UInt32] = []
    var ipv6: [UInt128] = []
    /// Sorted by hash of the endpoint's label.
    var hosts: [Host] = []

    var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

    init(_ slices: [SliceRecord]) {
        for (number, slice) in slices.enumerated().prefix(Int(UInt16.max)) {
            for (index, endpoint) in slice.endpoints.enumerated().prefix(Int(UInt16.max)) where endpoint.isReady {
                if slice.family == .ipv4 {
                    ipv4.append(UInt32(truncatingIfNeeded: endpoint.address))
                } else {
                    ipv6.append(endpoint.address)
                }
                let hash = NameTable.hash(endpoint.label(slice.family)[...])
                hosts.append(Host(hash: UInt32(truncatingIfNeeded: hash), slice: UInt16(number), endpoint: UInt16(index)))
            }
        }
        // An endpoint that moves between slices is in both for a moment.
        ipv4 = Self.unique(ipv4)
        ipv6 = Self.unique(ipv6)
        hosts.sort { $0.hash < $1.hash }
    }

    private static func unique<Number: Hashable & Comparable>(_ list: [Number]) -> [Number] {
        let sorted = list.sorted()
        guard zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) else { return sorted }
        return Set(sorted).sorted()
    }

    /// Places of the endpoints whose label may be this one: same hash.
    func candidates(_ label: ArraySlice<UInt8>) -> ArraySlice<Host> {
        let hash = UInt32(truncatingIfNeeded: NameTable.hash(label))
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
