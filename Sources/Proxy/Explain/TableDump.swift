package import API
package import JSON
package import NFTables
package import NetworkTypes

/// The elements of the proxy's table as an operator reads them: by frontend, with the Service that each belongs to.
///
/// Reads the table's declarations and not our names alone: a set whose key begins with an address, a protocol and a port, or with
/// a protocol and a port, belongs to a frontend.
package struct TableDump: Sendable {
    /// One way into a Service.
    package struct Frontend: Hashable, Sendable, Comparable {
        /// Nil: a node port, at every address of the node.
        package var address: IPAddress?
        package var transport: TransportProtocol
        package var port: NetworkTypes.Port

        package var text: String {
            let place = address.map { $0.family == .ipv6 ? "[\($0)]" : "\($0)" } ?? "node"
            return "\(place):\(port)/\(transport.kubernetesName)"
        }

        package static func < (left: Frontend, right: Frontend) -> Bool {
            func key(_ one: Frontend) -> (Int, UInt128, UInt16, UInt8) {
                (one.address == nil ? 1 : 0, one.address?.number ?? 0, one.port.rawValue, one.transport.rawValue)
            }
            return key(left) < key(right)
        }
    }

    /// What the table says of one frontend.
    package struct Row: Hashable, Sendable {
        package var frontend: Frontend
        /// `default/web:http`; nil when no Service that is known has it.
        package var owner: String?
        /// Set or map to what it holds: chains it goes to, endpoints by slot, ranges of clients.
        package var entries: [String: [String]] = [:]
        /// Where it goes: of the first map with a verdict.
        package var chain = ""
        package var endpoints: [Backend] = []
        /// Endpoints of its Service port that get no new connections for a while, in words.
        package var ejected: [String] = []
        /// New connections that came in here; nil where the table counts none.
        package var connections: UInt64?
    }

    package let table: TableIdentifier
    package private(set) var rows: [Row] = []
    /// Elements of sets that belong to no frontend, by set.
    package private(set) var others: [String: [String]] = [:]

    /// - Parameters:
    ///   - services: Names the rows; none: they stay without.
    ///   - counts: What met the elements of counted sets, by set.
    ///   - ejected: What the set of ejected endpoints says.
    package init(
        _ table: Table, services: some Collection<Service>, counts: [String: [ElementKey: ElementCount]] = [:],
        ejected: [EjectedEndpoint] = []
    ) {
        self.table = table.identifier
        let family = table.identifier.family.addresses
        let owners = Self.owners(services, family)
        var rows: [Frontend: Row] = [:]
        for set in table.sets.values.sorted(by: { $0.name < $1.name }) where set.name != ProxySet.ejected.name {
            for (key, value) in set.elements.sorted(by: { $0.key < $1.key }) {
                guard let (frontend, words) = Self.frontend(key.start, set.key, family) else {
                    others[set.name, default: []].append(Printer.print(Element(key, value), of: set))
                    continue
                }
                var row = rows[frontend] ?? Row(frontend: frontend, owner: owners[frontend])
                row.add(key, value, of: set, keyWords: words, family)
                if let count = counts[set.name]?[key] { row.connections = count.packets }
                rows[frontend] = row
            }
        }
        self.rows = rows.values.sorted { $0.frontend < $1.frontend }
        add(ejected)
    }

    /// An element names one cluster IP; the Service port's other frontends lack the endpoint too.
    private mutating func add(_ ejected: [EjectedEndpoint]) {
        for one in ejected {
            let frontend = Frontend(address: one.address, transport: .tcp, port: one.port)
            let owner = rows.first { $0.frontend == frontend }?.owner
            for index in rows.indices
            where rows[index].frontend == frontend
                || owner != nil && rows[index].owner == owner && rows[index].frontend.transport == .tcp
            {
                if !rows[index].ejected.contains(one.text) { rows[index].ejected.append(one.text) }
            }
        }
    }

    /// The frontend that a key begins with, and how many words of the key that takes.
    private static func frontend(_ key: KeyBytes, _ types: [NFTables.FieldType], _ family: IPFamily) -> (Frontend, Int)? {
        let address = NFTables.FieldType.address(family)
        if types.starts(with: [address, .transport, .port]) {
            let words = address.wordCount
            guard let transport = transport(key, words), let place = IPAddress(bytes: key.bytes.prefix(words * 4)) else {
                return nil
            }
            return (Frontend(address: place, transport: transport, port: port(key, words + 1)), words + 2)
        }
        guard types.starts(with: [.transport, .port]), let transport = transport(key, 0) else { return nil }
        return (Frontend(address: nil, transport: transport, port: port(key, 1)), 2)
    }

    private static func transport(_ key: KeyBytes, _ word: Int) -> TransportProtocol? {
        TransportProtocol(rawValue: UInt8(key[word] >> 24))
    }

    private static func port(_ key: KeyBytes, _ word: Int) -> NetworkTypes.Port { Port(UInt16(key[word] >> 16)) }

    /// The first Service by name wins, as in the table itself.
    private static func owners(_ services: some Collection<Service>, _ family: IPFamily) -> [Frontend: String] {
        var owners: [Frontend: String] = [:]
        for service in services.compactMap(ProxyService.init).sorted(by: { $0.name < $1.name }) {
            for port in service.ports {
                let name = "\(service.name)" + (port.name.isEmpty ? "" : ":\(port.name)")
                let addresses = (service.clusterIPs + service.externalIPs + service.loadBalancerIPs).filter {
                    $0.family == family
                }
                var frontends = addresses.map { Frontend(address: $0, transport: port.transport, port: port.port) }
                if !port.nodePort.isNone {
                    frontends.append(Frontend(address: nil, transport: port.transport, port: port.nodePort))
                }
                for frontend in frontends where owners[frontend] == nil { owners[frontend] = name }
            }
        }
        return owners
    }

    /// Lines of FRONTEND, SERVICE, CHAIN, CONNECTIONS, ENDPOINTS and ALSO IN.
    package var cells: [[String]] {
        rows.map { row in
            let extras = row.entries.keys.filter { $0 != "services" && $0 != "node-ports" && !$0.hasSuffix("endpoints") }.sorted()
            return [
                row.frontend.text, row.owner ?? "(no Service)", row.chain, row.connections.map { "\($0)" } ?? "-",
                (row.endpoints.map(\.text) + row.ejected).joined(separator: ", "), extras.joined(separator: ", "),
            ]
        }
    }

    package var json: JSONValue {
        [
            "table": .string("\(table)"),
            "frontends": .array(
                rows.map { row in
                    [
                        "frontend": .string(row.frontend.text), "service": row.owner.map { .string($0) } ?? nil,
                        "chain": .string(row.chain),
                        "connections": row.connections.map { JSONValue($0) } ?? nil,
                        "endpoints": .array(row.endpoints.map { .string($0.text) }),
                        "ejected": JSONValue(row.ejected),
                        "elements": .object(
                            JSONObject(
                                row.entries.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSONValue($0.value)) })),
                    ]
                }),
            "others": .object(
                JSONObject(others.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSONValue($0.value)) })),
        ]
    }
}

extension TableDump.Row {
    fileprivate mutating func add(
        _ key: ElementKey, _ value: ElementValue, of set: NamedSet, keyWords: Int, _ family: IPFamily
    ) {
        let slot = set.key.last == .random ? UInt32(bigEndian: key.start[Int(key.start.wordCount) - 1]) : nil
        let words = family.byteCount / 4
        switch value {
        case .verdict(let verdict):
            let name = verdict.chain ?? "\(verdict)"
            entries[set.name, default: []].append(name)
            if chain.isEmpty || set.name == "services" || set.name == "node-ports" { chain = name }
        case .fields(let bytes):
            guard Int(bytes.wordCount) > words, let address = IPAddress(bytes: bytes.bytes.prefix(family.byteCount)) else {
                return
            }
            let backend = Backend(address, NetworkTypes.Port(UInt16(bytes[words] >> 16)))
            entries[set.name, default: []].append((slot.map { "\($0): " } ?? "") + backend.text)
            if slot != nil, !endpoints.contains(backend) { endpoints.append(backend) }
        case .none:
            entries[set.name, default: []].append(Printer.print(Element(key, value), of: set))
        }
    }
}
