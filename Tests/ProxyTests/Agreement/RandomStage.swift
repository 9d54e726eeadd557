import API
import NetworkTypes
import Support

@testable import Proxy

extension Stage {
    /// The node's own addresses; `node-lo` is not on the device that packets pass.
    var nodeAddresses: Set<IPAddress> { [address("node"), address("node-too"), address("node-lo")] }

    private static let transports = ["TCP", "UDP", "SCTP"]

    /// Services with any features at `vip`, `vip2` and `vip3`, and their slices.
    static func random(_ family: IPFamily, _ random: inout SeededRandom) -> Stage {
        var stage = Stage(family) { $0.zone = "a" }
        stage.configure(&random)
        for (name, ip) in [("web", "vip"), ("next", "vip2"), ("third", "vip3")] {
            stage.addService(name, ip, &random)
            stage.addSlices(name, &random)
        }
        return stage
    }

    private mutating func configure(_ random: inout SeededRandom) {
        func chance(_ part: UInt64) -> Bool { random.next() % part == 0 }
        switch random.next() % 4 {
        case 0: configuration.nodePortAddresses = .primary
        case 1: configuration.nodePortAddresses = .prefixes([CIDR(host: address("node-too")), CIDR(host: address("external"))])
        default: break
        }
        configuration.masqueradesAll = chance(5)
        if chance(6) { configuration.serviceCIDRs = [] }
        configuration.podCIDRs = [CIDR(parsing: "10.244.1.0/24"), CIDR(parsing: "fd00:10:1::/48")].compactMap(\.self)
        switch random.next() % 7 {
        case 0: configuration.localTraffic = .interfacePrefix("tu")
        case 1: configuration.localTraffic = .interfacePrefix("veth")
        case 2: configuration.localTraffic = .bridgeInterface("tun0")
        case 3: configuration.localTraffic = .nodeCIDR
        case 4: configuration.clusterCIDRs = []
        default: break
        }
    }

    private mutating func addService(_ name: String, _ ip: String, _ random: inout SeededRandom) {
        func chance(_ part: UInt64) -> Bool { random.next() % part == 0 }
        var annotations: [String: String] = [:]
        if chance(4) { annotations["skiff.dev/load-balancing"] = "source-hash" }
        if chance(4) { annotations["skiff.dev/weights"] = "node2=\(random.next() % 4)" }
        if name == "web", chance(3) { annotations["skiff.dev/traffic-split"] = "next=30" }
        let first = ["web": 30080, "next": 30090, "third": 30100][name] ?? 0
        let hasNodePorts = !chance(5)
        let ports = Self.transports.enumerated().map { index, transport in
            API.ServicePort(
                name: transport.lowercased(), transport: transport, port: transport == "UDP" ? 53 : 80,
                nodePort: hasNodePorts ? first + index : 0)
        }
        // Two Services may want one address; of mode Proxy it is nobody's.
        let balancers = chance(2) ? ["balancer"] : chance(2) ? ["nobody", "balancer"] : []
        let mode: String? = chance(5) ? "Proxy" : nil
        let prefixes = [
            CIDR(host: address("client")), CIDR(host: address("node")), CIDR(host: address("pod1")),
            CIDR(parsing: family == .ipv4 ? "192.168.0.0/16" : "fd00:60::/32"),
            CIDR(parsing: family == .ipv4 ? "0.0.0.0/0" : "::/0"),
            CIDR(parsing: family == .ipv4 ? "fd00::/8" : "10.0.0.0/8"),
        ].compactMap(\.self)
        let ranges = chance(2) ? prefixes.filter { _ in chance(4) }.map(\.description) : []
        let (isSticky, isLocalOutside, isLocalInside) = (chance(3), chance(2), chance(4))
        let type = name == "third" && chance(2) ? "NodePort" : "LoadBalancer"
        service(
            named: name, ip: ip, ports, type: type, externalIPs: chance(2) ? ["external"] : [],
            balancers: type == "LoadBalancer" ? balancers.map { LoadBalancerIngress(ip: text($0), ipMode: mode) } : [],
            annotations: annotations, created: Int64(random.next() % 3)
        ) { spec in
            spec.sessionAffinity = isSticky ? "ClientIP" : "None"
            spec.externalTrafficPolicy = isLocalOutside ? "Local" : "Cluster"
            spec.internalTrafficPolicy = isLocalInside ? "Local" : "Cluster"
            spec.loadBalancerSourceRanges = ranges
        }
    }

    /// Up to two slices; an endpoint may stand in both, and say something else in each.
    private mutating func addSlices(_ name: String, _ random: inout SeededRandom) {
        func chance(_ part: UInt64) -> Bool { random.next() % part == 0 }
        let areMany = !chance(6)
        for suffix in ["1", "2"] {
            // At one port only: from outside, what refuses there looks like any other of its ports.
            let hosts = ["pod1", "pod2", "remote", "remote2"] + (suffix == "1" ? ["hostnet"] : [])
            let endpoints = hosts.filter { _ in areMany ? chance(2) : chance(8) }
                .map { host in
                    endpoint(
                        host, ready: !chance(3), serving: !chance(4), terminating: chance(3), zones: chance(3) ? [] : ["a"],
                        nodes: chance(2) ? ["node1"] : [])
                }
            let ports = Self.transports.map {
                EndpointPort(name: $0.lowercased(), transport: $0, port: ($0 == "UDP" ? 5353 : 8080) + (suffix == "2" ? 1 : 0))
            }
            if !endpoints.isEmpty { slice(of: name, endpoints, ports: ports, suffix: suffix) }
        }
    }
}

extension TunNetwork.Probe {
    private static let sources = ["pod1", "pod2", "remote", "client", "client", "balancer", "node-lo"]
    private static let places: [(String, [Port])] = [
        ("vip", [80, 53, 81]), ("vip2", [80, 53]), ("vip3", [80, 53]), ("nobody", [80, 53]), ("external", [80, 53]),
        ("balancer", [80, 53]), ("balancer", [80, 53]), ("node", [30080, 30081, 30082, 30090, 30091, 30092, 30100, 30101]),
        ("node-too", [30080, 30081, 30082, 30090]), ("node-lo", [30080, 30091]), ("remote", [80]),
    ]

    static func random(_ random: inout SeededRandom, sourcePort: Port) -> TunNetwork.Probe {
        let place = places[Int(random.next() % UInt64(places.count))]
        return TunNetwork.Probe(
            transport: TransportProtocol.allCases[Int(random.next() % 3)],
            source: sources[Int(random.next() % UInt64(sources.count))], sourcePort: sourcePort, destination: place.0,
            port: place.1[Int(random.next() % UInt64(place.1.count))])
    }
}
