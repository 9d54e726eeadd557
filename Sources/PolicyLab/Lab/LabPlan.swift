package import NetworkTypes

/// The network of a run as values: one namespace a host, all joined by a node that forwards.
package struct LabPlan: Sendable {
    /// One namespace.
    package struct Host: Hashable, Sendable {
        package var host: LabHost
        package var addresses: [IPAddress]
        package var ports: [ListeningPort]
        /// Of the node's end of its link.
        package var interfaceName: String
        package var interfaceIndex: Int32
    }

    package var hosts: [Host]
    package var nodePorts: [ListeningPort]
    package var families: [IPFamily]
    package let positions: [LabHost: Int]

    /// Indices below are the kernel's and the loopback's.
    static let firstIndex: Int32 = 100
    package static let podPrefix = "skp"
    package static let outsidePrefix = "sko"

    /// Every host that a probe begins or ends at, listening on what the probes ask for, and beside them all pods of the model
    /// when `isComplete`.
    package init(_ oracle: LabOracle, _ probes: [Probe], families: [IPFamily], isComplete: Bool = false) {
        var ports: [LabHost: Set<ListeningPort>] = [:]
        for probe in probes {
            ports[probe.source] = ports[probe.source] ?? []
            ports[probe.destination, default: []].insert(probe.port)
        }
        if isComplete {
            for index in oracle.model.pods.indices where !oracle.model.pods[index].isOnHostNetwork {
                ports[.pod(index)] = ports[.pod(index)] ?? []
            }
        }
        nodePorts = (ports.removeValue(forKey: .node) ?? []).sorted()
        self.families = families
        var hosts: [Host] = []
        for (host, ports) in ports.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
            let prefix = if case .pod = host { Self.podPrefix } else { Self.outsidePrefix }
            hosts.append(
                Host(
                    host: host, addresses: families.compactMap { oracle.address(host, $0) }, ports: ports.sorted(),
                    interfaceName: "\(prefix)\(hosts.count)", interfaceIndex: Self.firstIndex + Int32(hosts.count)))
        }
        self.hosts = hosts
        positions = Dictionary(hosts.enumerated().map { ($1.host, $0) }) { first, _ in first }
    }

    private static func order(_ host: LabHost) -> Int {
        switch host {
        case .pod(let index): index
        case .outside(let index): 1 << 32 + index
        case .node: 1 << 40
        }
    }
}
