import JSON
package import NetworkTypes

/// One entry of `runtimeConfig.portMappings`: a port of the host that leads to one of the pod.
package struct PortMapping: Hashable, Sendable {
    /// The host's addresses that the port is open on.
    package enum Host: Hashable, Sendable {
        case everyAddress
        /// `0.0.0.0` or `::`.
        case everyAddressOf(IPFamily)
        case address(IPAddress)

        package func includes(_ family: IPFamily) -> Bool {
            switch self {
            case .everyAddress: true
            case .everyAddressOf(let own): own == family
            case .address(let address): address.family == family
            }
        }
    }

    package var hostPort: Port
    package var containerPort: Port
    package var transport: TransportProtocol
    package var host: Host

    package init(_ transport: TransportProtocol, _ hostPort: Port, to containerPort: Port, on host: Host = .everyAddress) {
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.transport = transport
        self.host = host
    }
}

extension PortMapping {
    static func list(_ json: JSONValue?) throws(CNIFailure) -> [PortMapping] {
        guard let json, !json.isNull else { return [] }
        guard let entries = json.array else { throw NetworkConfiguration.wrongType("portMappings") }
        var result: [PortMapping] = []
        for entry in entries {
            let mapping = try PortMapping(json: entry)
            if !result.contains(mapping) { result.append(mapping) }
        }
        return result
    }

    private init(json: JSONValue) throws(CNIFailure) {
        guard json.object != nil else { throw NetworkConfiguration.wrongType("portMappings") }
        let entry = CaseInsensitiveObject(json)
        hostPort = try Self.port(entry["hostPort"], "hostPort")
        containerPort = try Self.port(entry["containerPort"], "containerPort")
        let name = entry["protocol"]?.string ?? ""
        guard let transport = name.isEmpty ? .tcp : TransportProtocol(kubernetesName: name.uppercased()) else {
            throw CNIFailure(.invalidConfiguration, "invalid protocol \"\(name)\" in portMappings")
        }
        self.transport = transport
        let address = entry["hostIP"]?.string ?? ""
        if address.isEmpty {
            host = .everyAddress
        } else if let parsed = IPAddress(parsing: address) {
            host = parsed.isUnspecified ? .everyAddressOf(parsed.family) : .address(parsed)
        } else {
            throw CNIFailure(.invalidConfiguration, "invalid hostIP \"\(address)\" in portMappings")
        }
    }

    private static func port(_ json: JSONValue?, _ key: String) throws(CNIFailure) -> Port {
        guard let number = json?.int else { throw NetworkConfiguration.wrongType("portMappings.\(key)") }
        guard number > 0, let port = Port(exactly: number) else {
            throw CNIFailure(.invalidConfiguration, "invalid \(key) \(number) in portMappings")
        }
        return port
    }
}

extension PortMapping: CustomStringConvertible {
    package var description: String {
        let port = "\(hostPort)/\(transport.name)"
        return switch host {
        case .everyAddress: port
        case .everyAddressOf(let family): "\(port) (\(family.kubernetesName))"
        case .address(let address): "\(address) \(port)"
        }
    }
}
