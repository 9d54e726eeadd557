import API
package import Metrics
import NFTables
package import NetworkTypes

/// How many new connections came to a Service port by one way in.
package struct ConnectionCount: Hashable, Sendable {
    /// The way in.
    package enum Way: String, Hashable, Sendable {
        case clusterIP = "cluster-ip"
        /// External and load balancer addresses.
        case external
        case nodePort = "node-port"
    }

    package struct Identity: Hashable, Sendable {
        /// Older Services first.
        package var service: FrontendLedger.Claimant
        /// The port's name, or its number when it has none.
        package var port: String
        package var transport: TransportProtocol
        package var way: Way
        package var family: IPFamily

        fileprivate var order: (FrontendLedger.Claimant, String, UInt8, String, IPFamily) {
            (service, port, transport.rawValue, way.rawValue, family)
        }
    }

    package var identity: Identity
    package var connections: UInt64

    package init(_ identity: Identity, connections: UInt64) {
        self.identity = identity
        self.connections = connections
    }

    /// Writes the counts of at most `seriesMax` ways in, those of the oldest Services, so that a new Service pushes no other one out; and
    /// how many were left out. Addresses of one way are added up.
    package static func write(_ counts: [ConnectionCount], seriesMax: Int, to text: inout MetricsText) {
        var sums: [Identity: UInt64] = [:]
        for count in counts { sums[count.identity, default: 0] &+= count.connections }
        let shown = sums.sorted { $0.key.order < $1.key.order }.prefix(seriesMax)
        text.family(
            "skiff_proxy_service_connections_total", .counter, "New connections to a Service port, by the way they came in")
        for (identity, connections) in shown {
            text.sample(
                "skiff_proxy_service_connections_total",
                [
                    ("namespace", identity.service.name.namespace), ("service", identity.service.name.name),
                    ("port", identity.port), ("protocol", identity.transport.kubernetesName),
                    ("frontend", identity.way.rawValue), ("ip_family", identity.family.kubernetesName),
                ], Double(connections))
        }
        text.family(
            "skiff_proxy_service_connections_omitted", .gauge, "Ways into Service ports that have no series of their own")
        text.sample("skiff_proxy_service_connections_omitted", [], Double(sums.count - shown.count))
    }
}

extension ProxyModel {
    /// Whose frontend an element of a counted set is; nil when nobody has it.
    func identity(of key: ElementKey, in set: ProxySet) -> ConnectionCount.Identity? {
        let frontend = Frontend(isNodePort: set == .nodePorts, key: key.start)
        let words = set == .nodePorts ? 0 : family.byteCount / 4
        guard let claimant = claimant(of: frontend), let service = service(claimant.name),
            let transport = TransportProtocol(rawValue: UInt8(key.start[words] >> 24))
        else { return nil }
        let number = Port(UInt16(key.start[words + 1] >> 16))
        let port = service.ports.first {
            $0.transport == transport && (set == .nodePorts ? $0.nodePort == number : $0.port == number)
        }
        let address = words == 0 ? nil : IPAddress(bytes: key.start.bytes.prefix(family.byteCount))
        let way: ConnectionCount.Way = address.map { service.clusterIPs.contains($0) ? .clusterIP : .external } ?? .nodePort
        let name = port.map { $0.name.isEmpty ? "\($0.port)" : $0.name } ?? "\(number)"
        return ConnectionCount.Identity(service: claimant, port: name, transport: transport, way: way, family: family)
    }
}
