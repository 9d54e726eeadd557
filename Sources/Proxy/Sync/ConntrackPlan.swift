package import NFTables
package import NetworkTypes

/// Where the UDP clients of one Service are sent, and so which tracked flows go stale when that changes.
///
/// UDP has no end of connection: a client that keeps sending stays with its endpoint for as long as it sends. TCP flows end by
/// themselves.
package struct ConntrackPlan: Hashable, Sendable {
    package struct Frontend: Hashable, Sendable {
        /// Nil for a node port.
        package var address: IPAddress?
        package var port: Port
    }

    /// Endpoints that may keep flows: every one that serves, terminating or not, in order.
    package private(set) var backends: [Frontend: [Backend]] = [:]

    package init() {}

    package init(
        _ service: ProxyService, family: IPFamily, endpoints: (ProxyService.Port) -> [ProxyEndpoint]
    ) {
        for port in service.ports where port.transport == .udp {
            let serving = Set(endpoints(port).filter { $0.isReady || $0.isServing }.map(\.backend)).sorted()
            for address in service.clusterIPs + service.externalIPs + service.loadBalancerIPs
            where address.family == family {
                backends[Frontend(address: address, port: port.port)] = serving
            }
            if !port.nodePort.isNone { backends[Frontend(address: nil, port: port.nodePort)] = serving }
        }
    }

    /// With the endpoints of the Service that takes a part of the connections.
    package init(_ change: ServiceChange, family: IPFamily, nodeName: String) {
        guard let service = change.service, service.ports.contains(where: { $0.transport == .udp }) else {
            self.init()
            return
        }
        self.init(service, family: family) { port in
            change.endpoints(port: port.name, transport: port.transport, family: family, nodeName: nodeName)
                + change.splitEndpoints(port, family: family, nodeName: nodeName)
        }
    }

    /// What the rules in a table say, whoever wrote them: after a restart, this is the plan that clients follow.
    package init(standing table: Table) {
        let family = table.identifier.family.addresses
        for set in [ProxySet.endpoints, .localEndpoints, .nodePortEndpoints, .nodePortLocalEndpoints] {
            let hasAddress = set == .endpoints || set == .localEndpoints
            for (key, value) in table.sets[set.name]?.elements ?? [:] {
                guard case .fields(let fields) = value else { continue }
                let rest = hasAddress ? family.byteCount / 4 : 0
                guard UInt8(key.start[rest] >> 24) == TransportProtocol.udp.rawValue,
                    let target = Self.address(fields, family)
                else { continue }
                let frontend = Frontend(
                    address: hasAddress ? Self.address(key.start, family) : nil, port: Port(UInt16(key.start[rest + 1] >> 16)))
                let backend = Backend(target, Port(UInt16(fields[family.byteCount / 4] >> 16)))
                backends[frontend, default: []].append(backend)
            }
        }
        for (frontend, list) in backends { backends[frontend] = Set(list).sorted() }
    }

    private static func address(_ bytes: KeyBytes, _ family: IPFamily) -> IPAddress? {
        IPAddress(bytes: bytes.bytes.prefix(family.byteCount))
    }

    /// Adds the frontends of another Service.
    package mutating func merge(_ other: ConntrackPlan) {
        backends.merge(other.backends) { Set($0 + $1).sorted() }
    }

    /// Flows to delete after the rules changed from one plan to another: those to endpoints that no longer serve, and those that
    /// began untranslated, before a virtual address had an endpoint.
    package static func stale(from old: ConntrackPlan, to new: ConntrackPlan) -> [FlowSelector] {
        var selectors: [FlowSelector] = []
        for (frontend, before) in old.backends {
            let now = Set(new.backends[frontend] ?? [])
            for backend in before where !now.contains(backend) {
                selectors.append(
                    FlowSelector(
                        .udp, to: frontend.address, port: frontend.port, answeredBy: backend.address, port: backend.port))
            }
        }
        for (frontend, now) in new.backends where !now.isEmpty && (old.backends[frontend] ?? []).isEmpty {
            guard let address = frontend.address else { continue }
            selectors.append(FlowSelector(.udp, to: address, port: frontend.port, answeredBy: address, port: frontend.port))
        }
        return selectors.sorted {
            ($0.replySource, $0.replyPort, $0.originalPort, $0.originalDestination ?? $0.replySource)
                < ($1.replySource, $1.replyPort, $1.originalPort, $1.originalDestination ?? $1.replySource)
        }
    }
}
