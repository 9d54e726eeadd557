package import API
import NetworkTypes

/// What DNS keeps of a Service: no more than its answers need.
package struct ServiceRecord: Sendable {
    enum Kind: UInt8 {
        /// Slices came before their Service, or outlived it.
        case absent
        case clusterIP
        case headless
        case externalName
    }

    /// `\u{3}web\u{7}default`: the two labels as they stand in a question.
    var key: [UInt8]
    var ports: [NamedPort] = []
    var externalName: DNSName?
    /// For a headless Service.
    var headless: HeadlessRecords?
    /// Zero: none. Two words instead of a number of sixteen bytes, which would widen every record by its alignment.
    private var ipv6High: UInt64 = 0
    private var ipv6Low: UInt64 = 0
    /// Zero: none.
    var ipv4: UInt32 = 0
    /// The first of its slices, in order of their names; negative: none.
    var firstSlice: Int32 = -1
    var kind = Kind.absent

    /// A place for slices whose Service is not there.
    init(key: [UInt8]) { self.key = key }

    /// Nil for a name that cannot stand in a question.
    package init?(_ service: Service, ports table: PortTable) {
        key = Self.key(service.key)
        guard !key.isEmpty else { return nil }
        ports = table.shared(
            service.spec.ports.compactMap { port in
                guard let transport = port.transportProtocol, let number = UInt16(exactly: port.port) else { return nil }
                return NamedPort(label: PortTable.label(port.name), transport: transport, number: number)
            })
        if service.spec.type == "ExternalName" {
            kind = .externalName
            externalName = DNSName(parsing: service.spec.externalName)
        } else if service.isHeadless {
            kind = .headless
        } else {
            kind = .clusterIP
            for address in service.spec.clusterIPs.compactMap({ IPAddress(parsing: $0) }) {
                switch address {
                case .v4(let address): ipv4 = address.value
                case .v6(let address): ipv6 = address.value
                }
            }
        }
    }

    var isEmpty: Bool { kind == .absent && firstSlice < 0 }
    var name: ArraySlice<UInt8> { key[1..<(1 + Int(key[0]))] }
    var namespace: ArraySlice<UInt8> { key[(2 + Int(key[0]))...] }
    package var objectKey: NamespacedName {
        NamespacedName(namespace: String(decoding: namespace, as: UTF8.self), name: String(decoding: name, as: UTF8.self))
    }

    /// Zero: none.
    var ipv6: UInt128 {
        get { UInt128(ipv6High) << 64 | UInt128(ipv6Low) }
        set {
            ipv6High = UInt64(truncatingIfNeeded: newValue >> 64)
            ipv6Low = UInt64(truncatingIfNeeded: newValue)
        }
    }

    /// Cluster IPs as `DNSModel.number` writes them.
    var clusterIPs: [UInt128] {
        var numbers: [UInt128] = []
        if ipv4 != 0 { numbers.append(DNSModel.number(.v4(IPv4Address(ipv4)))) }
        if ipv6 != 0 { numbers.append(ipv6) }
        return numbers
    }

    static func key(_ name: NamespacedName) -> [UInt8] {
        let parts = [name.name.utf8, name.namespace.utf8]
        guard parts.allSatisfy({ (1...WireLimit.labelBytes).contains($0.count) }) else { return [] }
        var key: [UInt8] = []
        key.reserveCapacity(parts[0].count + parts[1].count + 2)
        for part in parts {
            key.append(UInt8(part.count))
            for byte in part { key.append(ASCII.lowered(byte)) }
        }
        return key
    }
}
