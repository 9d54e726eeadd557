import API
import JSON
import NFTables
import NetworkTypes

@testable import Proxy

/// One node with its neighbours in one family, and what becomes of packets there.
///
/// `pod1` and `pod2` live here, `remote` and `remote2` on node2; `client` is outside, `node` is this node.
struct Stage {
    let family: IPFamily
    var configuration: ProxyConfiguration
    var services: [Service] = []
    var slices: [EndpointSlice] = []

    init(_ family: IPFamily, _ change: (inout ProxyConfiguration) -> Void = { _ in }) {
        self.family = family
        configuration = .fixture(family: family)
        configuration.nodeAddresses = [Self.address("node", family)]
        configuration.nodePortAddresses = .all
        change(&configuration)
    }

    static let both: [IPFamily] = [.ipv4, .ipv6]

    private static let hosts: [String: (String, String)] = [
        "pod1": ("10.244.1.2", "fd00:10:1::2"), "pod2": ("10.244.1.3", "fd00:10:1::3"),
        "remote": ("10.244.2.2", "fd00:10:2::2"), "remote2": ("10.244.2.3", "fd00:10:2::3"),
        "client": ("192.168.60.9", "fd00:60::9"), "node": ("192.168.60.1", "fd00:60::1"),
        "node-too": ("10.244.1.1", "fd00:10:1::1"), "vip": ("10.96.0.1", "fd00:96::1"), "vip2": ("10.96.0.2", "fd00:96::2"),
        "nobody": ("10.96.7.7", "fd00:96::707"), "external": ("172.16.9.1", "fd00:9::1"), "balancer": ("172.16.9.2", "fd00:9::2"),
        "node-lo": ("10.250.0.1", "fd00:250::1"), "vip3": ("10.96.0.3", "fd00:96::3"),
        "loopback": ("127.0.0.1", "::1"), "hostnet": ("192.168.60.1", "fd00:60::1"),
    ]

    static func text(_ name: String, _ family: IPFamily) -> String {
        guard let pair = hosts[name] else { preconditionFailure("there is no \(name)") }
        return family == .ipv4 ? pair.0 : pair.1
    }

    static func address(_ name: String, _ family: IPFamily) -> IPAddress { .fixture(text(name, family)) }
    func text(_ name: String) -> String { Self.text(name, family) }
    func address(_ name: String) -> IPAddress { Self.address(name, family) }

    private func name(of address: IPAddress) -> String {
        Self.hosts.keys.sorted().first { Self.address($0, family) == address } ?? address.description
    }

    /// A Service `web` at `vip`, port 80, with the given spec on top.
    mutating func service(
        named name: String = "web", ip: String = "vip", _ ports: [API.ServicePort]? = nil, type: String = "NodePort",
        externalIPs: [String] = [], balancers: [LoadBalancerIngress] = [], annotations: [String: String] = [:],
        created: Int64 = 0,
        _ change: (inout Service.Spec) -> Void = { _ in }
    ) {
        var spec = Service.Spec(
            type: type, clusterIP: text(ip),
            ports: ports ?? [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: type == "ClusterIP" ? 0 : 30080)],
            externalIPs: externalIPs.map { text($0) })
        change(&spec)
        services.append(
            Service(
                metadata: ObjectMeta(
                    name: name, namespace: "default", creationTimestamp: Timestamp(seconds: created), annotations: annotations),
                spec: spec, status: Service.Status(loadBalancer: balancers)))
    }

    /// Endpoints by host name: those of `pod...` and `hostnet` are here.
    mutating func slice(
        of service: String = "web", _ endpoints: [Endpoint], ports: [EndpointPort] = [EndpointPort(port: 8080)],
        suffix: String = "1"
    ) {
        slices.append(.fixture(service, endpoints, ports: ports, family: family == .ipv4 ? "IPv4" : "IPv6", suffix: suffix))
    }

    func endpoint(
        _ host: String, ready: Bool = true, serving: Bool? = nil, terminating: Bool = false, zones: [String] = [],
        nodes: [String] = [], pod: String? = nil
    ) -> Endpoint {
        Endpoint(
            addresses: [text(host)], ready: ready, serving: serving, terminating: terminating,
            nodeName: host.hasPrefix("remote") ? "node2" : "node1", zoneHints: zones, nodeHints: nodes,
            targetRef: pod.map { ObjectReference(kind: "Pod", namespace: "default", name: $0) })
    }

    var ruleset: Ruleset {
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(services)
        tracker.slicesListed(slices)
        var model = ProxyModel(family: family, configuration: configuration)
        _ = model.update(tracker.takeChanges())
        return Ruleset([model.desired()])
    }

    func trace(
        _ transport: TransportProtocol = .tcp, from source: String, to destination: String, _ port: Port = 80,
        draws: [UInt32] = [], interface: String = "", in ruleset: Ruleset
    ) -> PacketTrace {
        PacketTrace.follow(
            Packet(
                transport, from: address(source), to: address(destination), port: port, inputInterface: interface),
            from: source == "node" ? .thisMachine : .network, through: ruleset,
            in: PacketTrace.Surroundings(localAddresses: [address("node"), address("node-too")], randomNumbers: draws))
    }

    /// Everything that can become of a packet, over the first draw: `pod1:8080`, with ` masqueraded`; `dropped`, `reset`,
    /// `unreachable`; `passed` when nothing of ours touched it.
    func outcomes(
        _ transport: TransportProtocol = .tcp, from source: String, to destination: String, _ port: Port = 80,
        interface: String = ""
    ) -> [String] {
        let ruleset = ruleset
        let found = (0..<64 as Range<UInt32>).map { draw -> String in
            let draws = [UInt32](repeating: draw, count: 20)
            let trace = trace(transport, from: source, to: destination, port, draws: draws, interface: interface, in: ruleset)
            switch trace.outcome {
            case .dropped: return "dropped"
            case .rejected(.tcpReset): return "reset"
            case .undecided(let rule): return "undecided: \(rule)"
            case .rejected(.portUnreachable): return "unreachable"
            case .accepted:
                guard trace.isDestinationTranslated else { return "passed" }
                return "\(name(of: trace.packet.destination)):\(trace.packet.destinationPort)"
                    + (trace.isMasqueraded ? " masqueraded" : "")
            }
        }
        return Set(found).sorted()
    }
}
