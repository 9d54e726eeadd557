import NetworkTypes

// SRV records, and the addresses of their targets.
extension Responder {
    private struct Target: Hashable {
        var name: [UInt8]
        var port: UInt16
    }

    /// - Parameter wanted: The port's label and protocol; nil: every port.
    /// - Returns: Whether some records did not fit.
    func writePorts(
        of index: Int, _ wanted: (label: ArraySlice<UInt8>, transport: TransportProtocol)?, _ model: DNSModel,
        _ space: inout Workspace
    ) -> Bool {
        let service = model.services[index]
        let name = service.key + Self.serviceLabel + records.domain
        func isWanted(_ port: NamedPort) -> Bool {
            guard let wanted else { return true }
            return port.transport == wanted.transport && port.label[...] == wanted.label
        }
        var targets: [Target] = []
        var glue: [(name: [UInt8], family: IPFamily, address: UInt128)] = []
        if service.kind == .clusterIP {
            targets = service.ports.filter(isWanted).map { Target(name: name, port: $0.number) }
            if service.ipv4 != 0 { glue.append((name, .ipv4, UInt128(service.ipv4))) }
            if service.ipv6 != 0 { glue.append((name, .ipv6, service.ipv6)) }
        } else {
            var seen: Set<Target> = []
            var hosts: Set<[UInt8]> = []
            for slice in model.slices(of: index) {
                let ports = slice.ports.filter(isWanted)
                guard !ports.isEmpty else { continue }
                for endpoint in slice.endpoints where endpoint.isReady {
                    let label = endpoint.label(slice.family)
                    let host = [UInt8(label.count)] + label + name
                    for port in ports {
                        let target = Target(name: host, port: port.number)
                        if seen.insert(target).inserted { targets.append(target) }
                    }
                    if hosts.insert(
                        host + [slice.family.rawValue] + IPAddress(family: slice.family, number: endpoint.address).bytes
                    )
                    .inserted {
                        glue.append((host, slice.family, endpoint.address))
                    }
                }
            }
        }
        space.turn &+= 1
        for offset in targets.indices {
            let target = targets[(offset + Int(space.turn)) % targets.count]
            let fits = space.writer.record(.answer) { writer in
                writer.put(UInt16(0xc00c))
                writer.data(.srv, ttl: configuration.ttl) { writer in
                    writer.put(UInt16(0))
                    writer.put(UInt16(100))
                    writer.put(target.port)
                    writer.name(target.name, mayPoint: false)
                }
            }
            if !fits { return true }
        }
        guard !targets.isEmpty else { return false }
        // What does not fit here the client can ask for; the answer is whole without it.
        for entry in glue {
            let type: RecordType = entry.family == .ipv4 ? .a : .aaaa
            guard writeAddress(type, entry.address, entry.name, &space.writer, in: .additional) else { break }
        }
        return false
    }

    static let serviceLabel: [UInt8] = [3] + Array("svc".utf8)
}
