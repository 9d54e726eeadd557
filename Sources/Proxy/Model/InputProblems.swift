package import API
import NetworkTypes

/// What is wrong with an object of the cluster, in words; what can be read of it is used all the same.
package enum InputProblems {
    package static func of(_ service: Service) -> [String] {
        guard service.hasClusterIP else { return [] }
        var problems: [String] = []
        func check(_ addresses: [String], _ field: String) {
            for text in addresses where IPAddress(parsing: text) == nil { problems.append("\(field): '\(text)' is no address") }
        }
        check(service.spec.clusterIPs, "spec.clusterIPs")
        check(service.spec.externalIPs, "spec.externalIPs")
        check(service.status.loadBalancer.map(\.ip).filter { !$0.isEmpty }, "status.loadBalancer.ingress")
        for text in service.spec.loadBalancerSourceRanges where CIDR(parsing: text.filter { !$0.isWhitespace }) == nil {
            problems.append("spec.loadBalancerSourceRanges: '\(text)' is no address prefix")
        }
        var ports: Set<String> = []
        for port in service.spec.ports {
            if port.transportProtocol == nil { problems.append("spec.ports: protocol '\(port.transport)' is not known") }
            if !(1...65535).contains(port.port) { problems.append("spec.ports: \(port.port) is no port") }
            if !(0...65535).contains(port.nodePort) { problems.append("spec.ports: \(port.nodePort) is no node port") }
            if !ports.insert("\(port.transport)/\(port.port)").inserted {
                problems.append("spec.ports: \(port.transport) \(port.port) stands twice")
            }
        }
        for name in ServiceOptions(service.metadata).unreadable {
            problems.append("metadata.annotations: \(name) cannot be read")
        }
        return problems
    }

    package static func of(_ slice: EndpointSlice) -> [String] {
        var problems: [String] = []
        if slice.service == nil {
            problems.append("metadata.labels: no \(EndpointSlice.serviceNameLabel), the slice is not used")
        }
        guard let family = slice.family else { return problems }
        for endpoint in slice.endpoints {
            guard let text = endpoint.addresses.first else {
                problems.append("endpoints: one has no address")
                continue
            }
            guard let address = IPAddress(parsing: text) else {
                problems.append("endpoints: '\(text)' is no address")
                continue
            }
            if address.family != family { problems.append("endpoints: '\(text)' is not of type \(slice.addressType)") }
        }
        for port in slice.ports {
            if let number = port.port, !(1...65535).contains(number) { problems.append("ports: \(number) is no port") }
        }
        return problems
    }
}

/// Which problems were told already, so that each is told once for as long as it lasts.
package struct ProblemBook<Key: Hashable & Sendable>: Sendable {
    /// Objects that are remembered; problems of more are not told.
    private let keysMax: Int
    private var told: [Key: Set<String>] = [:]

    package init(keysMax: Int = 1000) { self.keysMax = keysMax }

    /// - Returns: Those that are new.
    package mutating func news(of key: Key, _ problems: [String]) -> [String] {
        if problems.isEmpty {
            told[key] = nil
            return []
        }
        guard told.count < keysMax || told[key] != nil else { return [] }
        let before = told[key] ?? []
        told[key] = Set(problems)
        var seen = before
        return problems.filter { seen.insert($0).inserted }
    }

    /// Forgets what no longer exists.
    package mutating func keep(_ exists: (Key) -> Bool) { told = told.filter { exists($0.key) } }
}
